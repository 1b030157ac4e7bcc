"""A store in this process's memory: what waits in it is lost with the process."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

from .entry import FINAL, Entry, State

KEPT = 1000
"""Finished entries that are remembered, so that their status can be asked for."""

KEPT_BYTES = 64 * 1024 * 1024
"""Content of failed messages that is remembered, so that they can be sent again by order."""

WAITING_BYTES = 256 * 1024 * 1024
"""Content of all that waits, so that large messages do not use up the memory."""


class MemoryStore:
    """Entries by id; see ``Store`` for what each method does.

    :param kept: How many finished entries are remembered.
    """

    durable = False

    def __init__(self, *, kept: int = KEPT) -> None:
        # All state, guarded by _lock.
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._finished: dict[str, None] = {}
        self._kept = kept

    def insert(self, entry: Entry) -> bool:
        with self._lock:
            if entry.key is not None and (entry.account, entry.key) in self._ids:
                return False
            self._entries[entry.id] = entry
            if entry.key is not None:
                self._ids[entry.account, entry.key] = entry.id
            return True

    def get(self, entry_id: str) -> Entry | None:
        with self._lock:
            return self._entries.get(entry_id)

    def by_key(self, account: str, key: str) -> Entry | None:
        with self._lock:
            return self._entries.get(self._ids.get((account, key), ""))

    def change(self, entry_id: str, expected: dict[str, Any], **values: Any) -> bool:
        with self._lock:
            entry = self._entries.get(entry_id)
            if entry is None or any(getattr(entry, name) != value for name, value in expected.items()):
                return False
            self._entries[entry_id] = dataclasses.replace(entry, **values)
            self._finished.pop(entry_id, None)
            if self._entries[entry_id].state in FINAL:
                self._finished[entry_id] = None
                self._forget_oldest()
            return True

    def due(self, now: float, limit: int) -> list[str]:
        return [entry.id for entry in self._queued() if entry.due <= now][:limit]

    def next_due(self) -> float | None:
        return next((entry.due for entry in self._queued()), None)

    def waiting(self, limit: int) -> int:
        return min(limit, len(self._queued()))

    def has_room(self, size: int, entry: Entry) -> bool:
        with self._lock:
            waiting = [each.message for each in self._entries.values() if each.state not in FINAL]
        return len(waiting) < size and sum(map(len, waiting)) + len(entry.message) <= WAITING_BYTES

    def in_state(self, state: State, limit: int) -> list[Entry]:
        with self._lock:
            return [entry for entry in self._entries.values() if entry.state is state][:limit]

    def unpublished(self, now: float, before: float, limit: int) -> list[str]:
        return [entry.id for entry in self._queued() if entry.due <= now and entry.published < before][:limit]

    def purge(self, before: float, limit: int) -> int:
        with self._lock:
            old = [entry_id for entry_id in self._finished if self._entries[entry_id].updated < before][:limit]
            for entry_id in old:
                self._forget(entry_id)
            return len(old)

    def clear(self) -> None:
        """Forget everything, with a new lock: in a forked child, where all of it is the parent's."""
        self.__init__(kept=self._kept)  # type: ignore[misc]

    def _queued(self) -> list[Entry]:
        with self._lock:
            waiting = [entry for entry in self._entries.values() if entry.state is State.QUEUED]
        return sorted(waiting, key=lambda entry: entry.due)

    def _forget_oldest(self) -> None:
        kept_bytes = sum(len(self._entries[entry_id].message) for entry_id in self._finished)
        while len(self._finished) > self._kept or kept_bytes > KEPT_BYTES:
            oldest = next(iter(self._finished))
            kept_bytes -= len(self._entries[oldest].message)
            self._forget(oldest)

    def _forget(self, entry_id: str) -> None:
        del self._finished[entry_id]
        entry = self._entries.pop(entry_id)
        if entry.key is not None:
            del self._ids[entry.account, entry.key]
