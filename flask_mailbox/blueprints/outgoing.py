"""A message to be sent or kept, made of what a request says."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import Forbidden

from ..account import Account
from ..errors import MessageError
from ..message import Message, parse_mailbox
from .schemas import MAX_ATTACHMENT_BYTES, MAX_RECIPIENTS


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
    left = MAX_ATTACHMENT_BYTES
    for each in body["attachments"]:
        content = _decoded(each["content"], each["filename"])
        left -= len(content)
        if left < 0:
            raise MessageError(f"The attachments have more than {MAX_ATTACHMENT_BYTES:,} bytes.", field="attachments")
        message.attach(each["filename"], each["content_type"], content)
    return message


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
