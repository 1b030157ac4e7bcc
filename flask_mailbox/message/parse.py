"""Bytes in, a received message out."""

from __future__ import annotations

import re

from .charset import Detector
from .defects import Defect, Notes
from .header import Headers, cut_header
from .limits import DEFAULT_LIMITS, Limits
from .received import ReceivedMessage

_MBOX_LINE = re.compile(rb">?From (?!\s*:)[^\n]*\n?")


def parse_message(
    raw: bytes, *, limits: Limits = DEFAULT_LIMITS, truncated: bool = False, detect: Detector | None = None
) -> ReceivedMessage:
    """Read a message (RFC 5322, RFC 2045 and what is really sent); never raises, whatever the bytes.

    Only the header block is cut now. Everything else is read when it is first asked for.

    :param limits: What is taken apart at most; the rest stays in ``raw``.
    :param truncated: The bytes are only the beginning of the message, as POP3's TOP gives them.
    :param detect: Guesses the charset of text that declares none, such as
        :func:`~flask_mailbox.message.detect_charset`.
    """
    raw = bytes(raw)
    notes: Notes = {Defect.TRUNCATED} if truncated else set()
    if b"\n" not in raw and b"\r" in raw:
        notes.add(Defect.BARE_CR)
        source = raw.replace(b"\r", b"\n")
    else:
        source = raw
    start = _after_mbox_line(source)
    block = cut_header(source, start, len(source), limits, notes)
    if truncated:
        notes.discard(Defect.MISSING_HEADER_END)
    if not block.fields and block.body > start + 2:
        notes.add(Defect.NO_HEADERS)
        block = block._replace(body=start)
    return ReceivedMessage(raw, Headers(block.fields, detect), block.body, source, limits, detect, notes)


def _after_mbox_line(raw: bytes) -> int:
    """Skip the line that mbox files put before a message."""
    found = _MBOX_LINE.match(raw)
    return found.end() if found else 0
