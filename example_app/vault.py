"""Who is signed in: accounts stay in this process, sealed; the browser's cookie holds only the key to its own.

Neither half opens anything alone: what leaks of this memory is cipher text, and a cookie holds no password.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

MAX_SIGNED_IN = 1000


@dataclass(slots=True)
class _Entry:
    sealed: bytes
    used: float
    work: dict[str, Any] = field(default_factory=dict)


class Vault:
    """What people signed in with, by ticket; what is not used for ``lifetime`` seconds is forgotten."""

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._count = 0

    def put(self, values: Mapping[str, object]) -> str:
        """Seal the values of an account and return the ticket that opens them."""
        key = Fernet.generate_key()
        sealed = Fernet(key).encrypt(json.dumps(dict(values)).encode())
        with self._lock:
            self._forget_old()
            while len(self._entries) >= MAX_SIGNED_IN:
                del self._entries[min(self._entries, key=lambda name: self._entries[name].used)]
            self._count += 1
            name = str(self._count)
            self._entries[name] = _Entry(sealed, time.monotonic())
        return f"{name}.{key.decode()}"

    def get(self, ticket: str, *, touch: bool = True) -> dict[str, object] | None:
        """Return the values behind a ticket; ``None`` if it opens nothing, or was idle for too long.

        :param touch: Whether somebody is there; what pages ask for by themselves keeps no session alive.
        """
        name, _, key = ticket.partition(".")
        with self._lock:
            self._forget_old()
            entry = self._entries.get(name)
        if entry is None:
            return None
        try:
            values: dict[str, object] = json.loads(Fernet(key).decrypt(entry.sealed))
        except (InvalidToken, ValueError):
            return None
        if touch:
            entry.used = time.monotonic()
        return values

    def knows(self, ticket: str) -> bool:
        """Say whether a ticket is good still; asking does not keep it from growing old."""
        return self.get(ticket, touch=False) is not None

    def work(self, ticket: str) -> dict[str, Any]:
        """Return what is remembered beside an account while it is signed in, such as what can be undone."""
        with self._lock:
            entry = self._entries.get(ticket.partition(".")[0])
        return entry.work if entry is not None and self.knows(ticket) else {}

    def remove(self, ticket: str) -> None:
        """Forget what is behind a ticket."""
        if self.knows(ticket):
            with self._lock:
                self._entries.pop(ticket.partition(".")[0], None)

    def _forget_old(self) -> None:
        oldest = time.monotonic() - self._lifetime
        for name in [name for name, entry in self._entries.items() if entry.used < oldest]:
            del self._entries[name]
