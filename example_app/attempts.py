"""How often something may be tried: for one mailbox, since providers lock it, and for one visitor, who may guess."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

WINDOW = 15 * 60.0
MAX_KEYS = 10_000


class Attempts:
    """Tries of the last quarter of an hour, counted for each name of a mailbox and for each client separately.

    A try counts from its beginning, so that many at once are no more than many one after the other.
    """

    def __init__(self, *, per_address: int = 5, per_client: int = 100) -> None:
        self._limits = {"address": per_address, "client": per_client}
        self._lock = threading.Lock()
        self._counted: dict[tuple[str, str], list[float]] = {}

    def take(self, *names: str, client: str) -> bool:
        """Count a try that begins now; ``False`` if there were too many, so that it may not.

        :param names: The address, and the user names that are signed in with.
        """
        keys = _keys(names, client)
        with self._lock:
            self._forget_old()
            if any(len(self._counted.get(key, ())) >= self._limits[key[0]] for key in keys):
                return False
            for key in keys:
                self._counted.setdefault(key, []).append(time.monotonic())
            return True

    def give_back(self, *names: str, client: str) -> None:
        """Count one less, since it succeeded: only what fails is limited."""
        with self._lock:
            for key in _keys(names, client):
                if counted := self._counted.get(key):
                    counted.pop()

    def _forget_old(self) -> None:
        since = time.monotonic() - WINDOW
        for key in list(self._counted):
            self._counted[key] = [at for at in self._counted[key] if at > since]
            if not self._counted[key]:
                del self._counted[key]
        while len(self._counted) > MAX_KEYS:
            del self._counted[next(iter(self._counted))]


def _keys(names: Iterable[str], client: str) -> set[tuple[str, str]]:
    return {("client", client), *(("address", name.strip().lower()) for name in names)}
