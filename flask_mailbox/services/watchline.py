"""One watched folder: its connection, what was told of it, and when it wants to be attended to next."""

from __future__ import annotations

import dataclasses
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ..account import Account
from ..errors import (
    AuthenticationError,
    BusyError,
    CommandError,
    FolderNotFoundError,
    MailboxError,
    ServiceError,
    ServiceTimeoutError,
    TLSError,
)
from ..imap import Changes, IMAPSession, UidSet
from ..imap.changes import changes_since, is_as_known, look
from ..imap.idle import Idling, can_idle
from ..imap.known import Known
from .audience import Audience
from .events import Arrived, Changed, Event, Failed, Gone, Reset

logger = logging.getLogger("flask_mailbox")

DONE_SECONDS = 10.0
"""How long a server may take to end IDLE: longer, and the connection is taken for dead."""

SLOW_SECONDS = 2.0
"""A server that took longer is attended to where it keeps no others waiting."""

STEADY_SECONDS = 60.0
"""A connection that held for so long ends a row of failures."""

BUSY_SECONDS = 60.0
"""The first pause after a server asked to come back later; then twice as long each time, up to an hour."""

MOST_UNANSWERED = 2
"""IDLE that was begun so often in a row without an answer is not tried any more."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two looks at a folder whose server speaks without need; twice as long each time."""

MOST_IN_VAIN = 3
"""Words in IDLE that led to nothing so often are passed over until something happens."""

MOST_WORDS = 1_000
"""How many such words of a server are kept in mind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How often a watched folder is attended to, in seconds.

    :param renew: IDLE is begun anew, and the folder looked at in whole, after at most this time.
    :param poll: Between two looks where IDLE is not offered.
    :param retry: The first pause after a connection broke; the following ones double.
    :param retry_most: The longest pause.
    """

    renew: float = 600.0
    poll: float = 55.0
    retry: float = 0.5
    retry_most: float = 300.0


class Line:
    """A folder of an account that is watched; one thread at a time has it in hand.

    :param known: As of when to tell; now if not given.
    :param audience: Hears the events.

    ``was_slow`` says whether it took long to attend to it the last time, ``not_before`` when it may be attended to
    again because the server told something.
    """

    def __init__(
        self,
        account: Account,
        folder: str,
        known: Known | None,
        timing: Timing,
        audience: Audience,
    ) -> None:
        self.account = account
        self.folder = folder
        self.audience = audience
        self.due = time.monotonic()
        self.not_before = 0.0
        self.working = False
        self.closed = False
        self.was_slow = False
        self.tried = threading.Event()
        self.ended = threading.Event()
        self.session: IMAPSession | None = None
        self.trouble: MailboxError | None = None
        self._known = known
        self._timing = timing
        self._idling: Idling | None = None
        self._path: str | None = None
        self._opened_at = self._looked_at = 0.0
        self._failures = 0
        self._polls = False
        self._unanswered = 0
        # What the server said that led to nothing: how often in a row, and which words how often.
        self._was_told = False
        self._in_vain = 0
        self._words: Counter[bytes] = Counter()

    @property
    def is_idling(self) -> bool:
        """Whether its socket is to be watched."""
        return self._idling is not None

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self.session.stream.fileno() if self.session is not None else -1

    def has_news(self) -> bool:
        """Read what came, without waiting, and return whether it is worth attending to; a broken connection is."""
        try:
            told = self._idling is not None and self._idling.has_news(self._is_known_talk)
        except ServiceError:
            told = True
        except Exception:  # the loop of thousands outlives a fault in one
            logger.exception("Watching folder '%s' of account '%s' failed", self.folder, self.account.name)
            told = True
        self._was_told |= told
        return told

    def attend(self) -> None:
        """Find out what happened, tell it, and wait for more: this takes round trips, and never raises."""
        began = time.monotonic()
        try:
            session = self._ready()
            if not self.closed:  # else it was removed while a connection was opened
                self._take_note(found=self._look(session))
                self._wait(session)
            self.trouble = None
        except MailboxError as error:
            self._failed(error)
        except Exception as error:  # a watcher of thousands outlives a fault in one
            logger.exception("Watching folder '%s' of account '%s' failed", self.folder, self.account.name)
            self._failed(ServiceError(f"Watching failed: {error!r}", account=self.account.name, transient=True))
        self.was_slow = time.monotonic() - began > SLOW_SECONDS
        self.tried.set()

    def interrupt(self) -> None:
        """End what another thread waits for on this line's connection."""
        self.closed = True
        session = self.session  # the other thread may drop it meanwhile
        if session is not None:
            session.stream.interrupt()

    def end(self) -> None:
        """Close the connection; nothing is told any more."""
        self.closed = True
        self._drop()
        self.tried.set()
        self.ended.set()

    def _ready(self) -> IMAPSession:
        """Return a session that commands may be given to."""
        if self._idling is not None and self.session is not None:
            idling, self._idling = self._idling, None
            self._words.update(idling.told)
            idling.stop(wait=min(DONE_SECONDS, self.account.timeouts.read))
        elif self.session is not None and not self.session.is_reusable:
            self._drop()  # servers end what only polls: no failure
        if self.session is None:
            self.session = IMAPSession.open(self.account)
            self._opened_at = time.monotonic()
            self._path = self._path or self.session.folder(self.folder).path
        return self.session

    def _look(self, session: IMAPSession) -> bool:
        """Tell what happened since the last time, and return whether anything did."""
        path = self._path or self.folder
        with session.operation():
            if self._known is None:
                self._known = look(session, path)
                found = True
            elif self._may_skip(session, path):
                return False
            else:
                changes = changes_since(session, path, self._known)
                found = bool(changes)
                self._tell_all(changes)
        self._looked_at = time.monotonic()
        return found

    def _take_note(self, *, found: bool) -> None:
        """Let a server that speaks without need wait, longer each time."""
        if found:
            self._in_vain = 0
        elif self._was_told:
            self._in_vain += 1
        if found or len(self._words) > MOST_WORDS:
            self._words.clear()
        self._was_told = False
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._in_vain - 1, 20)) if self._in_vain else 0.0
        self.not_before = time.monotonic() + pause

    def _is_known_talk(self, words: bytes) -> bool:
        return self._words[words] >= MOST_IN_VAIN

    def _may_skip(self, session: IMAPSession, path: str) -> bool:
        """Whether a poll may be content with a glance: flags of a whole folder are not read every minute."""
        if self._known is None or self._known.modseq or (can_idle(session) and not self._polls):
            return False
        return time.monotonic() - self._looked_at < self._timing.renew and is_as_known(session, path, self._known)

    def _wait(self, session: IMAPSession) -> None:
        now = time.monotonic()
        self._start_idle(session)
        if self._idling is not None:
            renew = min(self._timing.renew, session.account.quirks.idle_seconds)
            self._was_told = self._is_news(session)
            self.due = max(now, self.not_before) if self._was_told else now + renew * random.uniform(0.9, 1.0)  # noqa: S311
        else:
            self.due = now + self._timing.poll * random.uniform(0.9, 1.0)  # noqa: S311

    def _is_news(self, session: IMAPSession) -> bool:
        """Whether the server told something between the look and IDLE; of one that always does, the number counts."""
        wire = session.client.wire
        if self._in_vain < MOST_IN_VAIN or self._known is None:
            return bool(wire.news)
        return wire.exists != self._known.count

    def _start_idle(self, session: IMAPSession) -> None:
        if can_idle(session) and not self._polls:
            try:
                self._idling = Idling(session)
                self._unanswered = 0
            except CommandError as error:
                if error.transient:
                    raise
                self._polls = True  # offered, but refused
            except ServiceTimeoutError:
                self._unanswered += 1
                self._polls = self._unanswered >= MOST_UNANSWERED
                raise

    def _tell_all(self, changes: Changes) -> None:
        before = self._known
        events = list(_events(self.account, self._path or self.folder, before, changes))
        for place, event in enumerate(events):
            last = place == len(events) - 1
            if self.closed:
                return
            self.audience.hear(dataclasses.replace(event, known=changes.known if last else before))
        self._known = changes.known

    def _failed(self, error: MailboxError) -> None:
        now = time.monotonic()
        if self.session is not None and now - self._opened_at > STEADY_SECONDS:
            self._failures = 0
        self._drop()
        if self.closed or self.audience.end_if_left(at_once=True):  # for nobody, nothing is opened again
            return
        if _is_final(error):
            self.closed = True
            self.audience.hear(Failed(account=self.account, folder=self.folder, error=error))
            return
        self.trouble = error
        first, most = self._timing.retry, self._timing.retry_most
        if isinstance(error, BusyError | AuthenticationError):
            first, most = max(first, min(BUSY_SECONDS, most)), max(most, min(3600.0, most * 12))
        pause = min(most, first * 2 ** min(self._failures, 20)) * random.uniform(0.5, 1.0)  # noqa: S311
        self._failures += 1
        self.due = now + pause
        logger.info(
            "Folder '%s' of account '%s' is watched again in %.1f s: %s", self.folder, self.account.name, pause, error
        )

    def _drop(self) -> None:
        self._idling = None
        if self.session is not None:
            self.session.drop()
            self.session = None


def _events(account: Account, folder: str, before: Known | None, changes: Changes) -> Iterator[Event]:
    """Return what happened, in the order in which it can be followed."""
    uidvalidity = changes.uidvalidity
    new, changed, vanished = changes.new, changes.changed, changes.vanished
    if changes.full and before is not None and before.uids is not None and before.uidvalidity == uidvalidity:
        # the server lost track, but uids still mean the same
        vanished = before.uids - UidSet.of(new)
        changed = {uid: flags for uid, flags in new.items() if uid in before.uids}
        new = {uid: flags for uid, flags in new.items() if uid not in before.uids}
    elif changes.full:
        yield Reset(account=account, folder=folder, uidvalidity=uidvalidity, uids=tuple(new))
        return
    if vanished:
        yield Gone(account=account, folder=folder, uidvalidity=uidvalidity, uids=tuple(vanished))
    if changed:
        yield Changed(account=account, folder=folder, uidvalidity=uidvalidity, flags=dict(changed))
    if new:
        yield Arrived(account=account, folder=folder, uidvalidity=uidvalidity, uids=tuple(new))


def _is_final(error: MailboxError) -> bool:
    """Whether trying again cannot help until somebody does something about it."""
    if not isinstance(error, ServiceError):
        return True
    final = (AuthenticationError, FolderNotFoundError, TLSError)
    if isinstance(error, final) and not error.transient:
        return True
    return isinstance(error, CommandError) and error.category == "protocol_disabled"
