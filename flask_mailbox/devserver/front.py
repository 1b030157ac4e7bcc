"""The ports: accepts connections, counts them, puts TLS in front where the port wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .certificate import GOOD, Certificates
from .faults import CONNECT, HANDSHAKE, Faults
from .handshake import accept_tls
from .wire import Journal

CLOSE_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Listener:
    """A protocol by name, and what makes the asyncio protocol object of one connection.

    :param make: Is handed what the object calls when its connection has ended.
    """

    protocol: str
    make: Callable[[Callable[[], None]], asyncio.BaseProtocol]


class Listeners:
    """All listening sockets of one server and all connections that came through them."""

    def __init__(self, listeners: list[Listener], certificates: Certificates, faults: Faults, journal: Journal) -> None:
        self._listeners = listeners
        self._servers: list[asyncio.Server] = []
        self.certificates = certificates
        self.faults = faults
        self.journal = journal
        self.fronts: set[Front] = set()

    async def open(self, host: str, ports: Mapping[str, int]) -> dict[str, int]:
        """Listen, and return the ports by name (``imap`` in clear, ``imaps`` over TLS).

        :raises ValueError: If a fixed port has an unknown name.
        """
        names = [name + s for name in (listener.protocol for listener in self._listeners) for s in ("", "s")]
        unknown = set(ports) - set(names)
        if unknown:
            raise ValueError(f"No port '{min(unknown)}'. Use one of: {', '.join(names)}.")
        opened = {}
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            for name, tls in ((listener.protocol, False), (listener.protocol + "s", True)):
                server = await loop.create_server(self._factory(listener, tls), host, ports.get(name, 0), backlog=1024)
                self._servers.append(server)
                opened[name] = server.sockets[0].getsockname()[1]
        return opened

    def drop_all(self) -> None:
        """Close every connection at once."""
        for front in tuple(self.fronts):
            front.abort()

    async def close(self) -> None:
        """Stop listening, close every connection and end every session."""
        for server in self._servers:
            server.close()
        for _ in range(CLOSE_ROUNDS):
            self.drop_all()
            await asyncio.sleep(0)
        sessions = asyncio.all_tasks() - {cast("asyncio.Task[Any]", asyncio.current_task())}
        for task in sessions:
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)

    def _factory(self, listener: Listener, tls: bool) -> Callable[[], Front]:
        return lambda: Front(self, listener, tls)


class Front(asyncio.Protocol):
    """The first moment of a connection; then the protocol object proper takes over, watched until it ends."""

    def __init__(self, listeners: Listeners, listener: Listener, tls: bool) -> None:
        self._listeners = listeners
        self._listener = listener
        self._tls = tls
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        name, faults = self._listener.protocol, self._listeners.faults
        self._listeners.fronts.add(self)
        self._listeners.journal.opened[name] += 1
        self._listeners.journal.open[name] += 1
        if faults.strikes(name, "drop_before", CONNECT):
            self._transport.abort()
        elif faults.strikes(name, "stall", CONNECT) or (self._tls and faults.strikes(name, "stall", HANDSHAKE)):
            pass  # stays open and silent
        elif self._tls and faults.strikes(name, "drop_before", HANDSHAKE):
            self._transport.abort()
        else:
            self._transport.pause_reading()
            self._task = asyncio.get_running_loop().create_task(self._hand_over())

    def data_received(self, data: bytes) -> None:
        self._listeners.journal.add(self._listener.protocol, "C", data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.forget()

    def abort(self) -> None:
        """Close the connection at once, whatever runs on it."""
        self._transport.abort()

    def forget(self) -> None:
        """Count the connection as closed, once."""
        if self in self._listeners.fronts:
            self._listeners.fronts.remove(self)
            self._listeners.journal.open[self._listener.protocol] -= 1

    async def _hand_over(self) -> None:
        transport = self._transport
        protocol = self._listener.make(self.forget)
        if self._tls:
            kind = self._listeners.faults.of(self._listener.protocol).certificate or GOOD
            context = self._listeners.certificates.context(kind)
            try:
                transport = await accept_tls(transport, protocol, context)
            except (OSError, EOFError):
                transport.abort()
                self.forget()
                return
        else:
            transport.set_protocol(protocol)
        protocol.connection_made(transport)
        self._transport.resume_reading()
