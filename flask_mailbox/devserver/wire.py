"""What a session writes through: it logs both directions and commits the faults that are switched on."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from .faults import Fault, Faults

LOGGED_BYTES = 2_000
FLOOD_LINES = {
    "smtp": b"250-and another thing\r\n",
    "imap": b"* OK [ALERT] and another thing\r\n",
    "pop3": b"+OK and another thing\r\n",
}


class LogLine(NamedTuple):
    """One line of a conversation: ``C`` is what the client sent, ``S`` what the server answered."""

    protocol: str
    direction: str
    line: bytes


class Dropped(Exception):
    """The connection was closed on purpose."""


class Journal:
    """What all sessions of one server share: the log of lines and the count of connections."""

    def __init__(self, capacity: int = 200_000) -> None:
        self._lines: deque[LogLine] = deque(maxlen=capacity)
        self._lock = threading.Lock()
        self.opened: Counter[str] = Counter()
        self.open: Counter[str] = Counter()

    def add(self, protocol: str, direction: str, data: bytes) -> None:
        """Log what was read or written, cut to what a test may want to look for."""
        with self._lock:
            self._lines.append(LogLine(protocol, direction, data[:LOGGED_BYTES]))

    def lines(self) -> list[LogLine]:
        """Return a copy of the log."""
        with self._lock:
            return list(self._lines)

    def clear(self) -> None:
        """Forget the lines and what was opened; open connections stay counted."""
        with self._lock:
            self._lines.clear()
            self.opened.clear()


class Wire:
    """The sending side of one connection.

    :param write: Writes bytes and waits until they are on their way.
    :param abort: Closes the connection at once.
    """

    def __init__(
        self,
        protocol: str,
        faults: Faults,
        journal: Journal,
        write: Callable[[bytes], Awaitable[None]],
        abort: Callable[[], None],
    ) -> None:
        self.protocol = protocol
        self._faults = faults
        self._journal = journal
        self._write = write
        self._abort = abort
        self._left: int | None = None
        self.stalled = False

    @property
    def fault(self) -> Fault:
        """The fault of this protocol as it is now."""
        return self._faults.of(self.protocol)

    def received(self, data: bytes) -> None:
        """Log what the client sent."""
        self._journal.add(self.protocol, "C", data)

    async def begin(self, step: str) -> str | None:
        """Enter a step; return how it is to be refused, or ``None`` if it may be done.

        :raises Dropped: If the connection was closed instead.
        """
        if self._faults.strikes(self.protocol, "drop_before", step):
            self.drop()
        if self._faults.strikes(self.protocol, "stall", step):
            self.stalled = True
            await asyncio.Event().wait()  # until the session is cancelled: the client went, or the server stops
        if self._faults.strikes(self.protocol, "flood", step):
            await self._flood()
        if self._faults.strikes(self.protocol, "cut", step):
            self._left = (self.fault.cut or (step, 0))[1]
        if self._faults.strikes(self.protocol, "refuse", step):
            return self.fault.refuse.get(step)
        return None

    async def end(self, step: str) -> None:
        """Leave a step whose reply was sent.

        :raises Dropped: If the connection was closed behind it.
        """
        if self._left is not None or self._faults.strikes(self.protocol, "drop_after", step):
            self.drop()

    async def send(self, data: bytes) -> None:
        """Send bytes, unless a fault has other plans for them.

        :raises Dropped: If the connection was closed in the middle.
        """
        self._journal.add(self.protocol, "S", data)
        whole = data
        if self._left is not None:
            data, self._left = data[: self._left], self._left - len(data)
        if self.fault.drip:
            for byte in data:
                await self._write(bytes((byte,)))
                await asyncio.sleep(self.fault.drip)
        elif data:
            await self._write(data)
        if len(data) < len(whole):
            await asyncio.sleep(0)
            self.drop()

    def drop(self) -> None:
        """Close the connection.

        :raises Dropped: Always, so that the session ends.
        """
        self._abort()
        raise Dropped

    async def _flood(self) -> None:
        line = FLOOD_LINES[self.protocol]
        block = line * (65_536 // len(line))
        for _ in range(0, self.fault.flood_limit, len(block)):
            await self._write(block)
            await asyncio.sleep(0)
        self.drop()
