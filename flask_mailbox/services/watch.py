"""Watching folders of any number of accounts: an iterator of events, told once each, whatever connections do."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from types import TracebackType

from ..account import Account, Protocol
from ..errors import MailboxError, UsageError
from ..imap.known import Known
from .audience import Audience
from .events import Event, Failed
from .watchline import Line, Timing
from .watchloop import WatchLoop

MOST_WAITING = 10_000
"""Events that wait for their reader; beyond that folders are left alone until it has caught up."""

CLOSE_SECONDS = 5.0


class Watcher(Iterator[Event]):
    """Events of watched folders, in the order in which each folder's happened.

    Connections are its own, one a folder, unless it shares them: they come from no pool and count against no
    ``POOL_SIZE`` and no ``MAILBOX_MAX_CONNECTIONS``. All watchers of one loop share its threads.

    Iteration waits for the next event and ends with ``close``, which any thread may call. A watcher belongs to the
    process that made it: in a child that was forked later, only ``close`` may be called, and does nothing.

    :param loop: Shared with other watchers; one of its own if not given.
    :param timing: How often folders are attended to.
    :param raises: Raise the error of a ``Failed`` instead of returning it.
    :param shared: Listen over the connections of other watchers of the same accounts, with the same credentials, that
        share too; those stay open for a minute after the last watcher left. What happened a moment before a folder was
        added may be told then; where cursors are given, nothing is shared. One that is not read keeps the others
        waiting, once ten thousand events wait for it.
    """

    def __init__(
        self,
        *,
        loop: WatchLoop | None = None,
        timing: Timing | None = None,
        raises: bool = False,
        shared: bool = False,
    ) -> None:
        self._loop = loop or WatchLoop()
        self._timing = timing or Timing()
        self._raises = raises
        self._shared = shared
        self._process = os.getpid()
        # Guarded by _changed.
        self._changed = threading.Condition()
        self._events: deque[Event] = deque()
        self._lines: dict[tuple[str, ...], Line] = {}
        self._closed = False

    def add(self, account: Account, *folders: str, cursors: Mapping[str, str] | None = None) -> None:
        """Watch folders of an account, by path or role; the inbox if none is named.

        Nothing is waited for here; see ``wait_ready``.

        :param cursors: For some of the folders, from where to go on: the ``cursor`` of an event seen before. Else
            what is there now is taken as known.
        :raises UsageError: If a cursor is none, the account has no IMAP server, or the watcher is closed or another
            process's.
        """
        self._require_own()
        if account.endpoint(Protocol.IMAP) is None:
            raise UsageError(f"Account '{account.name}' has no IMAP server, so it cannot be watched.")
        known = {folder: Known.parse(cursor) for folder, cursor in (cursors or {}).items()}
        lines = []
        with self._changed:
            if self._closed:
                raise UsageError("The watcher is closed.")
            for folder in folders or ("INBOX",):
                key = (*_key(account), folder)
                if key not in self._lines or self._lines[key].closed:
                    self._lines[key], is_new = self._line(account, folder, known.get(folder))
                    if is_new:
                        lines.append(self._lines[key])
        self._loop.add(lines)

    def wait_ready(self, timeout: float) -> bool:
        """Wait until every folder was looked at or could not be: what happens from then on is told.

        :param timeout: Seconds to wait at most.
        :return: Whether that was enough.
        """
        until = time.monotonic() + timeout
        with self._changed:
            lines = list(self._lines.values())
        return all(line.tried.wait(max(0.0, until - time.monotonic())) for line in lines)

    @property
    def trouble(self) -> MailboxError | None:
        """What keeps a folder from being looked at for the time being; it is tried again, and told to nobody else."""
        with self._changed:
            return next((line.trouble for line in self._lines.values() if line.trouble is not None), None)

    def remove(self, account: Account) -> None:
        """Watch the folders of an account no more; what was told already can still be read."""
        self._require_own()
        with self._changed:
            keys = [key for key in self._lines if key[:-1] == _key(account)]
            lines = [self._lines.pop(key) for key in keys]
        self._end(lines)

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Return the next event; ``None`` once the time is over or the watcher is closed.

        :param timeout: Seconds; without it this waits for ever.
        :raises MailboxError: What ended a folder, if the watcher ``raises``.
        :raises UsageError: If it is another process's.
        """
        self._require_own()
        until = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not self._events:
                left = None if until is None else until - time.monotonic()
                if self._closed or (left is not None and left <= 0):
                    return None
                self._changed.wait(left)
            event = self._events.popleft()
        if self._raises and isinstance(event, Failed):
            raise event.error
        return event

    def close(self) -> None:
        """End the iteration, and close all connections but those that others share or may come back to."""
        if os.getpid() != self._process:
            return  # its connections are the parent's
        with self._changed:
            self._closed = True
            lines = list(self._lines.values())
            self._lines.clear()
            self._events.clear()
            self._changed.notify_all()
        self._end(lines)

    def __next__(self) -> Event:
        event = self.next_event()
        if event is None:
            raise StopIteration
        return event

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _require_own(self) -> None:
        if os.getpid() != self._process:
            raise UsageError("The watcher was made before this process was forked: make another one here.")

    def _line(self, account: Account, folder: str, known: Known | None) -> tuple[Line, bool]:
        """Return the line of a folder, and whether it is a new one."""
        if self._shared and known is None:
            return self._loop.shared.join(account, folder, self._timing, self)
        return Line(account, folder, known, self._timing, Audience(self)), True

    # What an audience asks of a listener

    def hear(self, event: Event) -> None:
        """Take an event in, to be read; for the lines."""
        with self._changed:
            if not self._closed and (not self._shared or self._watches(event.account)):
                self._events.append(event)
                self._changed.notify()

    def _watches(self, account: Account) -> bool:
        """Whether an account was not removed: a shared line may just be telling the others what happened."""
        return any(key[:-1] == _key(account) for key in self._lines)

    def is_crowded(self) -> bool:
        """Whether so many events wait to be read that nothing more should be told now; for the lines."""
        return len(self._events) >= MOST_WAITING

    def _end(self, lines: list[Line]) -> None:
        until = time.monotonic() + CLOSE_SECONDS
        for line in lines:
            line.audience.leave(self)
        ending = [line for line in lines if line.audience.end_if_left()]
        for line in ending:
            line.closed = True
        self._loop.leave(lines)
        for line in ending:
            line.ended.wait(max(0.0, until - time.monotonic()))
        with self._changed:
            closed = self._closed
        if closed:
            self._loop.join_if_unused(max(0.0, until - time.monotonic()))


def _key(account: Account) -> tuple[str, ...]:
    return (account.name, account.address, str(account.imap))
