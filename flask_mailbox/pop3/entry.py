"""What a maildrop lists: a number for this session, a name that stays, a size (RFC 1939, 5 and 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

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


def merged(sizes: dict[int, str], uidls: dict[int, str]) -> tuple[Entry, ...]:
    """Return the entries of a maildrop; a uidl that stands twice is made unique by its place."""
    seen: dict[str, int] = {}
    entries: list[Entry] = []
    for number in sorted(sizes):
        uidl = uidls.get(number, f"number-{number}")
        seen[uidl] = seen.get(uidl, 0) + 1
        name = uidl if seen[uidl] == 1 else f"{uidl}#{seen[uidl]}"
        size = sizes[number]
        entries.append(Entry(number, name, int(size) if size.isdigit() else 0))
    return tuple(entries)
