"""A point in time by which a whole operation must be over, whatever the server drips meanwhile."""

from __future__ import annotations

import time

BYTES_PER_SECOND = 64 * 1024
"""The slowest transfer that a deadline allows for: one second more for each 64 KiB sent or announced."""


class Deadline:
    """The end of an operation on the monotonic clock; ``allow`` moves it for data that has to pass."""

    __slots__ = ("_at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, at least 0."""
        left = self._at - time.monotonic()
        return left if left > 0.0 else 0.0

    def allow(self, size: int) -> None:
        """Give time for ``size`` more bytes."""
        extra = size / BYTES_PER_SECOND
        self.seconds += extra
        self._at += extra

    def at_least(self, seconds: float) -> None:
        """Make sure that ``seconds`` are left from now on."""
        self._at = max(self._at, time.monotonic() + seconds)
