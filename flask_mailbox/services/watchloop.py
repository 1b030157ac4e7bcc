"""One thread that watches the sockets of thousands of idle connections, and a few that do what takes round trips.

All state of lines belongs to the loop's thread, and to the worker that has a line in hand: ``working`` says which.
Other threads leave orders in ``_orders``.
"""

from __future__ import annotations

import heapq
import itertools
import os
import selectors
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterable

from ..account import Account
from .sharedlines import SharedLines
from .watchline import Line
from .watchworkers import Workers

FAST_WORKERS = (4, 8)
"""Threads for what servers just told, and how many with those in place of threads that hang."""

STEADY_WORKERS = (4, 16)
"""Threads that renew and poll."""

OPENING_WORKERS = (8, 32)
"""Threads that connect."""

SLOW_WORKERS = (8, 16)
"""Threads for servers that took long the last time: those keep only each other waiting."""

RELIEF_SECONDS = 0.25
"""How often threads are looked after, while some hang and there is more to do."""

FULL_SECONDS = 0.5
"""How long a line waits whose reader does not keep up."""

Order = tuple[str, Line]


class WatchLoop:
    """Serves any number of lines; its threads live as long as there are some.

    :param lines: How many there are now.
    :param shared: Those that several watchers listen to.
    """

    def __init__(self) -> None:
        # Guarded by _lock; the rest is the loop thread's own.
        self._lock = threading.Lock()
        self._orders: deque[Order] = deque()
        self._thread: threading.Thread | None = None
        self._wake: socket.socket | None = None
        self.lines = 0
        self.shared = SharedLines()
        self._run: _Run | None = None
        _loops.add(self)

    def add(self, lines: Iterable[Line]) -> None:
        """Watch these lines from now on."""
        self._order("add", lines)

    def leave(self, lines: Iterable[Line]) -> None:
        """End those of these lines whose audience is over, each as soon as it is.

        Once a line's connection is closed, its ``ended`` is set.
        """
        self._order("leave", lines)

    def forget(self, account: Account) -> None:
        """End the shared lines of an account that nobody listens to, and the others when the last listener leaves."""
        lines = self.shared.forget(account)
        if lines:
            self.leave(lines)

    @property
    def is_running(self) -> bool:
        """Whether its thread lives."""
        with self._lock:
            return self._thread is not None

    def join_if_unused(self, timeout: float) -> None:
        """Wait until the threads have ended, as they do once no line is left; not if there are others."""
        with self._lock:
            thread = self._thread
        if thread is not None and self.lines == 0:
            thread.join(timeout)

    def _order(self, what: str, lines: Iterable[Line]) -> None:
        with self._lock:
            self._orders.extend((what, line) for line in lines)
            if self._thread is None:
                ours, theirs = socket.socketpair()
                theirs.setblocking(False)
                ours.setblocking(False)
                self._wake = ours
                self._run = _Run(self, theirs)
                self._thread = threading.Thread(target=self._run.run, name="flask-mailbox-watch", daemon=True)
                self._thread.start()
            self._ring()

    def _ring(self) -> None:
        if self._wake is not None:
            try:
                self._wake.send(b"x")
            except OSError:  # full: it will wake up anyway
                pass

    def _take_orders(self) -> list[Order]:
        with self._lock:
            orders = list(self._orders)
            self._orders.clear()
            return orders

    def _ended(self) -> bool:
        """Whether the thread may end: nothing was ordered meanwhile."""
        with self._lock:
            if self._orders:
                return False
            self._thread = self._run = None
            if self._wake is not None:
                self._wake.close()
                self._wake = None
            return True

    def _drop_inherited(self) -> None:
        """In a forked child, where no thread of the parent's lives: close its sockets here, and start empty."""
        if self._run is not None:
            self._run.drop_inherited()
        if self._wake is not None:
            self._wake.close()
        self._lock = threading.Lock()
        self._orders = deque()
        self._thread = self._wake = self._run = None
        self.lines = 0
        self.shared = SharedLines()


class _Run:
    """The life of one loop thread."""

    def __init__(self, loop: WatchLoop, bell: socket.socket) -> None:
        self._loop = loop
        self._bell = bell
        self._selector = selectors.DefaultSelector()
        self._lines: set[Line] = set()
        self._schedule: list[tuple[float, int, Line]] = []
        self._left: list[tuple[float, int, Line]] = []  # when to see whether anybody came back
        self._numbers = itertools.count()
        self._watched: dict[Line, int] = {}  # the descriptors that the selector has
        self._fast = Workers("flask-mailbox-watch-fast", *FAST_WORKERS)
        self._steady = Workers("flask-mailbox-watch-steady", *STEADY_WORKERS)
        self._opening = Workers("flask-mailbox-watch-opening", *OPENING_WORKERS)
        self._slow = Workers("flask-mailbox-watch-slow", *SLOW_WORKERS)
        self._groups = (self._fast, self._steady, self._opening, self._slow)

    def run(self) -> None:
        self._selector.register(self._bell, selectors.EVENT_READ)
        try:
            while True:
                self._turn()
                if not self._lines and self._loop._ended():
                    return
        finally:
            threads = [thread for workers in self._groups for thread in workers.stop()]
            self._selector.close()
            self._bell.close()
            for thread in threads:
                thread.join(1.0)

    def drop_inherited(self) -> None:
        """Close all sockets without a word: they belong to the parent."""
        for line in self._lines:
            line.closed = True
            if line.session is not None:
                line.session.drop()
        self._selector.close()
        self._bell.close()

    def _turn(self) -> None:
        for order, line in self._loop._take_orders():
            getattr(self, f"_{order}")(line)
        self._end_left()
        self._start_due()
        if not self._lines:
            return
        for key, _ in self._selector.select(self._pause()):
            if key.fileobj is self._bell:
                self._bell.recv(4096)
            elif key.data.has_news():
                self._attend_to_news(key.data)

    # orders

    def _add(self, line: Line) -> None:
        if line.closed:
            line.end()
            return
        self._lines.add(line)
        self._loop.lines = len(self._lines)
        self._plan(line)
        if not line.audience.has_listeners:  # whoever wanted it has left meanwhile
            self._leave(line)

    def _leave(self, line: Line) -> None:
        if line.audience.has_listeners:
            return
        if line.audience.end_if_left(at_once=line.trouble is not None):
            self._end(line)
            return
        heapq.heappush(self._left, (time.monotonic() + line.audience.stays, next(self._numbers), line))
        for older in self._loop.shared.too_many(line):
            if older.audience.end_if_left(at_once=True):
                self._end(older)

    def _end(self, line: Line) -> None:
        if line.working:
            line.interrupt()
        else:
            self._forget(line)

    def _done(self, line: Line) -> None:
        line.working = False
        if line.closed or line.audience.over:
            self._forget(line)
            return
        if line.is_idling and (not self._watch(line) or line.has_news()):  # no selector sees what is in the buffer
            self._attend_to_news(line)
            return
        self._plan(line)

    # inside

    def _plan(self, line: Line) -> None:
        heapq.heappush(self._schedule, (line.due, next(self._numbers), line))

    def _end_left(self) -> None:
        while self._left and self._left[0][0] <= time.monotonic():
            _, _, line = heapq.heappop(self._left)
            if line in self._lines and line.audience.end_if_left():
                self._end(line)  # else somebody came back

    def _start_due(self) -> None:
        now = time.monotonic()
        while self._schedule and self._schedule[0][0] <= now:
            due, _, line = heapq.heappop(self._schedule)
            if line in self._lines and not line.working and line.due == due:
                self._attend(line, self._steady)

    def _pause(self) -> float | None:
        """Return how long to wait for something to be told."""
        waits = [RELIEF_SECONDS for workers in self._groups if workers.relieve()]
        waits += [max(0.0, plan[0][0] - time.monotonic()) for plan in (self._schedule, self._left) if plan]
        return min(waits, default=None)

    def _attend_to_news(self, line: Line) -> None:
        if time.monotonic() < line.not_before:
            self._unwatch(line)
            line.due = line.not_before
            self._plan(line)
        else:
            self._attend(line, self._fast)

    def _attend(self, line: Line, workers: Workers) -> None:
        self._unwatch(line)
        if line.audience.is_crowded():
            line.due = time.monotonic() + FULL_SECONDS
            self._plan(line)
            return
        line.working = True
        if line.was_slow:
            workers = self._slow
        elif line.session is None:
            workers = self._opening

        def job() -> None:
            line.attend()
            self._loop._order("done", (line,))

        workers.submit(job)

    def _forget(self, line: Line) -> None:
        self._unwatch(line)
        self._lines.discard(line)
        self._loop.lines = len(self._lines)
        self._loop.shared.drop(line)
        line.end()

    def _watch(self, line: Line) -> bool:
        """Have the selector watch a line's socket, and return whether that could be done."""
        try:
            self._selector.register(line.fileno(), selectors.EVENT_READ, line)
        except (KeyError, ValueError, OSError):  # it has none any more, as the line finds out when attended to
            return False
        self._watched[line] = line.fileno()
        return True

    def _unwatch(self, line: Line) -> None:
        number = self._watched.pop(line, None)
        if number is not None:
            self._selector.unregister(number)


_loops: weakref.WeakSet[WatchLoop] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for loop in list(_loops):
        loop._drop_inherited()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
