"""A raw line conversation, for what proper clients cannot say."""

from __future__ import annotations

import socket
import ssl
from types import TracebackType

SECONDS = 5.0


class Talk:
    """One TCP connection; every wait ends after a few seconds."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        if context is not None:
            self.start_tls(context)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Talk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self.socket.close()

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Do the handshake; the next lines are read through it."""
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def line(self) -> bytes:
        """Return the next line; empty at the end of the connection."""
        return self._file.readline()

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes, fewer only at the end of the connection."""
        return self._file.read(size)

    def command(self, text: bytes) -> list[bytes]:
        """Send an IMAP command under the tag ``t`` and return all lines up to its tagged answer."""
        self.send(b"t " + text + b"\r\n")
        return self.until(b"t ")

    def until(self, prefix: bytes) -> list[bytes]:
        """Return lines up to the one that starts so, which is the last, or to the end of the connection."""
        lines = [self.line()]
        while lines[-1] and not lines[-1].startswith(prefix):
            lines.append(self.line())
        return lines
