"""The rows of a page, and lists of flags, cut straight from what has come: few regular expressions a FETCH answer.

They fit what is asked for flags alone, and the answers to ``summary.ITEMS`` of servers that give the items in the order
in which they were asked for, as most do, a preview standing behind the date or at the end. All other answers take the
way of every response, through ``connection`` and ``shallow``; what both understand, both read alike.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .shallow import DEPTH, Nested, group_of

_FLAGS = re.compile(
    rb"\* ([1-9]\d{0,8}) FETCH \(UID (\d{1,9}) FLAGS (\([^()\r\n\"{]*+\))(?: MODSEQ (\(\d{1,19}\)))?\)\r\n"
)
_PREVIEW = rb'(?: PREVIEW (?:(NIL)|"([^"\\\r\n]*+)"|\{(\d{1,6})\}\r\n))?'
_HEAD = re.compile(
    rb"\* ([1-9]\d{0,8}) FETCH \(UID (\d{1,9}) FLAGS (\([^()\r\n\"{]*+\)) RFC822\.SIZE (\d{1,18})"
    rb" INTERNALDATE \"([^\"\\\r\n]*+)\"" + _PREVIEW
)
_BODY = re.compile(
    rb" BODYSTRUCTURE (%b) (BODY\[HEADER\.FIELDS \([A-Z -]*+\)\]) \{(\d{1,7})\}\r\n" % group_of(DEPTH, line=True)
)
_TAIL = re.compile(_PREVIEW)
_END = b")\r\n"


class Row(NamedTuple):
    """A whole FETCH answer.

    :param size: Bytes that it took.
    :param items: By upper-case name, as ``shallow.cut_items`` gives them.
    """

    number: int
    size: int
    items: dict[bytes, Any]


def cut_row(buffer: bytearray, most: int) -> Row | None:
    """Return the answer that a buffer begins with, if it is there to its end and an ordinary one.

    :param most: The largest literal that is allowed.
    """
    if flags_alone := _FLAGS.match(buffer):
        return _cut_flags(flags_alone)
    head = _HEAD.match(buffer)
    if head is None:
        return None
    number, uid, flags, size, arrived, *preview = head.groups()
    items: dict[bytes, Any] = {b"UID": uid, b"FLAGS": Nested(flags), b"RFC822.SIZE": size, b"INTERNALDATE": arrived}
    body = _BODY.match(buffer, _take_preview(buffer, head.end(), preview, items))
    if body is None or int(body[3]) > most:
        return None
    begin, end = body.end(), body.end() + int(body[3])
    items[b"BODYSTRUCTURE"] = Nested(body[1])
    items[body[2]] = bytes(buffer[begin:end])
    if buffer[end : end + 3] != _END:
        tail = _TAIL.match(buffer, end)
        end = _take_preview(buffer, tail.end(), list(tail.groups()), items) if tail else end
    if buffer[end : end + 3] != _END:
        return None
    return Row(int(number), end + 3, items)


def _cut_flags(found: re.Match[bytes]) -> Row:
    number, uid, flags, modseq = found.groups()
    items: dict[bytes, Any] = {b"UID": uid, b"FLAGS": Nested(flags)}
    if modseq:
        items[b"MODSEQ"] = Nested(modseq)
    return Row(int(number), found.end(), items)


def _take_preview(buffer: bytearray, place: int, forms: list[bytes | None], items: dict[bytes, Any]) -> int:
    """Note a preview in any of its forms, and return where it ends."""
    nothing, string, literal = forms
    if literal is not None:
        begin, place = place, place + int(literal)
        items[b"PREVIEW"] = bytes(buffer[begin:place])
    elif string is not None or nothing is not None:
        items[b"PREVIEW"] = string
    return place
