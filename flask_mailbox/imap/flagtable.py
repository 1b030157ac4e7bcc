"""The flags of a whole folder, for servers that do not keep track of changes: exact, or as fingerprints of spans."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .arguments import MAX_NUMBER
from .uidset import UidSet

Flags = frozenset[str]

MAX_GROUPS = 6_000
"""Characters of exact flags in a cursor; beyond that it holds fingerprints."""

SPANS = 64
_NONE = UidSet()


@dataclass(frozen=True, slots=True)
class FlagTable:
    """What flags each message carries.

    :param groups: Messages by their flags; ``None`` if only the fingerprints are known.
    :param span: How many uids one fingerprint is about.
    :param prints: A fingerprint for each span of uids, from uid 1 on.
    """

    groups: Mapping[Flags, UidSet] | None
    span: int = 0
    prints: tuple[str, ...] = ()

    @classmethod
    def of(cls, flags: Mapping[int, Flags]) -> FlagTable:
        """Return the table of these messages."""
        found: dict[Flags, list[int]] = {}
        for uid, carried in flags.items():
            found.setdefault(carried, []).append(uid)
        return cls({carried: UidSet.of(uids) for carried, uids in found.items()})

    def changed(self, now: Mapping[int, Flags]) -> dict[int, Flags]:
        """Return those messages whose flags are not what they were.

        From fingerprints it is only known that some of a span did: then all of the span are returned.
        """
        if self.groups is not None:
            return {uid: carried for uid, carried in now.items() if uid not in self.groups.get(carried, _NONE)}
        spans = _by_span(now, self.span)
        return {
            uid: carried
            for place, members in spans.items()
            if place >= len(self.prints) or _fingerprint(members) != self.prints[place]
            for uid, carried in members.items()
        }

    def dump(self) -> dict[str, Any]:
        """Return what goes into a cursor, of bounded size."""
        if self.groups is None:
            return {"span": self.span, "prints": "".join(self.prints)}
        groups = {" ".join(sorted(carried)): str(uids) for carried, uids in self.groups.items()}
        if sum(len(carried) + len(uids) + 6 for carried, uids in groups.items()) <= MAX_GROUPS:
            return {"groups": groups}
        return self._printed().dump()

    @classmethod
    def load(cls, values: Any) -> FlagTable:
        """Read what ``dump`` gave.

        :raises ValueError: If it is something else; so do TypeError, KeyError and AttributeError.
        """
        if "groups" in values:
            groups = {frozenset(names.split()): UidSet.parse(uids) for names, uids in values["groups"].items()}
            return cls(groups)
        span, prints = values["span"], values["prints"]
        if type(span) is not int or not 0 < span <= MAX_NUMBER or len(prints) > SPANS * 12:
            raise ValueError("The fingerprints are none.")
        return cls(None, span, tuple(prints[place : place + 12] for place in range(0, len(prints), 12)))

    def _printed(self) -> FlagTable:
        flags = {uid: carried for carried, uids in (self.groups or {}).items() for uid in uids}
        span = max(flags, default=0) // SPANS + 1
        spans = _by_span(flags, span)
        return FlagTable(None, span, tuple(_fingerprint(spans.get(place, {})) for place in range(SPANS)))


def _by_span(flags: Mapping[int, Flags], span: int) -> dict[int, dict[int, Flags]]:
    found: dict[int, dict[int, Flags]] = {}
    for uid, carried in flags.items():
        found.setdefault((uid - 1) // span, {})[uid] = carried
    return found


def _fingerprint(flags: Mapping[int, Flags]) -> str:
    """Return twelve digits that are others when a message's flags are; messages that are gone count too."""
    text = "\n".join(f"{uid} {' '.join(sorted(flags[uid]))}" for uid in sorted(flags))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
