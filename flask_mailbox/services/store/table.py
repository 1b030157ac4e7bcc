"""What an outbox asks of a store: a few rows, each changed only by who knows how it is now."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import ConfigurationError
from .entry import Entry, State

if TYPE_CHECKING:
    from .sql import SQLStore


class Store(Protocol):
    """A table of entries. Every method is atomic, also against other processes where the store is shared."""

    durable: bool

    def insert(self, entry: Entry) -> bool:
        """Add an entry; ``False`` if there is one of its id, or its account has one of that key."""

    def get(self, entry_id: str) -> Entry | None:
        """Return an entry as it is now."""

    def by_key(self, account: str, key: str) -> Entry | None:
        """Return the entry that an account has under a key."""

    def change(self, entry_id: str, expected: dict[str, Any], **values: Any) -> bool:
        """Set fields if others are as expected; ``False`` if they are not, or there is no such entry."""

    def due(self, now: float, limit: int, without: Collection[str] = ()) -> list[str]:
        """Return ids of what waits and may be sent by now, in the order of their times; the first is always there.

        :param without: Accounts whose messages are left out.
        """

    def next_due(self, without: Collection[str] = ()) -> float | None:
        """Return when the first of what waits may be sent."""

    def waiting(self, limit: int) -> int:
        """Return how many wait, counting at most so many."""

    def has_room(self, size: int, entry: Entry) -> bool:
        """Tell whether another message may wait, where so many may."""

    def in_state(self, state: State, limit: int) -> list[Entry]:
        """Return entries of a state, without their content."""

    def unpublished(self, now: float, before: float, limit: int) -> list[str]:
        """Return the ids of what waits and may be sent by now, whose task was given to the broker before a time."""

    def purge(self, before: float, limit: int) -> int:
        """Delete what was finished before a time, at most so many, and return how many they were."""


def open_store(where: Any) -> SQLStore:
    """Return the store in a database; nothing is connected yet.

    :param where: ``MAILBOX_STORE``: a URL of SQLAlchemy's, or an engine.
    :raises ConfigurationError: If the extra or the database's driver is not installed, or the URL is none.
    """
    try:
        from .sql import SQLStore
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"MAILBOX_STORE needs {error.name}. Install the extra: pip install 'flask-mailbox[store]'"
        ) from error
    return SQLStore.open(where)
