"""A row of a list: what is shown of a message before it is opened."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from ..message import Address
from ..message.glance import glance
from .fetch import Items, parse_date_time, parse_flags, parse_number, section
from .shallow import Nested
from .structure import has_attachments

HEADER_BYTES = 64 * 1024
"""How much of the wanted header fields is kept: enough for any honest message."""

_FIELDS = b"[HEADER.FIELDS (SUBJECT FROM TO DATE MESSAGE-ID)]"
ITEMS = b"(UID FLAGS RFC822.SIZE INTERNALDATE BODYSTRUCTURE BODY.PEEK%b)" % _FIELDS
"""The fields as a whole: a range of them (``<0.65536>``) keeps servers from answering out of their cache."""

ITEMS_WITH_PREVIEW = ITEMS[:-1] + b" PREVIEW (LAZY))"
"""The same with what the server keeps as the text's beginning (RFC 8970); LAZY: only what costs nothing."""

_HEADER = b"BODY[HEADER"
_AS_ASKED = b"BODY" + _FIELDS


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a message without reading it.

    :param date: When it was written; when it arrived if it does not say; ``None`` if nothing says.
    :param size: Bytes of the whole message.
    :param flags: ``\\Seen`` and friends, and keywords.
    :param preview: How its text begins; empty where the server does not offer that.
    :param message_id: In its angle brackets, or ``None``.
    """

    uid: int
    subject: str
    from_: tuple[Address, ...]
    to: tuple[Address, ...]
    date: datetime.datetime | None
    size: int
    flags: frozenset[str]
    has_attachments: bool
    preview: str
    message_id: str | None

    @property
    def is_read(self) -> bool:
        """Whether it carries ``\\Seen``."""
        return "\\Seen" in self.flags


def make_summary(uid: int, items: Items) -> Summary | None:
    """Return a summary, or ``None`` if the server said too little (flags of a message that is gone)."""
    header = items.get(_AS_ASKED)
    if type(header) is not bytes:  # some servers write the name of the section otherwise
        header = section(items, _HEADER)
    if header is None:
        return None
    message = glance(header)
    return Summary(
        uid=uid,
        subject=message.subject,
        from_=message.from_,
        to=message.to,
        date=message.date or parse_date_time(items.get(b"INTERNALDATE")),
        size=parse_number(items.get(b"RFC822.SIZE")),
        flags=parse_flags(items.get(b"FLAGS")),
        has_attachments=has_attachments(items.get(b"BODYSTRUCTURE")),
        preview=_preview(items.get(b"PREVIEW")),
        message_id=message.message_id,
    )


def _preview(value: object) -> str:
    if not isinstance(value, bytes) or isinstance(value, Nested):
        return ""
    return " ".join(value.decode("utf-8", "replace").split())
