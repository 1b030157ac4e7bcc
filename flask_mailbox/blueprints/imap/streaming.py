"""Server-sent events of one folder: what a watcher tells, until the client leaves or the stream is old enough."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from ...errors import MailboxError
from ...services.events import Arrived, Changed, Event, Gone
from ...services.watch import Watcher
from .. import problems
from .places import FolderPlace

KEEP_ALIVE = 15.0
LONGEST = 10 * 60.0
"""After so many seconds a stream ends and the client opens another, which asks ``authorize`` again."""

MOST_IDS = 500
"""An event about more messages says only that the folder is to be read anew."""

MOST_CURSOR = 4_000
"""Characters of an event's id: browsers send it back in a header, and servers limit those."""


class Places:
    """Room for so many open streams.

    :param most: All over this process.
    """

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    def take(self) -> bool:
        """Take a place, if one is free."""
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        """Leave a place to others."""
        self._free.release()


class EventStream(Iterator[bytes]):
    """The text of a stream; WSGI servers call ``close`` when the client has left or all was sent.

    :param first: An event that was read already, or ``None``.
    """

    def __init__(self, watcher: Watcher, place: FolderPlace, room: Places, first: Event | None) -> None:
        self._watcher = watcher
        self._place = place
        self._room: Places | None = room
        self._first = first
        self._until = time.monotonic() + LONGEST
        self._begun = self._ended = False

    def __next__(self) -> bytes:
        if not self._begun:
            self._begun = True
            return b"retry: 2000\n: watching\n\n"
        if self._ended or time.monotonic() >= self._until:
            raise StopIteration
        try:
            event, self._first = self._first or self._watcher.next_event(KEEP_ALIVE), None
        except MailboxError as error:
            self._ended = True
            return _written("failed", problems.mailbox_problem(error).get_json())
        return b": still here\n\n" if event is None else _told(self._place, event)

    def close(self) -> None:
        """End the watching and leave the place to others."""
        self._ended = True
        self._watcher.close()
        room, self._room = self._room, None
        if room is not None:
            room.give_back()


def _told(place: FolderPlace, event: Event) -> bytes:
    """Return an event as text; one about too many messages, or about all, says that the folder is to be read anew."""
    uids = getattr(event, "uids", ())
    if not isinstance(event, Arrived | Changed | Gone) or len(uids) > MOST_IDS:
        return _written("reset", {}, event.cursor)
    ids = [place.message_id(event.uidvalidity, uid) for uid in uids]
    if isinstance(event, Changed):
        flags = [sorted(event.flags[uid]) for uid in uids]
        messages = [{"id": identifier, "flags": each} for identifier, each in zip(ids, flags, strict=True)]
        return _written("changed", {"messages": messages}, event.cursor)
    return _written("arrived" if isinstance(event, Arrived) else "gone", {"ids": ids}, event.cursor)


def _written(name: str, data: Any, cursor: str | None = None) -> bytes:
    line = f"id: {cursor}\n" if cursor is not None and len(cursor) <= MOST_CURSOR else ""
    return f"{line}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode("utf-8", "replace")
