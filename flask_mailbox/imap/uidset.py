"""A set of uids as ascending ranges: small in memory and on paper, whatever numbers a server names."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from .arguments import MAX_NUMBER

Range = tuple[int, int]

_PIECE = re.compile(r"(\d{1,10})(?::(\d{1,10}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class UidSet(Collection[int]):
    """Uids, ascending; ``in``, ``len`` and iteration work as for any collection.

    :param ranges: First and last of each range, ascending, with gaps between them.
    """

    ranges: tuple[Range, ...] = ()

    @classmethod
    def of(cls, uids: Iterable[int]) -> UidSet:
        """Return the set of these uids."""
        return cls(tuple(_joined((uid, uid) for uid in sorted(set(uids)))))

    @classmethod
    def of_ranges(cls, ranges: Iterable[Range]) -> UidSet:
        """Return the set of the uids of all these ranges, in any order."""
        return cls(tuple(_joined(sorted(ranges))))

    @classmethod
    def parse(cls, text: str) -> UidSet:
        """Return a set as IMAP writes it, such as ``1:5,9``.

        :raises ValueError: If it is none.
        """
        found = []
        for piece in text.split(",") if text else ():
            match = _PIECE.fullmatch(piece)
            if match is None:
                raise ValueError(f"'{piece[:40]}' is no range of uids.")
            first, last = sorted((int(match[1]), int(match[2] or match[1])))
            if not 0 < first <= last <= MAX_NUMBER:
                raise ValueError(f"'{piece}' is no range of uids.")
            found.append((first, last))
        return cls.of_ranges(found)

    def __str__(self) -> str:
        return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in self.ranges)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.ranges:
            yield from range(first, last + 1)

    def __contains__(self, uid: object) -> bool:
        if not isinstance(uid, int):
            return False
        place = bisect_right(self.ranges, (uid, MAX_NUMBER)) - 1
        return place >= 0 and self.ranges[place][0] <= uid <= self.ranges[place][1]

    def __or__(self, other: UidSet) -> UidSet:
        return UidSet(tuple(_joined(sorted((*self.ranges, *other.ranges)))))

    def __sub__(self, other: UidSet) -> UidSet:
        return self & other._complement()

    def __and__(self, other: UidSet) -> UidSet:
        found: list[Range] = []
        mine, theirs = 0, 0
        while mine < len(self.ranges) and theirs < len(other.ranges):
            first = max(self.ranges[mine][0], other.ranges[theirs][0])
            last = min(self.ranges[mine][1], other.ranges[theirs][1])
            if first <= last:
                found.append((first, last))
            if self.ranges[mine][1] < other.ranges[theirs][1]:
                mine += 1
            else:
                theirs += 1
        return UidSet(tuple(found))

    @property
    def last(self) -> int:
        """The largest uid; 0 if there is none."""
        return self.ranges[-1][1] if self.ranges else 0

    def below(self, uid: int) -> UidSet:
        """Return those that are smaller than ``uid``."""
        return self & UidSet(((1, uid - 1),)) if uid > 1 else UidSet()

    def _complement(self) -> UidSet:
        gaps: list[Range] = []
        start = 1
        for first, last in self.ranges:
            if first > start:
                gaps.append((start, first - 1))
            start = last + 1
        if start <= MAX_NUMBER:
            gaps.append((start, MAX_NUMBER))
        return UidSet(tuple(gaps))


def _joined(ranges: Iterable[Range]) -> Iterator[Range]:
    """Join ascending ranges that touch or overlap."""
    current: Range | None = None
    for first, last in ranges:
        if current is None:
            current = (first, last)
        elif first <= current[1] + 1:
            current = (current[0], max(current[1], last))
        else:
            yield current
            current = (first, last)
    if current is not None:
        yield current
