"""How fast an account may send: no more than its rate, in this process."""

from __future__ import annotations

import threading
import time
from collections import deque

from ..account import Rate


class Pacer:
    """Gives out the moments at which messages may go; one for each pool, shared by its threads."""

    def __init__(self) -> None:
        # All state, guarded by _lock: for each key, when the last messages went or will go, on the monotonic clock.
        self._lock = threading.Lock()
        # A key is forgotten some time after it has ceased to keep anything back.
        self._moments: dict[bytes, deque[float]] = {}
        self._until: dict[bytes, float] = {}

    def wait(self, key: bytes, rate: Rate, most: float) -> float:
        """Wait for the next moment at which a message may go, if it comes within ``most`` seconds, and take it.

        :return: 0 if it was taken; else the seconds until the next one, and nothing was waited for.
        """
        with self._lock:
            now = time.monotonic()
            moments = self._moments_of(key, rate)
            moment = _next(moments, rate, now)
            if moment - now > most:
                return moment - now
            if key not in self._moments:
                self._forget(now)
            moments.append(moment)
            self._moments[key], self._until[key] = moments, moment + rate.seconds
        if moment > now:
            time.sleep(moment - now)
        return 0.0

    def missing(self, key: bytes, rate: Rate) -> float:
        """Return the seconds until the next moment at which a message may go, and take none."""
        with self._lock:
            now = time.monotonic()
            return _next(self._moments_of(key, rate), rate, now) - now

    def _moments_of(self, key: bytes, rate: Rate) -> deque[float]:
        moments = self._moments.get(key, ())
        return moments if isinstance(moments, deque) and moments.maxlen == rate.count else deque(moments, rate.count)

    def _forget(self, now: float) -> None:
        for key in [key for key, until in self._until.items() if until < now]:
            del self._moments[key], self._until[key]


def _next(moments: deque[float], rate: Rate, now: float) -> float:
    return max(now, moments[0] + rate.seconds) if len(moments) == rate.count else now
