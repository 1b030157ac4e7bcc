"""What a list shows of a message, read at once where its header is as plain as most are.

Anything out of the ordinary (folded, encoded, repeated, not ASCII) is left to the full parser, field by field or as
a whole; what both read, both read alike.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from .addresses import Address
from .addresslist import parse_address_list
from .dates import parse_date
from .header import decode_header_value
from .parse import parse_message

LARGEST = 4096
"""Bytes of a header block up to which it is looked at here."""

_PLAIN_BLOCK = re.compile(rb"(?:[!-9;-~]++:[ -~]*+\r\n)*+\r\n")
_FIELD = re.compile(rb"([!-9;-~]++): *+([ -~]*+)")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]++>")


class Glance(NamedTuple):
    """Subject, people, date and Message-ID, each as ``ReceivedMessage`` has it."""

    subject: str
    from_: tuple[Address, ...]
    to: tuple[Address, ...]
    date: datetime | None
    message_id: str | None


def glance(header: bytes) -> Glance:
    """Return what a list shows of a message.

    :param header: The header block, or some of its fields, with the blank line behind it.
    """
    if len(header) <= LARGEST and _PLAIN_BLOCK.fullmatch(header):
        pairs = _FIELD.findall(header)
        fields = {name.lower(): value for name, value in pairs}
        if len(fields) == len(pairs):
            return _read(fields)
    message = parse_message(header)
    return Glance(message.subject, message.from_, message.to, message.date, message.message_id)


def _read(fields: dict[bytes, bytes]) -> Glance:
    date = fields.get(b"date", b"").decode("ascii")
    return Glance(
        _text(fields.get(b"subject", b"")),
        _people(fields.get(b"from", b"")),
        _people(fields.get(b"to", b"")),
        parse_date(date, set()) if date else None,
        _message_id(fields.get(b"message-id", b"")),
    )


def _text(value: bytes) -> str:
    return decode_header_value(value) if b"=?" in value else value.decode("ascii").strip()


@lru_cache(maxsize=1024)
def _people(value: bytes) -> tuple[Address, ...]:
    """Return the people of a field; the same ones write again and again."""
    stripped = value.strip()
    return parse_address_list(stripped) if stripped else ()


def _message_id(value: bytes) -> str | None:
    text = value.decode("ascii").strip()
    if not text or _MESSAGE_ID.fullmatch(text):
        return text or None
    return parse_message(b"Message-ID: " + value + b"\r\n\r\n").message_id
