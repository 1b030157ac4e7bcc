"""The drafts folder: letters are kept there while they are written, and what they carry is found there again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import flask_mail
from werkzeug.datastructures import FileStorage

from flask_mailbox import FolderNotFoundError, Message, MessageNotFoundError, ReceivedMessage
from flask_mailbox.imap import Folder, IMAPSession
from flask_mailbox.message import build

from .letter import Carried, Letter
from .mailbox import mailbox

_PLACE = re.compile(r"([1-9][0-9]{0,9})@(.+)", re.DOTALL)


def save_draft(letter: Letter, files: Iterable[FileStorage] = (), carried: Collection[str] = ()) -> int | None:
    """Put a letter into the drafts folder in place of what was saved of it before, and return its uid.

    :return: ``None`` where the server does not tell the uid.
    :raises FolderNotFoundError: If the account has no folder for drafts.
    """
    message = letter.draft_message(files)
    with mailbox.imap() as imap:
        drafts = imap.folder_by_role("drafts")
        attach_carried(message, letter, [name for name in carried if name != "forward"], imap)
        data = build(message, sender=mailbox.account.sender, smtputf8=True)
        if letter.draft:
            try:
                return drafts.replace(int(letter.draft), data, flags=["\\Draft", "\\Seen"])
            except MessageNotFoundError:  # deleted elsewhere meanwhile: what is written now is kept all the same
                pass
        return drafts.append(data, flags=["\\Draft", "\\Seen"])


def open_draft(uid: int) -> ReceivedMessage:
    """Return a saved draft.

    :raises MessageNotFoundError: If it is gone.
    """
    with mailbox.imap() as imap:
        return imap.folder_by_role("drafts").message(uid)


def delete_draft(imap: IMAPSession, uid: str) -> None:
    """Delete a draft for good, if it is still there."""
    try:
        if uid.isdecimal():
            imap.folder_by_role("drafts").delete(int(uid), permanently=True)
    except FolderNotFoundError:
        pass


def attach_carried(message: Message, letter: Letter, names: Collection[str], imap: IMAPSession) -> None:
    """Attach what the form ticked of the forwarded message and of the saved draft."""
    if "forward" in names and (place := find_place(letter.forward)):
        message.attachments += imap.folder(place[1]).message(place[0]).forward().attachments
    numbers = {int(name[6:]) for name in names if re.fullmatch(r"draft-[0-9]{1,4}", name)}
    if numbers and letter.draft:
        saved = imap.folder_by_role("drafts").message(int(letter.draft))
        message.attachments += [
            flask_mail.Attachment(part.safe_filename, part.content_type, part.content)
            for number, part in enumerate(saved.attachments)
            if number in numbers
        ]


def carried_by(letter: Letter, draft: ReceivedMessage | None = None) -> tuple[Carried, ...]:
    """Return what need not be uploaded: the message that is forwarded, and the attachments of the draft."""
    found = []
    if place := find_place(letter.forward):
        with mailbox.imap() as imap:
            attached = imap.folder(place[1]).message(place[0]).forward().attachments[0]
        found.append(Carried("forward", attached.filename or "message.eml", len(attached.data)))
    if draft is None and letter.draft:
        try:
            draft = open_draft(int(letter.draft))
        except MessageNotFoundError:
            draft = None
    if draft is not None:
        parts = enumerate(draft.attachments)
        found += [Carried(f"draft-{number}", part.safe_filename, part.size) for number, part in parts]
    return tuple(found)


def mark_answered(letter: Letter, imap: IMAPSession) -> None:
    """Flag the message that was answered or forwarded, if it is still there."""
    for text, flag in ((letter.answer, "\\Answered"), (letter.forward, "$Forwarded")):
        if place := find_place(text):
            folder: Folder = imap.folder(place[1])
            folder.add_flags(place[0], [flag])


def find_place(text: str) -> tuple[int, str] | None:
    """Read ``uid@folder``."""
    found = _PLACE.fullmatch(text)
    return (int(found[1]), found[2]) if found else None
