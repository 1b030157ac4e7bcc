"""Who is signed in: accounts stay in this process, the browser's cookie holds only a random name for them."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

from flask_mailbox import Account

MAX_SIGNED_IN = 1000
MAX_FAILURES = 5
FAILURE_WINDOW = 15 * 60.0


@dataclass
class _Entry:
    account: Account
    used: float


class Vault:
    """Accounts by ticket; an entry that is not used for ``lifetime`` seconds is forgotten."""

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._failures: dict[str, list[float]] = {}

    def put(self, account: Account) -> str:
        """Keep an account and return its ticket."""
        ticket = secrets.token_urlsafe(32)
        with self._lock:
            self._forget_old()
            while len(self._entries) >= MAX_SIGNED_IN:
                del self._entries[min(self._entries, key=lambda name: self._entries[name].used)]
            self._entries[ticket] = _Entry(account, time.monotonic())
        return ticket

    def get(self, ticket: str, *, touch: bool = True) -> Account | None:
        """Return the account of a ticket, or ``None`` if it is unknown or was idle for too long.

        :param touch: Whether somebody is there; what pages ask for by themselves keeps no session alive.
        """
        with self._lock:
            self._forget_old()
            entry = self._entries.get(ticket)
            if entry is None:
                return None
            if touch:
                entry.used = time.monotonic()
            return entry.account

    def knows(self, ticket: str) -> bool:
        """Say whether a ticket is good still; asking does not keep it from growing old."""
        with self._lock:
            self._forget_old()
            return ticket in self._entries

    def remove(self, ticket: str) -> None:
        """Forget a ticket and its account."""
        with self._lock:
            self._entries.pop(ticket, None)

    def may_try(self, who: str) -> bool:
        """Say whether somebody may try to sign in: providers lock accounts after repeated failures."""
        since = time.monotonic() - FAILURE_WINDOW
        with self._lock:
            recent = [at for at in self._failures.get(who, []) if at > since]
            if recent:
                self._failures[who] = recent
            else:
                self._failures.pop(who, None)
            return len(recent) < MAX_FAILURES

    def note_failure(self, who: str) -> None:
        """Count a sign-in that was refused."""
        with self._lock:
            self._failures.setdefault(who, []).append(time.monotonic())

    def _forget_old(self) -> None:
        oldest = time.monotonic() - self._lifetime
        for ticket in [ticket for ticket, entry in self._entries.items() if entry.used < oldest]:
            del self._entries[ticket]
