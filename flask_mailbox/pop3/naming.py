"""What the messages of a maildrop are called: as UIDL says, else by what they are (RFC 1939, 7).

A name of our own is made of a message's headers and its size. It stands in where the server has no UIDL, gives two
messages the same name, or only repeats their numbers, which would be other messages' the next time. When such a server
changes its ways, messages that were seen under a name of our own are recognised and keep it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from .entry import Entry, announced

_OWN = re.compile(r"made-\d{1,18}-[0-9a-f]{40}(?:#\d+)?\Z")


class Naming:
    """The names of one session; a message keeps the one it got until the session ends.

    :param headers: Returns a message, or its headers, by number and announced size; empty if it cannot be had.
    :param numbers: The message of every name that was given.
    """

    def __init__(self, headers: Callable[[int, int], bytes]) -> None:
        self._headers = headers
        self.numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._own: dict[int, str] = {}

    def entries(self, sizes: Mapping[int, str], uidls: Mapping[int, str]) -> tuple[Entry, ...]:
        """Return the entries of a maildrop.

        :param sizes: What LIST said, by number.
        :param uidls: What UIDL said; nothing where the server does not know it.
        """
        nameless = without_own_name(sizes, uidls)
        entries = []
        for number in sorted(sizes):
            size = announced(sizes[number])
            if number not in self._names:
                name = self._own_name(number, size) if number in nameless else uidls[number]
                self._give(number, unused(name, self.numbers))
            entries.append(Entry(number, self._names[number], size))
        return tuple(entries)

    def unseen(self, entries: Iterable[Entry], seen: Collection[str]) -> tuple[Entry, ...]:
        """Return the entries that were not seen, neither under their name nor under one of our own.

        What was seen under a name of our own goes by that name from now on.
        """
        known, new = set(seen), []
        earlier = _own_names(known - self.numbers.keys())
        sizes = {size_of(own) for own in earlier}
        for entry in entries:
            if entry.uidl in known:
                continue
            names = earlier.get(self._own_name(entry.number, entry.size)) if entry.size in sizes else None
            if names:
                self._give(entry.number, names.pop(0))
            else:
                new.append(entry)
        return tuple(new)

    def _give(self, number: int, name: str) -> None:
        self._names[number] = name
        self.numbers[name] = number

    def _own_name(self, number: int, size: int) -> str:
        if number not in self._own:
            self._own[number] = own_name(self._headers(number, size), size)
        return self._own[number]


def _own_names(names: Iterable[str]) -> dict[str, list[str]]:
    """Return those names that are our own, by what they were before they were counted through."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        if is_own(name):
            found.setdefault(name.partition("#")[0], []).append(name)
    return found


def size_of(own: str) -> int:
    """Return the size that a name of our own holds."""
    return int(own.split("-")[1])


def without_own_name(sizes: Iterable[int], uidls: Mapping[int, str]) -> set[int]:
    """Return the numbers of the messages that UIDL gave no name to be relied on."""
    numbers = set(sizes)
    if all(uidls.get(number) == str(number) for number in numbers):
        return numbers
    given = Counter(uidls.values())
    return {number for number in numbers if given[uidls.get(number, "")] != 1}


def own_name(content: bytes, size: int) -> str:
    """Return a name of our own for a message: its size, and what its header block and its size add up to.

    :param content: The message, or what TOP gave of it.
    """
    header = content.partition(b"\r\n\r\n")[0].rstrip(b"\r\n")
    return f"made-{size}-{hashlib.sha256(header + b' %d' % size).hexdigest()[:40]}"


def is_own(name: str) -> bool:
    """Whether a name is one of our own."""
    return _OWN.match(name) is not None


def unused(name: str, taken: Collection[str]) -> str:
    """Return a name, counted through if it is taken: by an equal message, or one that the server named so."""
    count, found = 1, name
    while found in taken:
        count += 1
        found = f"{name}#{count}"
    return found
