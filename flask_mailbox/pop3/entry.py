"""What a maildrop lists: a number for this session, a name that stays, a size (RFC 1939, 5 and 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_DIGITS = 18
"""Digits of a size; what is longer is none."""

_LISTED = re.compile(r"^(?:\+OK[^\S\n]+)?(\d{1,10})[^\S\n]+(\S+)", re.ASCII | re.MULTILINE)


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


def listed(listing: str) -> dict[int, str]:
    """Return what a LIST or UIDL answer says by number; lines that say nothing are passed over."""
    return {int(number): value for number, value in _LISTED.findall(listing)}


def announced(size: str) -> int:
    """Return a listed size as a number; 0 if it is none."""
    return int(size) if size.isdigit() and len(size) <= MAX_DIGITS else 0
