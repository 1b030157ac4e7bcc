"""A message and how it is to be sent, as bytes for a store, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import flask_mail

from ...account import Account
from ...errors import MessageError
from ...message import Message, dump_message, message_id_of
from ..delivery import SendOptions

_OWN_TO_EACH_COPY = ("message_id", "date")
"""What a message made anew for a second try has different, though it is the same message."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A message for a store.

    :param fingerprint: The same for the same message made twice.
    """

    data: bytes = field(repr=False)
    fingerprint: str


def pack(message: flask_mail.Message, account: Account, options: SendOptions) -> Packed:
    """Return a message as bytes: a snapshot with its Message-ID and date, so that each try sends the same.

    :param message: One that was built once, so that it has both.
    """
    values = dump_message(message)
    how = {
        "envelope_from": options.envelope_from,
        "notify": sorted(options.notify),
        "all_or_nothing": options.all_or_nothing,
    }
    print_ = _fingerprint(values, how)
    values["message_id"] = message_id_of(message, sender=account.sender)
    return Packed(json.dumps({"message": values, **how}).encode(), print_)


def unpack(data: bytes) -> tuple[Message, SendOptions]:
    """Return the message that ``pack`` made bytes of, and how to send it.

    :raises MessageError: If the bytes are none of ours.
    """
    try:
        values = json.loads(data)
        message = Message.from_dict(values["message"])
        return message, SendOptions(
            envelope_from=values["envelope_from"],
            notify=tuple(values["notify"]),
            all_or_nothing=values["all_or_nothing"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise MessageError("The queued message cannot be read; another version of flask-mailbox wrote it.") from error


def _fingerprint(values: Mapping[str, Any], how: Mapping[str, Any]) -> str:
    same = {name: value for name, value in values.items() if name not in _OWN_TO_EACH_COPY}
    text = json.dumps([same, how], sort_keys=True)
    for number, attachment in enumerate(values.get("attachments") or ()):  # each embedded image has a random name
        for name, value in (attachment.get("headers") or {}).items():
            if name.lower() == "content-id":
                text = text.replace(value.strip("<>"), f"content-{number}")
    return hashlib.sha256(text.encode()).hexdigest()
