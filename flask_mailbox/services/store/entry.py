"""One message that is sent later, as a store keeps it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from ...account import Account


class State(enum.StrEnum):
    """Where a message is on its way. A word that another version wrote is ``unknown``, and nothing is done about it."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"

    @classmethod
    def _missing_(cls, value: object) -> State:
        return cls.UNKNOWN


FINAL = (State.SENT, State.FAILED, State.UNKNOWN, State.CANCELLED)
"""States in which nothing happens any more by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message, who sends it, and what became of it so far. Times are seconds since 1970.

    :param id: Random, so that nobody guesses it.
    :param account: The name under which the account is found; keys are unique for each.
    :param key: The caller's idempotency key, or ``None``.
    :param fingerprint: What tells this message from another under the same key.
    :param message: The packed message; empty once it is not needed any more.
    :param due: When it may be sent.
    :param attempts: How often it was taken to be sent.
    :param owner: Who has it in hand; nobody if empty. Each taking has an owner of its own.
    :param lease: Until when the owner is believed to live.
    :param content_begun: Whether the owner may have sent content to the server.
    :param published: When a task for it was last given to the broker (Celery only).
    :param outcome: What is known so far, as JSON.
    :param private: The account itself, where it is in no configuration: only in memory, never in a database.
    """

    id: str
    account: str
    message: bytes = field(repr=False)
    fingerprint: str
    key: str | None = None
    state: State = State.QUEUED
    due: float = 0.0
    created: float = 0.0
    updated: float = 0.0
    attempts: int = 0
    owner: str = ""
    lease: float = 0.0
    content_begun: bool = False
    published: float = 0.0
    outcome: str = field(default="", repr=False)
    private: Account | None = field(default=None, repr=False)
