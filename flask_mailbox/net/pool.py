"""A pool of sessions: exclusive leases, limits with waiting, nothing reused after any doubt.

SMTP and IMAP sessions are kept for the next lease; a POP3 session locks its maildrop, so it is opened for one
lease, one at a time, and ended with it (RFC 1939, 8).
"""

from __future__ import annotations

import math
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from typing import Protocol as Interface

from ..account import Account, Protocol
from ..errors import PoolTimeoutError, UsageError
from .deadline import Deadline
from .lease import Lease
from .pacer import Pacer
from .place import Place

MAX_AGE = 30 * 60.0
MAX_IDLE = 5 * 60.0
PER_PROCESS = 50


class Session(Interface):
    """What the pool asks of a session: one authenticated connection."""

    @property
    def is_reusable(self) -> bool:
        """Whether nothing speaks against another use; looks at the socket, sends nothing."""

    def finish(self) -> None:
        """End the session politely (QUIT, LOGOUT) and close it."""

    def drop(self) -> None:
        """Close the connection without a word."""


Opener = Callable[[Account], Session]


@dataclass(slots=True)
class _Kept:
    """A session that waits for its next lease."""

    session: Session
    opened: float
    since: float


class Pool:
    """Sessions of all accounts of one app in one process.

    :param openers: How to open a session of each protocol.
    :param per_process: How many connections may be open at once over all accounts.
    :param max_age: Seconds after which a session is not used again.
    :param max_idle: Seconds after which a waiting session is closed.
    :param pacer: Gives out the moments at which messages may be sent.
    """

    def __init__(
        self,
        openers: Mapping[Protocol, Opener],
        *,
        per_process: int = PER_PROCESS,
        max_age: float = MAX_AGE,
        max_idle: float = MAX_IDLE,
    ) -> None:
        self.pacer = Pacer()
        self._openers = openers
        self._per_process = per_process
        self._max_age = max_age
        self._max_idle = max_idle
        # All state that changes, guarded by _lock; no I/O is done while it is held.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._idle: dict[bytes, list[_Kept]] = {}
        self._open: dict[bytes, int] = {}
        self._lines: dict[bytes, deque[object]] = {}
        self._forgotten: dict[bytes, float] = {}
        self._total = 0
        self._due = math.inf  # when the first of the waiting sessions will have to go
        self._sessions: weakref.WeakSet[Session] = weakref.WeakSet()
        self._process = object()  # another one in a forked child
        self._closed = False
        _pools.add(self)
        weakref.finalize(self, _drop_waiting, self._idle)

    def lease(self, account: Account, protocol: Protocol, *, fresh: bool = False, wait: float | None = None) -> Lease:
        """Return a lease of a session, to be used in a ``with`` block.

        It is one that waits and is still good, else a new one.

        :param fresh: Drop the account's waiting sessions first and open a new one.
        :param wait: Seconds to wait for one to come free, if less than the account's operation time-out.
        :raises PoolTimeoutError: If all that the account may open stay in use all that time.
        :raises ServiceError: If a new session cannot be opened.
        """
        place = Place.of(account, protocol)
        longest = account.timeouts.operation if wait is None else min(wait, account.timeouts.operation)
        deadline = Deadline(longest)
        if fresh:
            self._drop_idle(place)
        while True:
            kept = self._take(place, account, deadline, longest)
            if kept is True:
                return self._open_new(place, account)
            if kept.session.is_reusable:
                return Lease(self, place, kept.session, kept.opened, reused=True)
            kept.session.drop()
            self._free(place)

    def forget(self, account: Account) -> None:
        """Close the sessions of an account: those that wait now, those on lease when they come back."""
        for protocol in Protocol:
            place = Place.of(account, protocol)
            self._drop_idle(place)
            with self._lock:
                if place.key in self._open:
                    self._forgotten[place.key] = time.monotonic()

    def close(self) -> None:
        """End all waiting sessions; those on lease end when they come back."""
        with self._lock:
            self._closed = True
            waiting = [kept.session for kept_list in self._idle.values() for kept in kept_list]
            self._forget_idle()
            self._changed.notify_all()
        for session in waiting:
            session.finish()

    @property
    def connections(self) -> int:
        """How many connections are open or being opened now."""
        with self._lock:
            return self._total

    def _take(self, place: Place, account: Account, deadline: Deadline, longest: float) -> _Kept | Literal[True]:
        """Decide, under the lock: a waiting session, or the right to open one (``True``), or wait for either."""
        with self._lock:
            if place.key not in self._lines and (granted := self._granted(place)):
                return granted  # nobody stands in line
            line = self._lines.setdefault(place.key, deque())  # who came first is served first
            ticket = object()
            line.append(ticket)
            try:
                while True:
                    if line[0] is ticket and (granted := self._granted(place)):
                        return granted
                    if not self._changed.wait(deadline.left()):
                        raise self._exhausted(place, account, longest)
            finally:
                line.remove(ticket)
                if line:
                    self._changed.notify_all()
                elif self._lines.get(place.key) is line:
                    del self._lines[place.key]

    def _granted(self, place: Place) -> _Kept | bool:
        """Return a waiting session, else whether one may be opened."""
        if self._closed:
            raise UsageError("The pool is closed.")
        if time.monotonic() > self._due:
            self._evict_expired()
        waiting = self._idle.get(place.key)
        if not waiting:
            return self._may_open(place)
        kept = waiting.pop()
        if not waiting:
            del self._idle[place.key]
        return kept

    def _may_open(self, place: Place) -> bool:
        """Take the right to open a session, if the account and the process have one left."""
        if self._open.get(place.key, 0) >= place.size or not self._has_room():
            return False
        self._open[place.key] = self._open.get(place.key, 0) + 1
        self._total += 1
        return True

    def _open_new(self, place: Place, account: Account) -> Lease:
        began = time.monotonic()  # of before, so that what is forgotten meanwhile counts as older
        try:
            session = self._openers[place.protocol](account)
        except BaseException:
            self._free(place)
            raise
        self._sessions.add(session)
        return Lease(self, place, session, began, reused=False)

    def _give_back(self, place: Place, session: Session, opened: float) -> None:
        now = time.monotonic()
        if place.keep and now - opened < self._max_age and session.is_reusable:
            with self._lock:
                if not self._closed and opened > self._forgotten.get(place.key, -math.inf):
                    self._keep(place, _Kept(session, opened, now))
                    return
        try:
            session.finish()
        finally:
            self._free(place)

    def _keep(self, place: Place, kept: _Kept) -> None:
        """Let a session wait for its next lease."""
        self._idle.setdefault(place.key, []).append(kept)
        self._due = min(self._due, self._end_of(kept))
        if self._lines:  # or nobody waits for it
            self._changed.notify_all()

    def _end_of(self, kept: _Kept) -> float:
        """Return when a waiting session has to go."""
        return min(kept.since + self._max_idle, kept.opened + self._max_age)

    def _free(self, place: Place) -> None:
        """Count one connection less."""
        with self._lock:
            self._count_down(place.key)
            self._changed.notify_all()

    def _count_down(self, key: bytes) -> None:
        left = self._open.get(key, 0) - 1
        if left > 0:
            self._open[key] = left
        else:
            self._open.pop(key, None)
            self._forgotten.pop(key, None)
        self._total = max(0, self._total - 1)

    def _has_room(self) -> bool:
        """Say whether the process may open one more; the session of another account that waited longest makes room."""
        if self._total >= self._per_process:
            everyone = (kept for waiting in self._idle.values() for kept in waiting)
            oldest = min(everyone, key=lambda kept: kept.since, default=None)
            self._evict(lambda kept: kept is oldest)
        return self._total < self._per_process

    def _exhausted(self, place: Place, account: Account, waited: float) -> PoolTimeoutError:
        """Return the error for a wait that was in vain, naming the limit that is to blame."""
        if self._open.get(place.key, 0) >= place.size:
            text, hint = place.taken, place.cure
        else:
            text = f"All {self._per_process} connections of this process stayed in use"
            hint = "Give sessions back sooner (end the 'with' block), or raise MAILBOX_MAX_CONNECTIONS."
        endpoint = account.endpoint(place.protocol)
        return PoolTimeoutError(
            f"{text} for {waited:.0f} seconds.",
            account=account.name,
            protocol=str(place.protocol),
            host=endpoint.where if endpoint else None,
            hint=hint,
        )

    def _drop_idle(self, place: Place) -> None:
        with self._lock:
            mine = self._idle.get(place.key, [])
            self._evict(lambda kept: kept in mine)
            self._changed.notify_all()

    def _evict_expired(self) -> None:
        now = time.monotonic()
        self._evict(lambda kept: now > self._end_of(kept))
        everyone = (kept for waiting in self._idle.values() for kept in waiting)
        self._due = min(map(self._end_of, everyone), default=math.inf)

    def _evict(self, unwanted: Callable[[_Kept], bool]) -> None:
        """Drop the waiting sessions that are unwanted; closing a socket waits for nothing."""
        for key, waiting in list(self._idle.items()):
            for kept in [kept for kept in waiting if unwanted(kept)]:
                waiting.remove(kept)
                kept.session.drop()
                self._count_down(key)
            if not waiting:
                del self._idle[key]

    def _forget_idle(self) -> None:
        for key, waiting in self._idle.items():
            for _ in waiting:
                self._count_down(key)
        self._idle.clear()

    def _drop_inherited(self) -> None:
        """In a forked child: close the parent's sockets here without a word, and start empty."""
        self._idle.clear()
        for session in list(self._sessions):
            session.drop()
        self._sessions.clear()
        self._process = object()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._due = math.inf
        self._open, self._lines, self._forgotten, self._total = {}, {}, {}, 0
        self.pacer = Pacer()


def _drop_waiting(idle: dict[bytes, list[_Kept]]) -> None:
    """Close what waits, without a word: the pool itself is gone, or belongs to another process."""
    for waiting in idle.values():
        for kept in waiting:
            kept.session.drop()
    idle.clear()


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for pool in list(_pools):
        pool._drop_inherited()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
