"""Accounts that are left alone for a while, so that not each message that waits for one of them knocks in vain."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from ...account import Account
from .outcome import Failure

REFUSED = 60.0
"""Seconds for which a sign-in that was refused for good is not repeated for other messages of the account."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when an account is left alone, on the monotonic clock.

    :param failure: What its server answered; ``None`` where its own rate is used up.
    """

    until: float
    failure: Failure | None = None

    @property
    def left(self) -> float:
        """The seconds that are left of it."""
        return max(0.0, self.until - time.monotonic())


@dataclass(frozen=True, slots=True)
class Refused:
    """A sign-in that was refused for good, and with which account: with another password it is another matter."""

    account: Account
    failure: Failure
    at: float


class Pauses:
    """What this process knows of accounts, by the names that entries have for them."""

    def __init__(self) -> None:
        # All state, guarded by _lock.
        self._lock = threading.Lock()
        self._pauses: dict[str, Pause] = {}
        self._refused: dict[str, Refused] = {}

    def begin(self, name: str, seconds: float, failure: Failure | None = None) -> None:
        """Leave an account alone for so long; a longer pause that has begun goes on.

        :param failure: What its server answered; ``None`` where its own rate is used up.
        """
        pause = Pause(time.monotonic() + seconds, failure)
        with self._lock:
            known = self._pauses.get(name)
            if known is None or known.until < pause.until:
                self._pauses[name] = pause

    def asked_for(self, name: str) -> Pause | None:
        """Return the pause that an account's server asked for, if it is not over."""
        pause = self._current().get(name)
        return pause if pause is not None and pause.failure is not None else None

    @property
    def names(self) -> frozenset[str]:
        """The accounts that are left alone now."""
        return frozenset(self._current())

    @property
    def first_end(self) -> float | None:
        """The seconds until the first account is asked again; ``None`` if none is left alone."""
        return min((pause.left for pause in self._current().values()), default=None)

    def refuse(self, name: str, account: Account, failure: Failure) -> None:
        """Remember that a sign-in was refused for good."""
        now = time.monotonic()
        with self._lock:
            self._refused = {each: known for each, known in self._refused.items() if known.at + REFUSED > now}
            self._refused[name] = Refused(account, failure, now)

    def refusal(self, name: str, account: Account) -> Failure | None:
        """Return what was answered to this very account's sign-in a moment ago, if it was refused for good."""
        with self._lock:
            known = self._refused.get(name)
        if known is None or known.account != account or known.at + REFUSED <= time.monotonic():
            return None
        return known.failure

    def clear(self) -> None:
        """Forget everything, with a new lock: in a forked child, where a thread of the parent may have held it."""
        self.__init__()  # type: ignore[misc]

    def _current(self) -> dict[str, Pause]:
        """Return the pauses that are not over, and forget the others."""
        now = time.monotonic()
        with self._lock:
            self._pauses = {name: pause for name, pause in self._pauses.items() if pause.until > now}
            return dict(self._pauses)
