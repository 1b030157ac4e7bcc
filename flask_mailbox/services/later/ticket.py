"""What ``send_later`` gives back: a ticket, by which the fate of a message can be asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ...smtp import Receipt
from ..store import FINAL, Entry, Outbox, State
from .outcome import Failure, Outcome, again

FIRST_LOOK = 0.01
LONGEST_LOOK = 0.5


@dataclass(frozen=True, slots=True)
class Status:
    """A message's fate at one moment.

    :param state: ``queued``, ``sending``, ``sent``, ``failed``, ``unknown`` or ``cancelled``. ``sent`` means that
        somebody accepted it: the receipt tells who did not. ``unknown`` means that somebody may have got it, and that
        it is not sent again by itself.
    :param receipt: What recipients were answered, all attempts taken together; ``None`` if none was asked yet.
    :param failure: Why the last attempt failed.
    :param attempts: How often it was tried.
    :param due: When it is sent at the earliest, while it is queued.
    :param created: When it was queued.
    :param updated: When it last changed.
    """

    state: State
    receipt: Receipt | None
    failure: Failure | None
    attempts: int
    due: datetime
    created: datetime
    updated: datetime

    @property
    def is_final(self) -> bool:
        """Whether nothing happens any more by itself."""
        return self.state in FINAL


class Ticket:
    """A message that is sent later.

    :param id: Random; ``mailbox.ticket(id)`` gives the ticket again.
    :param key: The idempotency key it was given, or ``None``.
    :param is_new: Whether this call queued it; not, if its key had been used before.
    """

    def __init__(self, outbox: Outbox, entry: Entry, ring: Callable[[str], None], *, is_new: bool = False) -> None:
        self.id = entry.id
        self.key = entry.key
        self.is_new = is_new
        self._outbox = outbox
        self._entry = entry
        self._ring = ring
        self._is_forgotten = False

    def __repr__(self) -> str:
        return f"<Ticket {self.id}>"

    @property
    def durable(self) -> bool:
        """Whether the message survives this process: it is in the store, and not in memory."""
        return self._outbox.durable

    def status(self) -> Status:
        """Ask for the message's fate now.

        What is forgotten meanwhile, since it was finished long ago, keeps the last status that this ticket saw.

        :raises StoreError: If the store cannot be read.
        """
        found = self._outbox.store.get(self.id)
        self._is_forgotten = found is None
        self._entry = found or self._entry
        return _status(self._entry)

    @property
    def state(self) -> State:
        """The state alone, asked for now."""
        return self.status().state

    def wait(self, seconds: float) -> Status:
        """Wait until nothing happens any more, at most so long, and return the status."""
        end = time.monotonic() + seconds
        pause = FIRST_LOOK
        while not (status := self.status()).is_final and not self._is_forgotten:
            left = end - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_LOOK)
        return status

    def cancel(self) -> bool:
        """Keep the message from being sent; ``False`` if it is being sent, or was."""
        return self._outbox.cancel(self.id)

    def send_again(self) -> bool:
        """Queue a message anew that ``failed``, or whose fate is ``unknown``: whoever has not accepted it is asked.

        After ``unknown`` somebody may get two copies, with the same Message-ID.

        :return: ``False`` if it is in another state.
        """
        entry = self._outbox.store.get(self.id)
        if entry is None or entry.state not in (State.FAILED, State.UNKNOWN):
            return False
        queued = self._outbox.send_again(entry, again(Outcome.load(entry.outcome)).dump())
        if queued:
            self._ring(self.id)
        return queued


def _status(entry: Entry) -> Status:
    outcome = Outcome.load(entry.outcome)
    return Status(
        state=entry.state,
        receipt=outcome.receipt,
        failure=outcome.failure,
        attempts=entry.attempts,
        due=_moment(entry.due),
        created=_moment(entry.created),
        updated=_moment(entry.updated),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
