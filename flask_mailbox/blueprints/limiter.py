"""How often something may be asked for: by one client, and about one address; counted in this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque

from werkzeug.exceptions import TooManyRequests

WINDOW = 15 * 60.0
MOST_KEYS = 10_000


class Limiter:
    """Counts what happened in the last quarter of an hour, in bounded memory.

    :param most: How often for each key.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, *keys: str) -> None:
        """Note one more time under each key.

        :raises TooManyRequests: If it was often enough under one of them; then nothing is noted.
        """
        now = time.monotonic()
        with self._lock:
            waits = [self._wait(key, now) for key in keys]
            if any(waits):
                raise TooManyRequests("That was asked for too often. Wait a while.", retry_after=int(max(waits)) + 1)
            for key in keys:
                self._times.setdefault(key, deque()).append(now)
                self._times.move_to_end(key)
            while len(self._times) > MOST_KEYS:
                self._times.popitem(last=False)

    def forgive(self, *keys: str) -> None:
        """Take back one time under each key: it turned out not to count."""
        with self._lock:
            for key in keys:
                if times := self._times.get(key):
                    times.pop()

    def _wait(self, key: str, now: float) -> float:
        """Return the seconds until the key may be used again."""
        times = self._times.get(key)
        if times is None:
            return 0.0
        while times and times[0] <= now - WINDOW:
            times.popleft()
        return times[0] + WINDOW - now if len(times) >= self._most else 0.0
