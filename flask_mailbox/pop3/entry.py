"""What a maildrop lists: a number for this session, a name that stays, a size (RFC 1939, 5 and 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_DIGITS = 18
"""Digits of a size; what is longer is none."""

_LISTED = re.compile(rb"(?:\+OK\s+)?(\d{1,10})\s+(\S+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a maildrop.

    :param number: Its number, valid in this session only.
    :param uidl: Its name, the same in every session as far as the server goes; two entries never share one.
    :param size: Its size in bytes, as the server counts.
    """

    number: int
    uidl: str
    size: int


def listed(lines: Iterable[bytes]) -> dict[int, str]:
    """Return what a LIST or UIDL answer says by number; lines that say nothing are passed over."""
    found = (_LISTED.match(line) for line in lines)
    return {int(each[1]): each[2].decode("ascii", "backslashreplace") for each in found if each}


def announced(size: str) -> int:
    """Return a listed size as a number; 0 if it is none."""
    return int(size) if size.isdigit() and len(size) <= MAX_DIGITS else 0
