"""Server-sent events of one folder: what a watcher tells, until the client leaves or the stream is old enough."""

from __future__ import annotations

import json
import threading
import time
import weakref
from collections import Counter
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
    :param each: Of one account.
    """

    def __init__(self, most: int, each: int) -> None:
        self._most = most
        self._each = each
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def take(self, owner: str) -> bool:
        """Take a place for an account, if it may have one more and one is free."""
        with self._lock:
            if self._taken[owner] >= self._each or self._taken.total() >= self._most:
                return False
            self._taken[owner] += 1
            return True

    def give_back(self, owner: str) -> None:
        """Leave a place to others."""
        with self._lock:
            self._taken[owner] -= 1
            self._taken += Counter()  # forgets those who have none


class EventStream(Iterator[bytes]):
    """The text of a stream; WSGI servers call ``close`` when the client has left or all was sent.

    A stream that nobody closes, as when the app's own code failed before it was sent, ends when it is forgotten.

    :param room: Where the account has taken a place.
    :param first: An event that was read already, or ``None``.
    """

    def __init__(self, watcher: Watcher, place: FolderPlace, room: Places, first: Event | None) -> None:
        self._watcher = watcher
        self._place = place
        self._first = first
        self._until = time.monotonic() + LONGEST
        self._begun = self._ended = False
        self._forgotten = weakref.finalize(self, _end_elsewhere, watcher, room, place.ids.owner)
        self._forgotten.atexit = False

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
        left = self._forgotten.detach()
        if left is not None:
            _end(*left[2])


def _end(watcher: Watcher, room: Places, owner: str) -> None:
    watcher.close()
    room.give_back(owner)


def _end_elsewhere(watcher: Watcher, room: Places, owner: str) -> None:
    """End what was forgotten, in a thread of its own: whichever thread collects garbage may hold any lock."""
    threading.Thread(target=_end, args=(watcher, room, owner), name="mailbox-end-stream", daemon=True).start()


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
