"""Mail that waits to be sent, and the steps that each message takes; every step is taken by one process only."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from ...errors import KeyReusedError, QueueFullError, StoreError
from .entry import Entry, State
from .owner import is_gone, new_owner
from .table import Store

LEASE = 600.0
"""Seconds after which a step's owner is given up where its process cannot be looked for. Who was given up wrongly
finds that before content is sent, and sends none."""

KEEP = 30 * 86_400.0
"""Seconds for which a finished message's status, and its key, are remembered."""

CANDIDATES = 8
INSERTS = 3
PURGED_AT_ONCE = 500


class Outbox:
    """The steps over a store.

    :param size: How many messages may wait.
    """

    def __init__(self, store: Store, *, size: int) -> None:
        self.store = store
        self._size = size

    @property
    def durable(self) -> bool:
        """Whether what waits survives this process."""
        return self.store.durable

    def add(self, entry: Entry) -> tuple[Entry, bool]:
        """Add a message and return its entry, or the one that its key stands for already, and whether it is new.

        :raises QueueFullError: If too many wait; nothing was added then.
        :raises KeyReusedError: If the key stands for another message.
        :raises StoreError: If the store does not take it.
        """
        known = self._known(entry)
        if known is not None:
            return known, False
        if not self.store.has_room(self._size, entry):
            raise QueueFullError(
                f"Nothing was queued, since too much waits: MAILBOX_QUEUE_SIZE allows {self._size} messages, and in "
                "memory they may have 256 MiB together. Try again later."
            )
        for _ in range(INSERTS):
            if self.store.insert(entry):
                return entry, True
            known = self._known(entry)  # somebody was faster
            if known is not None:
                return known, False
        raise StoreError(f"The store takes no message of the id {entry.id}, and has none under its key.")

    def claim(self, entry_id: str, *, now: float | None = None) -> Entry | None:
        """Take one message in hand, if it waits and is due, and return it."""
        now = time.time() if now is None else now
        entry = self.store.get(entry_id)
        if entry is None or entry.state is not State.QUEUED or entry.due > now:
            return None
        # since it was read: else whoever was sent to meanwhile, and told so, might be sent to again
        expected = {"state": State.QUEUED, "attempts": entry.attempts, "updated": entry.updated}
        taken: dict[str, Any] = {
            "state": State.SENDING,
            "owner": new_owner(),
            "lease": time.time() + LEASE,
            "content_begun": False,
            "attempts": entry.attempts + 1,
            "updated": time.time(),
        }
        return replace(entry, **taken) if self.store.change(entry_id, expected, **taken) else None

    def claim_due(self, without: Collection[str] = ()) -> Entry | None:
        """Take the message in hand that is due first, if there is one.

        :param without: Accounts whose messages are left alone.
        """
        for entry_id in self.store.due(time.time(), CANDIDATES, without):
            entry = self.claim(entry_id)
            if entry is not None:
                return entry
        return None

    def begin_content(self, entry: Entry) -> bool:
        """Note that content goes out from now on; ``False`` if the message is not its owner's any more."""
        expected = {"state": State.SENDING, "owner": entry.owner}
        return self.store.change(entry.id, expected, content_begun=True, lease=time.time() + LEASE, updated=time.time())

    def finish(self, entry: Entry, state: State, outcome: str) -> bool:
        """Note what became of a message."""
        values = {"outcome": outcome, "updated": time.time(), **_content(state)}
        return self.store.change(entry.id, {"owner": entry.owner}, state=state, **values)

    def requeue(self, entry: Entry, due: float, outcome: str, *, attempts: int) -> bool:
        """Let a message wait for another attempt.

        :param attempts: How many count so far.
        """
        return self.store.change(
            entry.id,
            {"owner": entry.owner},
            state=State.QUEUED,
            owner="",
            content_begun=False,
            attempts=attempts,
            due=due,
            published=0.0,
            outcome=outcome,
            updated=time.time(),
        )

    def cancel(self, entry_id: str) -> bool:
        """Keep a message from being sent, if it still waits."""
        values = {"updated": time.time(), **_content(State.CANCELLED)}
        return self.store.change(entry_id, {"state": State.QUEUED}, state=State.CANCELLED, **values)

    def send_again(self, entry: Entry, outcome: str) -> bool:
        """Queue a message anew that failed or whose fate is unknown."""
        now = time.time()
        expected = {"state": entry.state, "owner": entry.owner}
        values = {"due": now, "attempts": 0, "owner": "", "content_begun": False, "published": 0.0, "updated": now}
        return self.store.change(entry.id, expected, state=State.QUEUED, outcome=outcome, **values)

    def abandoned(self) -> list[Entry]:
        """Return what is in the hands of nobody: its owner was killed, or is not heard of any more.

        The entries are without their content.
        """
        now = time.time()
        held = self.store.in_state(State.SENDING, 1000)
        return [entry for entry in held if entry.lease < now or is_gone(entry.owner)]

    def give_up(self, entry: Entry, outcome: str) -> bool:
        """Note that an abandoned message may have been sent."""
        expected = {"state": State.SENDING, "owner": entry.owner, "content_begun": True}
        return self.store.change(entry.id, expected, state=State.UNKNOWN, outcome=outcome, updated=time.time())

    def take_back(self, entry: Entry, state: State, outcome: str, *, wait: float = 0.0) -> bool:
        """Take an abandoned message, of which nothing was sent, out of its owner's hands.

        :param state: ``queued``, or its end.
        :param wait: Seconds until it is due.
        """
        expected = {"state": State.SENDING, "owner": entry.owner, "content_begun": False}
        now = time.time()
        values = {"owner": "", "due": now + wait, "published": 0.0, "updated": now, **_content(state)}
        return self.store.change(entry.id, expected, state=state, outcome=outcome, **values)

    def purge(self, *, older_than: float = KEEP) -> bool:
        """Forget a part of what was finished so many seconds ago; return whether that was all."""
        return self.store.purge(time.time() - older_than, PURGED_AT_ONCE) < PURGED_AT_ONCE

    def _known(self, entry: Entry) -> Entry | None:
        known = self.store.by_key(entry.account, entry.key) if entry.key is not None else None
        if known is not None and known.fingerprint != entry.fingerprint:
            raise KeyReusedError(
                f"The key '{entry.key}' was used for another message of this account: give each message its own."
            )
        return known


def _content(state: State) -> dict[str, Any]:
    """Return what happens to the content in a state: it is kept only where somebody may want to send it."""
    return {"message": b""} if state in (State.SENT, State.CANCELLED) else {}
