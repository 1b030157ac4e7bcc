"""The folders that several watchers listen to over one connection, which outlives them for a moment."""

from __future__ import annotations

import threading

from ..account import Account, Protocol
from ..errors import AuthenticationError, BusyError
from ..net.place import Place
from .audience import Audience, Listener
from .watchline import Line, Timing

STAYS_SECONDS = 60.0
"""Who goes from page to page comes back within this time, and nothing has to be opened anew."""

MOST_STAYING = 2
"""Lines of one account that stay though nobody listens: those of the page that was left last."""


class SharedLines:
    """The shared lines of one loop, by account, credential included, and folder."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[bytes, dict[str, Line]] = {}

    def join(self, account: Account, folder: str, timing: Timing, listener: Listener) -> tuple[Line, bool]:
        """Return the line of a folder, with this listener among its own, and whether it is a new one."""
        with self._lock:
            lines = self._lines.setdefault(_owner(account), {})
            known = lines.get(folder)
            if known is not None and _suits(known, account) and known.audience.join(listener):
                return known, False
            line = lines[folder] = Line(account, folder, None, timing, Audience(listener, STAYS_SECONDS))
            return line, True

    def too_many(self, left: Line) -> list[Line]:
        """Return those lines of an account that nobody listens to and that were left before the last few."""
        with self._lock:
            lines = list(self._lines.get(_owner(left.account), {}).values())
        staying = [line for line in lines if not line.audience.has_listeners]
        return sorted(staying, key=lambda line: line.audience.left_at)[:-MOST_STAYING]

    def drop(self, line: Line) -> None:
        """Keep nothing of a line that has ended, its account's secret least of all."""
        owner = _owner(line.account)
        with self._lock:
            lines = self._lines.get(owner, {})
            if lines.get(line.folder) is line:
                del lines[line.folder]
            if not lines:
                self._lines.pop(owner, None)

    def forget(self, account: Account) -> list[Line]:
        """Return the lines of an account, none of which stays from now on once the last listener has left."""
        with self._lock:
            lines = list(self._lines.get(_owner(account), {}).values())
        for line in lines:
            line.audience.stays = 0.0
        return lines


def _owner(account: Account) -> bytes:
    return Place.of(account, Protocol.IMAP).key


def _suits(line: Line, account: Account) -> bool:
    """Whether somebody who watches an account may listen to a line, and hears of it soon.

    A line whose connection broke waits longer each time; whoever comes anew tries at once, unless that would annoy a
    server that asked for patience.
    """
    waits = line.trouble is not None and not isinstance(line.trouble, BusyError | AuthenticationError)
    return line.account == account and not line.closed and not waits
