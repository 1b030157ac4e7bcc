"""A server that plays a script: for the faults that no real server will commit on demand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Client:
    """The script's side of one connection: what came, and ways to answer."""

    def __init__(self, sock: socket.socket, received: list[bytes]) -> None:
        self.socket = sock
        self._received = received
        self._file = sock.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def line(self) -> bytes:
        """Return the next line without its end and note it; empty at the end of the connection."""
        line = self._file.readline().rstrip(b"\r\n")
        self._received.append(line)
        return line

    def read(self, size: int) -> bytes:
        """Return so many bytes."""
        return self._file.read(size)

    def content(self) -> bytes:
        """Return what comes up to the lone dot."""
        lines = []
        while (line := self._file.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    def exactly(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        return self._file.read(size)

    def until_closed(self) -> None:
        """Note all lines until the client closes."""
        while self.line():
            pass

    def wrap(self, context: object) -> None:
        """Go on under TLS."""
        self.socket = context.wrap_socket(self.socket, server_side=True)  # type: ignore[attr-defined]
        self._file = self.socket.makefile("rb")


Script = Callable[[Client], None]


class ScriptedServer:
    """Plays one script after the other, one for each connection; the last one again for all further ones.

    :param received: Every line that clients sent, over all connections.
    :param connections: How many clients came.
    """

    def __init__(self, *scripts: Script) -> None:
        self.received: list[bytes] = []
        self.connections = 0
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """Stop: close every socket and wait for the scripts' threads."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in self._clients:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            client.close()
        for thread in [self._acceptor, *self._threads]:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._clients.append(sock)
            thread = threading.Thread(target=self._play, args=(script, sock), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, script: Script, sock: socket.socket) -> None:
        client = Client(sock, self.received)
        try:
            script(client)
        except OSError:
            pass
        finally:
            _end(client.socket)
            client._file.close()
            client.socket.close()


def _end(sock: socket.socket) -> None:
    """End a connection so that all that was sent arrives: with unread data left, closing would reset it."""
    try:
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(2)
        while sock.recv(65536):
            pass
    except (OSError, ValueError):
        pass  # it was ended already, or the other side keeps silent


@contextmanager
def scripted(*scripts: Script) -> Iterator[ScriptedServer]:
    """Run a scripted server for a block."""
    server = ScriptedServer(*scripts)
    try:
        yield server
    finally:
        server.close()
