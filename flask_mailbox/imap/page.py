"""A page of summaries, newest first, and the cursor that leads to the next one."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from ..errors import UsageError
from .arguments import MAX_NUMBER
from .summary import Summary

MAX_PAGE = 100
"""The largest page: what one request may cost."""


@dataclass(frozen=True, slots=True)
class Page(Sequence[Summary]):
    """Summaries, newest first.

    :param next: The cursor of the next page, or ``None`` on the last one. It survives arrivals and expunges.
    :param total: How many messages the folder holds, or how many were found.
    :param uidvalidity: Under which the uids are valid; 0 if the server does not say.
    :param verified: Whether the words of a search were compared here, since the server's word is not enough.
    :param complete: Whether a search looked at all messages: where they are compared here, only so many are.
    """

    summaries: tuple[Summary, ...]
    next: str | None
    total: int
    uidvalidity: int
    verified: bool = False
    complete: bool = True

    @overload
    def __getitem__(self, place: int) -> Summary: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Summary, ...]: ...

    def __getitem__(self, place: int | slice) -> Summary | tuple[Summary, ...]:
        return self.summaries[place]

    def __len__(self) -> int:
        return len(self.summaries)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: below this uid the next one begins.

    :param number: The uid's sequence number then: a guess that saves a search if nothing was expunged; 0 for none.
    """

    uidvalidity: int
    uid: int
    number: int = 0

    def __str__(self) -> str:
        text = json.dumps([self.uidvalidity, self.uid, self.number], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor that a page gave.

        :raises UsageError: If it is none.
        """
        try:
            values = json.loads(base64.urlsafe_b64decode(text[:200] + "=" * (-len(text[:200]) % 4)))
            uidvalidity, uid, number = values
        except (ValueError, TypeError, binascii.Error, RecursionError) as error:
            raise UsageError("This is no cursor: pass on what 'page.next' gave.") from error
        if any(type(value) is not int or not 0 <= value <= MAX_NUMBER for value in values) or uid == 0:
            raise UsageError("This is no cursor: pass on what 'page.next' gave.")
        return cls(uidvalidity, uid, number)


def check_limit(limit: int) -> int:
    """Return how many summaries a page may have.

    :raises UsageError: If it is not between 1 and ``MAX_PAGE``.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_PAGE:
        raise UsageError(f"A page has 1 to {MAX_PAGE} messages, not {limit!r}.")
    return limit
