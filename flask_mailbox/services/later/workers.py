"""A few threads that send what waits, with the app's context; they live as long as there is something to do.

All state of the workers is guarded by ``_bell``; nothing is sent, and no store asked, while it is held. Threads look
for work one after the other (``_turn``), so that each knows for which accounts the others send.
"""

from __future__ import annotations

import atexit
import logging
import math
import os
import sys
import threading
import time
import weakref
from collections import Counter
from typing import TYPE_CHECKING

from ...errors import MailboxError
from ..store import Entry, MemoryStore, Outbox, State
from .sender import Sender, recover

if TYPE_CHECKING:
    from flask import Flask

logger = logging.getLogger("flask_mailbox")

COUNT = 3
"""Threads of one app. One account gets all but one of them: a server that does not answer holds up no other's mail."""

IDLE = 5.0
"""Seconds after which a thread without work ends."""

LOOK = 15.0
"""Seconds between looks into a store that other processes write to as well."""

TROUBLED = 5.0
"""Seconds to wait after the store could not be used."""

PURGE = 3600.0
"""Seconds between looks for what may be forgotten."""

DRAIN = 10.0
"""Seconds that the end of the process may be held up by what waits in memory."""


class Workers:
    """The threads of one app.

    :param outboxes: Where to look for work, in this order.
    """

    def __init__(self, app: Flask, outboxes: list[Outbox], sender: Sender) -> None:
        self._app = app
        self.outboxes = outboxes
        self._sender = sender
        self._has_store = any(outbox.durable for outbox in outboxes)
        self._bell = threading.Condition()
        self._threads: set[threading.Thread] = set()
        self._turn = threading.Lock()
        self._busy: Counter[str] = Counter()
        self._left: list[Entry] | None = None
        self._rings = 0
        self._free = 0
        self._begun = False
        self._closing = False
        self._look_at = 0.0
        self._purge_at = 0.0
        _all.add(self)

    def ring(self) -> None:
        """Tell that there is work; starts a thread if none is free."""
        with self._bell:
            self._rings += 1
            self._bell.notify()
            if not self._free and len(self._threads) < COUNT and not self._closing:
                thread = threading.Thread(target=self._run, name="flask-mailbox-later", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # what is queued stays queued, and the next ring tries again
                    logger.warning("No thread could be started to send what waits.")
                else:
                    self._threads.add(thread)

    def start(self) -> None:
        """Begin to look for what an earlier process left in the store; costs nothing once begun."""
        if not self._begun:
            self._begun = True
            self.ring()

    def close(self, seconds: float = DRAIN) -> None:
        """Send what waits in memory, also what is not due yet, and end the threads.

        What is in the store stays there for the next process. What could not be sent from memory in time is told in
        the log.
        """
        end = time.monotonic() + seconds
        with self._bell:
            self._closing = True
            self._bell.notify_all()
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        for outbox in self.outboxes:
            if not outbox.durable:
                _tell_lost(outbox)

    @property
    def is_closed(self) -> bool:
        """Whether the process is ending, so that nothing is sent from memory any more."""
        return self._closing

    # The threads

    def _run(self) -> None:
        try:
            while True:
                heard = self._rings
                try:
                    if self._work_once():
                        continue
                    at_least = 0.0
                except MailboxError as error:
                    logger.error("Mail that waits cannot be sent now: %s", error)
                    at_least = TROUBLED
                except Exception:
                    logger.exception("Mail that waits cannot be sent now.")
                    at_least = TROUBLED
                if not self._wait(heard, at_least):
                    return
        finally:
            with self._bell:
                self._threads.discard(threading.current_thread())

    def _work_once(self) -> bool:
        """Send one message, if one waits and is due.

        :raises StoreError: If the store cannot be used; what waits in memory was sent before.
        """
        for outbox in self.outboxes:
            if outbox.durable and not self._closing:
                self._maintain(outbox)
            entry = self._claim(outbox)
            if entry is not None:
                try:
                    self._send(outbox, entry)
                finally:
                    with self._bell:
                        self._busy[entry.account] -= 1
                return True
        return False

    def _claim(self, outbox: Outbox) -> Entry | None:
        """Claim what is due; at the end of the process all that is in memory, once."""
        with self._turn:
            if not self._closing:
                entry = outbox.claim_due(self._left_alone())
            else:
                entry = self._claim_left(outbox) if not outbox.durable else None
            if entry is not None:
                with self._bell:
                    self._busy[entry.account] += 1
        return entry

    def _claim_left(self, outbox: Outbox) -> Entry | None:
        """Claim the next of what was in memory when the process began to end."""
        if self._left is None:
            self._left = sorted(outbox.store.in_state(State.QUEUED, sys.maxsize), key=lambda entry: -entry.due)
        while self._left:
            entry = outbox.claim(self._left.pop().id, now=math.inf)
            if entry is not None:
                return entry
        return None

    def _left_alone(self) -> frozenset[str]:
        """Return the accounts for which no further thread is to send now."""
        with self._bell:
            self._busy = +self._busy  # those with a thread
            crowded = {account for account, threads in self._busy.items() if threads >= COUNT - 1}
        return self._sender.pauses.names | crowded

    def _send(self, outbox: Outbox, entry: Entry) -> None:
        self._call_help(outbox)
        try:
            with self._app.app_context():
                self._sender.send(outbox, entry, patient=self._closing)
        except Exception:  # what the app does at the end of a context
            logger.exception("Something failed beside message %s.", entry.id)

    def _call_help(self, outbox: Outbox) -> None:
        """Wake another thread if more waits."""
        try:
            if outbox.store.waiting(1):
                self.ring()
        except MailboxError:  # told where the store is asked for work
            pass

    def _maintain(self, outbox: Outbox) -> None:
        """Look after what others left in the store, and forget what is old, once in a while and a part at a time."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK
            recover(outbox)
        if now >= self._purge_at:
            self._purge_at = now + PURGE
            if not outbox.purge():
                self._purge_at = now + LOOK

    def _wait(self, heard: int, at_least: float) -> bool:
        """Wait for work; ``False`` if this thread is not needed any more."""
        until_due = self._until_due()
        longest = LOOK if until_due is None else max(at_least, min(LOOK, until_due))
        with self._bell:
            if self._rings != heard:
                return True
            if not self._closing:
                has_duty = self._has_store or until_due is not None
                keeps_watch = has_duty and not self._free  # no other thread is free, whatever those do that send
                self._free += 1
                self._bell.wait(longest if keeps_watch else min(longest, IDLE))
                self._free -= 1
                keeps_watch = has_duty and not self._free
                if keeps_watch or longest < IDLE or self._closing or self._rings != heard:
                    return True
            self._threads.discard(threading.current_thread())
            return False

    def _until_due(self) -> float | None:
        """Return the seconds until something that waits may be sent; ``None`` if nothing waits."""
        left_alone = self._left_alone()
        stores = [outbox.store for outbox in self.outboxes]
        try:
            waits = [due - time.time() for store in stores if (due := store.next_due(left_alone)) is not None]
            pause = self._sender.pauses.first_end
            if pause is not None and any(store.waiting(1) for store in stores):
                waits.append(pause)
        except MailboxError:
            return LOOK
        return max(0.0, min(waits)) if waits else None

    # Processes

    def _begin_in_child(self) -> None:
        """In a forked child: the threads, and what waits in memory, are the parent's."""
        self.__init__(self._app, self.outboxes, self._sender)  # type: ignore[misc]
        self._sender.pauses.clear()
        for outbox in self.outboxes:
            if isinstance(outbox.store, MemoryStore):
                outbox.store.clear()


def _tell_lost(outbox: Outbox) -> None:
    left = [*outbox.store.in_state(State.QUEUED, 1000), *outbox.store.in_state(State.SENDING, 1000)]
    if left:
        logger.error(
            "%d messages are lost with this process, since they waited in memory and could not be sent in time: %s. "
            "MAILBOX_STORE keeps what waits.",
            len(left),
            ", ".join(entry.id for entry in left),
        )


_all: weakref.WeakSet[Workers] = weakref.WeakSet()


def _close_all() -> None:
    for workers in list(_all):
        workers.close()


def _after_fork_in_child() -> None:
    for workers in list(_all):
        workers._begin_in_child()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
