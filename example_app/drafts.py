"""The drafts folder: letters are kept there while they are written, and what they carry is found there again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import replace

from flask_mail import Attachment

from flask_mailbox import (
    FolderNotFoundError,
    Message,
    MessageError,
    MessageNotFoundError,
    ReceivedMessage,
    UIDValidityChangedError,
)
from flask_mailbox.imap import Folder, IMAPSession
from flask_mailbox.message import build

from .language import _
from .letter import FORWARD, Carried, Letter
from .mailbox import mailbox
from .places import Place

GONE = (MessageNotFoundError, FolderNotFoundError, UIDValidityChangedError)
"""A message that was there is not: deleted, moved, or numbered anew."""


def save_draft(
    letter: Letter, files: Iterable[Attachment] = (), carried: Collection[str] = (), *, keep_all: bool = False
) -> str:
    """Put a letter into the drafts folder in place of what was saved of it before, and return its place.

    :param files: What was uploaded with it.
    :param carried: Which of the files of the draft before it keeps; what it forwards unless that is named is left out.
    :param keep_all: Keep the others too, as left out: whoever is still writing may want them back.
    :return: Empty where the server does not tell the place.
    :raises FolderNotFoundError: If the account has no folder for drafts.
    """
    with mailbox.imap() as imap:
        folder = imap.folder_by_role("drafts")
        before = _files_before(letter, folder)
        left_out = before.keys() - carried
        kept = [file for name, file in before.items() if keep_all or name not in left_out]
        letter = letter.carrying(carried)
        if keep_all:
            letter = replace(letter, left_out=" ".join(sorted({*left_out, *letter.left_out.split()})))
        message = letter.draft_message([*files, *kept])
        uid = _put(folder, letter.draft, build(message, sender=mailbox.account.sender, smtputf8=True))
        return str(Place("drafts", folder.uidvalidity, uid)) if uid else ""


def open_draft(place: Place) -> ReceivedMessage:
    """Return a saved draft.

    :raises MessageNotFoundError: If it is gone.
    """
    with mailbox.imap() as imap:
        return imap.folder_by_role("drafts").message(place.uid, uidvalidity=place.uidvalidity)


def delete_if_bare(letter: Letter) -> bool:
    """Delete the draft of a letter in which nothing is written any more; ``False`` if it is kept for its files."""
    with mailbox.imap() as imap:
        if letter.draft and _files_before(letter, imap.folder_by_role("drafts")):
            return False
        delete_draft(imap, letter.draft)
        return True


def delete_draft(imap: IMAPSession, text: str) -> None:
    """Delete a draft for good, if it is still there."""
    if place := Place.read(text):
        try:
            imap.folder_by_role("drafts").delete(place.uid, permanently=True, uidvalidity=place.uidvalidity)
        except GONE:
            pass


def attach_carried(message: Message, letter: Letter, names: Collection[str]) -> None:
    """Attach what the form ticked of the forwarded message and of the saved draft.

    :raises MessageError: If some of it is not there any more.
    """
    found = _carriable(letter) if names else {}
    if set(names) - found.keys():
        text = _("An attachment is not there any more: it was deleted or moved. Untick it to send the rest.")
        raise MessageError(text, field="carried")
    message.attachments += [file for name, file in found.items() if name in names]


def carried_by(letter: Letter, draft: ReceivedMessage | None = None) -> tuple[Carried, ...]:
    """Return what need not be uploaded: the message that is forwarded, and the attachments of the draft.

    :param draft: The draft, if it was fetched already.
    """
    found = _carriable(letter, draft)
    if letter.forward and FORWARD not in found:
        return (Carried(FORWARD, _("not there any more"), 0, is_gone=True), *_shown(found, letter))
    return _shown(found, letter)


def mark_answered(letter: Letter, imap: IMAPSession) -> None:
    """Flag the message that was answered or forwarded, if it is still there."""
    for text, flag in ((letter.answer, "\\Answered"), (letter.forward, "$Forwarded")):
        if place := Place.read(text):
            try:
                place.open(imap).add_flags(place.uid, [flag], uidvalidity=place.uidvalidity)
            except GONE:
                pass


def _put(folder: Folder, before: str, data: bytes) -> int | None:
    flags = ["\\Draft", "\\Seen"]
    if place := Place.read(before):
        try:
            return folder.replace(place.uid, data, flags=flags, uidvalidity=place.uidvalidity)
        except GONE:  # deleted elsewhere meanwhile: what is written now is kept all the same
            pass
    return folder.append(data, flags=flags)


def _carriable(letter: Letter, draft: ReceivedMessage | None = None) -> dict[str, Attachment]:
    """Return the files that a letter can take from the mailbox, by the names that the form has for them."""
    forwarded = Place.read(letter.forward)
    found: dict[str, Attachment] = {}
    if forwarded or (letter.draft and draft is None):
        with mailbox.imap() as imap:
            if forwarded:
                found |= _forwarded(forwarded, imap)
            if letter.draft and draft is None:
                found |= _files_before(letter, imap.folder_by_role("drafts"))
    return found | (_files_of(draft) if draft else {})


def _forwarded(place: Place, imap: IMAPSession) -> dict[str, Attachment]:
    try:
        return {FORWARD: place.open(imap).message(place.uid, uidvalidity=place.uidvalidity).forward().attachments[0]}
    except GONE:
        return {}


def _files_before(letter: Letter, folder: Folder) -> dict[str, Attachment]:
    place = Place.read(letter.draft)
    try:
        return _files_of(folder.message(place.uid, uidvalidity=place.uidvalidity)) if place else {}
    except GONE:
        return {}


def _files_of(draft: ReceivedMessage) -> dict[str, Attachment]:
    """Return a draft's files by names that stay the same however often the draft is saved anew."""
    found = {}
    for part in draft.attachments:
        digest = hashlib.sha256(part.safe_filename.encode() + b"\0" + part.content).hexdigest()[:16]
        found[f"draft-{digest}"] = Attachment(part.safe_filename, part.content_type, part.content)
    return found


def _shown(found: dict[str, Attachment], letter: Letter) -> tuple[Carried, ...]:
    left_out = letter.left_out.split()
    return tuple(
        Carried(name, file.filename or "message.eml", len(file.data), is_ticked=name not in left_out)
        for name, file in found.items()
    )
