"""A message to be sent or kept, made of what a request says."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import Forbidden

from ..account import Account
from ..errors import MessageError
from ..message import Message, parse_mailbox
from .schemas import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_RECIPIENTS

__all__ = ["MAX_ATTACHMENTS", "attach_files", "complete", "message_of"]


def message_of(body: Mapping[str, Any], account: Account) -> Message:
    """Return the message that a request describes.

    :raises MessageError: If it cannot be made.
    :raises Forbidden: If it is from somebody else.
    """
    everybody = [*body["to"], *body["cc"], *body["bcc"]]
    if len(everybody) > MAX_RECIPIENTS:
        raise MessageError(f"A message goes to at most {MAX_RECIPIENTS} people at once.", field="to")
    message = Message(
        body["subject"],
        sender=_sender(body["from_"], account),
        recipients=[_person(each) for each in body["to"]],
        cc=[_person(each) for each in body["cc"]],
        bcc=[_person(each) for each in body["bcc"]],
        reply_to=_person(body["reply_to"]) if body["reply_to"] else None,
        body=body["text"],
        html=body["html"],
        in_reply_to=body["in_reply_to"],
        references=body["references"],
    )
    _attach(message, body["attachments"])
    return message


def complete(message: Message, body: Mapping[str, Any], account: Account) -> None:
    """Put into an answer what a request adds: its text above the quotation, more people, files, another sender.

    :raises MessageError: If it cannot be made so.
    :raises Forbidden: If it is from somebody else.
    """
    message.sender = _sender(body["from_"], account) or message.sender
    message.body = f"{body['text']}{message.body or ''}"
    for name, people in (("recipients", body["to"]), ("cc", body["cc"]), ("bcc", body["bcc"])):
        getattr(message, name).extend(_person(each) for each in people)
    if len(message.recipients) + len(message.cc) + len(message.bcc) > MAX_RECIPIENTS:
        raise MessageError(f"A message goes to at most {MAX_RECIPIENTS} people at once.", field="to")
    _attach(message, body["attachments"])


def attach_files(message: Message, files: Iterable[FileStorage]) -> None:
    """Attach files of a form, each read when it is its turn.

    :raises MessageError: If they are too large together.
    """
    left = MAX_ATTACHMENT_BYTES
    for file in files:
        with closing(file):
            content = file.stream.read(left + 1)
        left -= len(content)
        _check_room(left)
        message.attach(file.filename or "file", file.mimetype or "application/octet-stream", content)


def _attach(message: Message, attachments: Iterable[Mapping[str, str]]) -> None:
    left = MAX_ATTACHMENT_BYTES
    for each in attachments:
        content = _decoded(each["content"], each["filename"])
        left -= len(content)
        _check_room(left)
        message.attach(each["filename"], each["content_type"], content)


def _check_room(left: int) -> None:
    if left < 0:
        raise MessageError(f"The attachments have more than {MAX_ATTACHMENT_BYTES:,} bytes.", field="attachments")


def _sender(person: Mapping[str, str] | None, account: Account) -> tuple[str, str] | None:
    """Return who the message is from: only an address of the account itself.

    :raises Forbidden: If it is anybody else's.
    """
    if person is None:
        return None
    address = parse_mailbox(person["address"], field="from").address
    own = (account.address, account.sender, *account.identities)
    if address.lower() not in {parse_mailbox(each).address.lower() for each in own if each}:
        raise Forbidden("The account may not send as this address.")
    return person["name"], address


def _person(person: Mapping[str, str]) -> tuple[str, str]:
    return person["name"], person["address"]


def _decoded(content: str, filename: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise MessageError(f"The content of '{filename}' is not base64.", field="attachments") from None
