"""How often something may be tried: for one mailbox, since providers lock it, and for one visitor, who may guess."""

from __future__ import annotations

import threading
import time

WINDOW = 15 * 60.0
MAX_KEYS = 10_000


class Attempts:
    """Tries of the last quarter of an hour, counted for each address and for each client separately."""

    def __init__(self, *, per_address: int = 5, per_client: int = 20) -> None:
        self._limits = {"address": per_address, "client": per_client}
        self._lock = threading.Lock()
        self._counted: dict[tuple[str, str], list[float]] = {}

    def allowed(self, *, address: str, client: str) -> bool:
        """Say whether somebody may try a mailbox."""
        with self._lock:
            self._forget_old()
            return all(len(self._counted.get(key, ())) < self._limits[key[0]] for key in _keys(address, client))

    def count(self, *, address: str, client: str) -> None:
        """Count a sign-in that was refused, or whatever else is limited."""
        with self._lock:
            for key in _keys(address, client):
                self._counted.setdefault(key, []).append(time.monotonic())

    def _forget_old(self) -> None:
        since = time.monotonic() - WINDOW
        for key in list(self._counted):
            self._counted[key] = [at for at in self._counted[key] if at > since]
            if not self._counted[key]:
                del self._counted[key]
        while len(self._counted) > MAX_KEYS:
            del self._counted[next(iter(self._counted))]


def _keys(address: str, client: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("address", address.strip().lower()), ("client", client)
