"""One client's connection to the IMAP or POP3 server: lines and blocks in, bytes out, an upgrade to TLS."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

from .faults import Faults
from .handshake import accept_tls
from .wire import Dropped, Journal, Wire

logger = logging.getLogger("flask_mailbox.devserver")

HIGH_WATER = 256 * 1024


class LineTooLong(Exception):
    """The client sent more bytes without a line end than a line may have; they were thrown away."""


class Connection(asyncio.Protocol):
    """A byte stream with its own buffer, so that plaintext read ahead can be thrown away at STARTTLS.

    :param serve: The session: runs until the client leaves.
    :param on_close: Called when the connection has ended, at least once.
    """

    def __init__(
        self,
        protocol: str,
        faults: Faults,
        journal: Journal,
        serve: Callable[[Connection], Awaitable[None]],
        on_close: Callable[[], None],
    ) -> None:
        self._on_close = on_close
        self._serve = serve
        self._buffer = bytearray()
        self._scanned = 0
        self._eof = False
        self._paused_reading = False
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._task: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport
        self.wire = Wire(protocol, faults, journal, self._write, self._abort)
        self.is_tls = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.is_tls = transport.get_extra_info("sslcontext") is not None
        self._task = asyncio.get_running_loop().create_task(self._run())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._arrived.set()
        if len(self._buffer) > HIGH_WATER and not self._paused_reading:
            self._paused_reading = True
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        self._eof = True
        self._arrived.set()
        if self.wire.stalled and self._task is not None:
            self._task.cancel()
        return not self.is_tls

    def connection_lost(self, exc: Exception | None) -> None:
        if self._buffer:
            self.wire.received(bytes(self._buffer))
        self._eof = True
        self._writable.set()
        self._arrived.set()
        if self._task is not None:
            self._task.cancel()
        self._on_close()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def readline(self, limit: int) -> bytes:
        """Return the next line with its line end, or what is left at the end of the connection.

        :raises LineTooLong: If the line is longer than ``limit``; the next call starts at the next line.
        """
        skipped = False
        while True:
            end = self._buffer.find(b"\n", self._scanned)
            if end >= 0 or self._eof:
                line = self._take(end + 1 if end >= 0 else len(self._buffer))
                if skipped or len(line) > limit:
                    raise LineTooLong
                self.wire.received(line)
                return line
            self._scanned = len(self._buffer)
            if self._scanned > limit:
                skipped = True
                self._take(self._scanned)
            await self._more()

    async def read(self, size: int) -> bytes:
        """Return exactly ``size`` bytes.

        :raises EOFError: If the connection ends before.
        """
        blocks = []
        missing = size
        while missing:
            if self._buffer:
                blocks.append(self._take(min(missing, len(self._buffer))))
                missing -= len(blocks[-1])
            elif self._eof:
                raise EOFError
            else:
                await self._more()
        data = b"".join(blocks)
        self.wire.received(data)
        return data

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Go over to TLS; whatever the client sent ahead in clear is thrown away.

        :raises OSError: If the handshake fails.
        """
        self._take(len(self._buffer))
        self.transport = await accept_tls(self.transport, self, context)
        self.is_tls = True

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._scanned = 0
        if len(self._buffer) <= HIGH_WATER:
            self._resume_reading()
        return data

    def _resume_reading(self) -> None:
        if self._paused_reading:
            self._paused_reading = False
            self.transport.resume_reading()

    async def _more(self) -> None:
        """Wait for more bytes, of which there may be many: a line can be longer than the high water mark."""
        self._resume_reading()
        self._arrived.clear()
        await self._arrived.wait()

    async def _write(self, data: bytes) -> None:
        if self.transport.is_closing():
            raise Dropped
        self.transport.write(data)
        await self._writable.wait()

    def _abort(self) -> None:
        self.transport.close()

    async def _run(self) -> None:
        try:
            await self._serve(self)
        except (Dropped, EOFError, OSError):
            pass
        except Exception:
            logger.exception("The %s session failed", self.wire.protocol)
        finally:
            self.transport.close()
            self._on_close()
