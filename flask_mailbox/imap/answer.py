"""What a server answered to one command: untagged responses, then OK with a code and a text (RFC 9051, 7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..auth import decode_server_text

_STATUS = re.compile(rb"\[([A-Za-z][A-Za-z0-9/=+_-]*)(?: ((?:[^\]\"]|\"[^\"]*\")*))?\] ?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Untagged:
    """One untagged response.

    :param name: ``FETCH``, ``LIST`` …, in upper case.
    :param number: The number before the name, as in ``12 EXISTS``.
    :param pieces: What follows: text, literal, text, literal … text.
    :param items: Of a FETCH answer that was cut already: its items by name; ``pieces`` are empty then.
    """

    name: str
    number: int | None
    pieces: tuple[bytes, ...]
    items: dict[bytes, Any] | None = None

    @property
    def text(self) -> bytes:
        """What follows up to the first literal."""
        return self.pieces[0]


@dataclass(frozen=True, slots=True)
class Status:
    """A condition (``OK``, ``NO``, ``BAD``, ``BYE``, ``PREAUTH``) with its code and words.

    :param code: Such as ``NONEXISTENT``; empty if there is none.
    :param data: What the code carries.
    :param words: The human text, undecoded.
    """

    condition: str
    code: str
    data: bytes
    words: bytes

    @classmethod
    def parse(cls, condition: str, raw: bytes) -> Status:
        """Read what follows the condition's name."""
        found = _STATUS.fullmatch(raw)
        if found is None:
            return cls(condition, "", b"", raw)
        return cls(condition, found[1].decode("ascii").upper(), found[2] or b"", found[3])

    @property
    def text(self) -> str:
        """The code, if any, and the words as one line of text."""
        code = f"[{self.code}] " if self.code else ""
        return f"{code}{decode_server_text(self.words)}".strip()


@dataclass(frozen=True, slots=True)
class Answer:
    """All that came for one command, in order.

    :param status: How the command ended.
    """

    status: Status
    untagged: list[Untagged] = field(default_factory=list)

    def of(self, name: str) -> Iterator[Untagged]:
        """Yield the untagged responses of one name."""
        return (response for response in self.untagged if response.name == name)

    def codes(self) -> Iterator[Status]:
        """Yield the untagged conditions that carry a code, then the final one."""
        for response in self.untagged:
            if response.name in ("OK", "NO", "BAD") and response.text.startswith(b"["):
                yield Status.parse(response.name, response.text)
        yield self.status

    def code(self, name: str) -> bytes | None:
        """Return what the code ``name`` carries, wherever it stands; ``None`` if there is none."""
        return next((status.data for status in self.codes() if status.code == name), None)
