"""A store in this process's memory: what waits in it is lost with the process."""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import threading
from collections.abc import Collection
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
        self._queued: set[str] = set()
        # For each account what waits; may hold what is not queued any more, or for another time.
        self._schedules: dict[str, list[tuple[float, int, str]]] = {}
        self._numbers = itertools.count()
        self._finished: dict[str, None] = {}
        self._unfinished_bytes = 0
        self._finished_bytes = 0
        self._kept = kept

    def insert(self, entry: Entry) -> bool:
        with self._lock:
            if entry.id in self._entries:
                return False
            if entry.key is not None:
                if (entry.account, entry.key) in self._ids:
                    return False
                self._ids[entry.account, entry.key] = entry.id
            self._put(entry)
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
            self._take_out(entry)
            self._put(dataclasses.replace(entry, **values))
            while len(self._finished) > self._kept or self._finished_bytes > KEPT_BYTES:
                self._forget(next(iter(self._finished)))
            return True

    def due(self, now: float, limit: int, without: Collection[str] = ()) -> list[str]:
        with self._lock:
            due = [first for first in self._firsts(without) if first[0] <= now]
        return [entry_id for _, _, entry_id in heapq.nsmallest(limit, due)]

    def next_due(self, without: Collection[str] = ()) -> float | None:
        with self._lock:
            return min((due for due, _, _ in self._firsts(without)), default=None)

    def waiting(self, limit: int) -> int:
        with self._lock:
            return min(limit, len(self._queued))

    def has_room(self, size: int, entry: Entry) -> bool:
        with self._lock:
            return len(self._queued) < size and self._unfinished_bytes + len(entry.message) <= WAITING_BYTES

    def in_state(self, state: State, limit: int) -> list[Entry]:
        with self._lock:
            found = [entry for entry in self._entries.values() if entry.state is state]
        return [dataclasses.replace(entry, message=b"") for entry in found[:limit]]

    def unpublished(self, now: float, before: float, limit: int) -> list[str]:
        with self._lock:
            waiting = [self._entries[entry_id] for entry_id in self._queued]
        return [entry.id for entry in waiting if entry.due <= now and entry.published < before][:limit]

    def purge(self, before: float, limit: int) -> int:
        with self._lock:
            old = [entry_id for entry_id in self._finished if self._entries[entry_id].updated < before][:limit]
            for entry_id in old:
                self._forget(entry_id)
            return len(old)

    def clear(self) -> None:
        """Forget everything, with a new lock: in a forked child, where all of it is the parent's."""
        self.__init__(kept=self._kept)  # type: ignore[misc]

    # With the lock held

    def _firsts(self, without: Collection[str]) -> list[tuple[float, int, str]]:
        """Return what is due first of each account."""
        firsts = [self._first(account) for account in list(self._schedules) if account not in without]
        return [first for first in firsts if first is not None]

    def _first(self, account: str) -> tuple[float, int, str] | None:
        """Return what is due first of an account, and drop from its schedule what does not hold any more."""
        schedule = self._schedules[account]
        while schedule:
            due, _, entry_id = schedule[0]
            if entry_id in self._queued and self._entries[entry_id].due == due:
                return schedule[0]
            heapq.heappop(schedule)
        del self._schedules[account]
        return None

    def _put(self, entry: Entry) -> None:
        self._entries[entry.id] = entry
        if entry.state in FINAL:
            self._finished[entry.id] = None
            self._finished_bytes += len(entry.message)
            return
        self._unfinished_bytes += len(entry.message)
        if entry.state is State.QUEUED:
            self._queued.add(entry.id)
            heapq.heappush(self._schedules.setdefault(entry.account, []), (entry.due, next(self._numbers), entry.id))

    def _take_out(self, entry: Entry) -> None:
        if entry.state in FINAL:
            del self._finished[entry.id]
            self._finished_bytes -= len(entry.message)
        else:
            self._unfinished_bytes -= len(entry.message)
            self._queued.discard(entry.id)

    def _forget(self, entry_id: str) -> None:
        entry = self._entries.pop(entry_id)
        self._take_out(entry)
        if entry.key is not None:
            del self._ids[entry.account, entry.key]
