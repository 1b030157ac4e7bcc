"""What a maildrop lists: a number for this session, a name that stays, a size (RFC 1939, 5 and 7)."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MAX_DIGITS = 18
"""Digits of a size; what is longer is none."""

_LISTED = re.compile(rb"(?:\+OK\s+)?(\d{1,10})\s+(\S+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a maildrop.

    :param number: Its number, valid in this session only.
    :param uidl: Its name, the same in every session; two entries never share one.
    :param size: Its size in bytes, as the server counts.
    """

    number: int
    uidl: str
    size: int


def listed(lines: Iterable[bytes]) -> dict[int, str]:
    """Return what a LIST or UIDL answer says by number; lines that say nothing are passed over."""
    found = (_LISTED.match(line) for line in lines)
    return {int(each[1]): each[2].decode("ascii", "backslashreplace") for each in found if each}


def without_own_name(sizes: Iterable[int], uidls: dict[int, str]) -> list[int]:
    """Return the numbers that UIDL gave no name, or one that it gave to another message too."""
    given = Counter(uidls.values())
    return [number for number in sizes if given[uidls.get(number, "")] != 1]


def made_up_uidl(content: bytes, size: str) -> str:
    """Return a name for a message that the server gave none: what its header block and its size add up to.

    It stays the same in every session, as a number would not.

    :param content: The message, or what TOP gave of it.
    """
    header = content.partition(b"\r\n\r\n")[0].rstrip(b"\r\n")
    return f"made-{hashlib.sha256(header + b' ' + size.encode()).hexdigest()[:40]}"


def merged(sizes: dict[int, str], uidls: dict[int, str]) -> tuple[Entry, ...]:
    """Return the entries of a maildrop; equal names, which only equal messages have by now, are counted through."""
    taken: set[str] = set()
    again: Counter[str] = Counter()
    entries: list[Entry] = []
    for number in sorted(sizes):
        uidl = name = uidls[number]
        while name in taken:
            again[uidl] += 1
            name = f"{uidl}#{again[uidl] + 1}"
        taken.add(name)
        entries.append(Entry(number, name, announced(sizes[number])))
    return tuple(entries)


def announced(size: str) -> int:
    """Return a listed size as a number; 0 if it is none."""
    return int(size) if size.isdigit() and len(size) <= MAX_DIGITS else 0
