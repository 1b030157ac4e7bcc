"""How values are written in IMAP answers: strings, lists, folder names, dates."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

from ..mailstore import SEPARATOR
from .parser import MONTHS
from .utf7 import encode_name

_NOT_QUOTABLE = re.compile(rb"[^\x20-\x7e]")
QUOTED_LIMIT = 1_000


def string(value: bytes | None) -> bytes:
    """Return NIL, a quoted string, or a literal where a quoted string cannot hold the value."""
    if value is None:
        return b"NIL"
    if len(value) > QUOTED_LIMIT or _NOT_QUOTABLE.search(value):
        return literal(value)
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def literal(value: bytes) -> bytes:
    """Return a literal."""
    return b"{%d}\r\n%b" % (len(value), value)


def mailbox(path: str, separator: str = SEPARATOR) -> bytes:
    """Return a folder's name, with what parts its levels on the wire."""
    return string(encode_name(path, separator))


def flags(values: Iterable[str]) -> bytes:
    """Return flags in parentheses, in a stable order."""
    return b"(" + " ".join(sorted(values)).encode("latin-1") + b")"


def date_time(value: datetime.datetime) -> bytes:
    """Return an INTERNALDATE."""
    return f'"{value.day:2d}-{MONTHS[value.month - 1]}-{value.year:04d} {value:%H:%M:%S %z}"'.encode()


def uid_set(uids: Iterable[int]) -> str:
    """Return uids as ranges, in the order they come, such as ``3:5,9``."""
    ranges: list[list[int]] = []
    for uid in uids:
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in ranges)
