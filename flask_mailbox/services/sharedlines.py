"""The folders that several watchers listen to over one connection, which outlives them for a moment."""

from __future__ import annotations

import threading

from ..account import Account, Protocol
from ..net.place import Place
from .audience import Audience, Listener
from .watchline import Line, Timing

STAYS_SECONDS = 60.0
"""Who goes from page to page comes back within this time, and nothing has to be opened anew."""

_Key = tuple[bytes, str]


class SharedLines:
    """The shared lines of one loop, by account, credential included, and folder."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[_Key, Line] = {}

    def join(self, account: Account, folder: str, timing: Timing, listener: Listener) -> tuple[Line, bool]:
        """Return the line of a folder, with this listener among its own, and whether it is a new one."""
        key = (Place.of(account, Protocol.IMAP).key, folder)
        with self._lock:
            known = self._lines.get(key)
            if known is not None and not known.closed and known.audience.join(listener):
                return known, False
            self._lines = {key: line for key, line in self._lines.items() if not line.closed}
            line = self._lines[key] = Line(account, folder, None, timing, Audience(listener, STAYS_SECONDS))
            return line, True

    def forget(self, account: Account) -> list[Line]:
        """Return the lines of an account, none of which stays from now on once the last listener has left."""
        place = Place.of(account, Protocol.IMAP).key
        with self._lock:
            lines = [line for (owner, _), line in self._lines.items() if owner == place]
        for line in lines:
            line.audience.stays = 0.0
        return lines
