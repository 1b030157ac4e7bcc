"""What a server says, read line by line, by size or up to a mark, out of a buffer of our own."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import NoReturn, Self, TypeVar
from typing import Protocol as Interface

from ..account import Account, Endpoint
from ..errors import ProtocolError, TLSError
from .connection import CHUNK, Connection

MAX_LINE = 1024 * 1024
MAX_MARK = 8
"""Bytes of what ends a block, where it is a pattern."""


class _Sized(Interface):
    """What a cutter returns."""

    @property
    def size(self) -> int:
        """How many bytes it takes."""


Piece = TypeVar("Piece", bound=_Sized)


class Stream(Connection):
    """A connection that is read through a buffer."""

    def __init__(self, sock: socket.socket, account: Account, endpoint: Endpoint) -> None:
        super().__init__(sock, account, endpoint)
        self._buffer = bytearray()

    def take_over(self, other: Self) -> None:
        """Go on over another stream's connection in place of the own one, within the running operation."""
        super().take_over(other)
        self._buffer = other._buffer

    def readable(self) -> bool:
        """Return at once whether bytes or the end of the connection wait to be read."""
        return bool(self._buffer) or super().readable()

    def start_tls(self) -> None:
        """Encrypt the connection after the server agreed to STARTTLS or STLS.

        :raises TLSError: If plain text came behind the server's answer: it may be forged (RFC 3207, 4.2).
        """
        if self._buffer:
            self.broken = True
            raise self.error(
                TLSError,
                "The server sent more data before the TLS handshake; it may be forged, so nothing was used.",
            )
        super().start_tls()

    def readline(self, limit: int = MAX_LINE) -> bytes:
        """Return one line with its end, at most ``limit`` bytes.

        :raises ProtocolError: If the line is longer.
        :raises DisconnectedError: If the connection ends before the line does.
        """
        buffer = self._buffer
        searched = 0
        while (end := buffer.find(b"\n", searched)) < 0:
            searched = len(buffer)
            if searched > limit:
                break
            self._fill()
        if end < 0 or end >= limit:
            self.broken = True
            raise self.error(ProtocolError, f"The server sent a line of more than {limit:,} bytes.")
        line = bytes(buffer[: end + 1])
        del buffer[: end + 1]
        return line

    def take(self, pattern: re.Pattern[bytes]) -> tuple[bytes, ...] | None:
        """Take what a pattern matches at the front of what has come, and return its groups, else ``None``.

        It waits only where nothing has come.
        """
        if not self._buffer:
            self._fill()
        found = pattern.match(self._buffer)
        if found is None:
            return None
        groups = found.groups()
        del self._buffer[: found.end()]
        return groups

    def read(self, size: int) -> bytes:
        """Return exactly ``size`` bytes.

        :raises DisconnectedError: If the connection ends before.
        """
        if size <= CHUNK:
            return b"".join(self.chunks(size))
        file = BytesIO()  # grows in place, where a list of pieces would be all of it twice
        for piece in self.chunks(size):
            file.write(piece)
        return file.getvalue()

    def chunks(self, size: int) -> Iterator[bytes]:
        """Yield exactly ``size`` bytes in pieces as they come, so that memory stays flat."""
        while size > 0:
            if not self._buffer:
                self._fill()
            piece = bytes(self._buffer[:size])
            del self._buffer[: len(piece)]
            size -= len(piece)
            yield piece

    def read_until(self, mark: bytes, limit: int) -> bytes:
        """Return what comes before a mark, of at most ``limit`` bytes, and pass over the mark.

        :raises ProtocolError: If the mark does not come in time.
        """
        searched = 0
        while (end := self._buffer.find(mark, searched)) < 0 and len(self._buffer) <= limit:
            searched = max(0, len(self._buffer) - len(mark) + 1)
            self._fill()
        if not 0 <= end <= limit:
            self._refuse_more_than(limit)
        found = bytes(self._buffer[:end])
        del self._buffer[: end + len(mark)]
        return found

    def read_to(self, end: re.Pattern[bytes], limit: int) -> bytes:
        """Return what comes before the first match of a pattern, of at most ``limit`` bytes, and pass over the match.

        :param end: Matches what ends in LF and has no more than ``MAX_MARK`` bytes.
        :raises ProtocolError: If nothing matches in time.
        """
        searched = 0
        while (found := end.search(self._buffer, searched)) is None and len(self._buffer) <= limit + MAX_MARK:
            searched = max(0, len(self._buffer) - MAX_MARK)
            self._fill()
        if found is None or found.start() > limit:
            self._refuse_more_than(limit)
        block = bytes(self._buffer[: found.start()])
        del self._buffer[: found.end()]
        return block

    def pieces_until(self, mark: bytes, limit: int) -> Iterator[bytes]:
        """Yield what comes before a mark in pieces as they come, so that memory stays flat, and pass over the mark.

        :raises ProtocolError: If more than ``limit`` bytes come before it.
        """
        passed = 0
        while (end := self._buffer.find(mark)) < 0:
            ready = max(0, len(self._buffer) - len(mark) + 1)
            passed += ready
            if passed > limit:
                self._refuse_more_than(limit)
            if ready:
                yield bytes(self._buffer[:ready])
                del self._buffer[:ready]
            self._fill()
        yield bytes(self._buffer[:end])
        del self._buffer[: end + len(mark)]

    def _refuse_more_than(self, limit: int) -> NoReturn:
        self.broken = True
        raise self.error(ProtocolError, f"The server sent more than {limit:,} bytes.")

    def cut(self, cutter: Callable[[bytearray], Piece | None]) -> Piece | None:
        """Let a cutter take a piece from the front of what has come, without waiting for more.

        :param cutter: Returns what it found, with the ``size`` of it, or ``None`` to leave all as it is.
        """
        piece = cutter(self._buffer)
        if piece is not None:
            del self._buffer[: piece.size]
        return piece

    def peek(self, size: int) -> bytes:
        """Return the next ``size`` bytes without taking them, waiting until they are there."""
        while len(self._buffer) < size:
            self._fill()
        return bytes(self._buffer[:size])

    def _fill(self) -> None:
        """Read what is there into the buffer, waiting for at least one byte."""
        self._buffer += self._receive()

    # Waiting for a server to speak first

    def take_waiting(self, limit: int = CHUNK) -> bytes:
        """Read what has come, without waiting, and return all that is not used yet; it stays to be read.

        :param limit: Stop once there are so many bytes.
        :raises DisconnectedError: If the connection has ended and nothing is left to be read.
        """
        while len(self._buffer) < limit and (data := self._receive_now()) is not None:
            if not data:
                if not self._buffer:
                    raise self._lost()
                self.broken = True  # what came before the end can still be read
                break
            self._buffer += data
        return bytes(self._buffer)

    def skip(self, size: int) -> None:
        """Drop the next ``size`` bytes of those that ``take_waiting`` returned."""
        del self._buffer[:size]
