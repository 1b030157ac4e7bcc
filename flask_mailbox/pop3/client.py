"""The one subclass of ``poplib.POP3``: it runs over our stream, takes lines of any length, and has limits.

poplib refuses lines over 2,048 bytes, so that some real messages could never be fetched, sends CR and LF on,
and knows neither deadlines nor a bound on what a server sends (RFC 1939).
"""

from __future__ import annotations

import poplib
from collections.abc import Sequence
from typing import NoReturn

from ..errors import ProtocolError
from ..guard import guard
from ..net.stream import Stream

MAX_LISTING = 64 * 1024 * 1024
"""Bytes that LIST, UIDL or CAPA may have: some million entries."""


class POP3Client(poplib.POP3):
    """Commands of POP3; a refused one raises ``poplib.error_proto`` with the server's line."""

    def __init__(self, stream: Stream) -> None:
        # poplib's constructor would open a socket of its own
        self.stream = stream
        self.encoding = "utf-8"
        self.answer_limit = MAX_LISTING
        self._debugging = 0
        self._tls_established = stream.is_tls
        self.welcome: bytes = self._getresp()

    def send_line(self, line: bytes) -> bytes:
        """Send a line that is no command (an answer to a SASL challenge) and return the server's."""
        self._putline(line)
        return self.read_line()

    def read_line(self) -> bytes:
        """Return the next line of the server without its end, whatever it says."""
        return self.stream.readline().rstrip(b"\r\n")

    def _putline(self, line: bytes) -> None:
        self.stream.sendall(guard(line, "POP3 command") + b"\r\n")

    def _getline(self) -> tuple[bytes, int]:
        line = self.stream.readline()
        return line.rstrip(b"\r\n"), len(line)

    def _getresp(self) -> bytes:
        line = self.read_line()
        if not line.startswith(b"+"):
            self._refuse(line)
        return line

    def _getlongresp(self) -> tuple[bytes, list[bytes], int]:
        """Read an answer up to the lone dot, dots at line starts made single again (RFC 1939, 3)."""
        response = self._getresp()
        lines: list[bytes] = []
        octets = 0
        while (line := self.stream.readline()).rstrip(b"\r\n") != b".":
            octets += len(line)
            if octets > self.answer_limit:
                self._too_long()
            lines.append(_content(line))
        return response, lines, octets

    def listing(self) -> list[bytes]:
        """Return the lines that LIST or UIDL is answered with.

        :raises poplib.error_proto: If the server refused.
        """
        return self._getlongresp()[1]

    def ask_for(self, numbers: Sequence[int]) -> None:
        """Send a RETR for each message in one write (RFC 2449, 6.6: only where PIPELINING is offered)."""
        self.stream.sendall(b"".join(b"RETR %d\r\n" % number for number in numbers))

    def content(self) -> bytes:
        """Return the message that a RETR or TOP is answered with, as the server sent it.

        :raises poplib.error_proto: If the server refused.
        """
        status = self.stream.readline()
        if not status.startswith(b"+"):
            self._refuse(status.rstrip(b"\r\n"))
        if not status.endswith(b"\r\n"):  # a server that ends its lines with LF alone
            return self._content_by_lines()
        if self.stream.peek(3) == b".\r\n":
            self.stream.read(3)
            return b""
        content = self.stream.read_until(b"\r\n.\r\n", self.answer_limit) + b"\r\n"
        if b"\r\n.." in content:
            content = content.replace(b"\r\n..", b"\r\n.")
        return content[1:] if content.startswith(b"..") else content

    def _content_by_lines(self) -> bytes:
        lines = []
        octets = 0
        while (line := self.stream.readline()).rstrip(b"\r\n") != b".":
            octets += len(line)
            if octets > self.answer_limit:
                self._too_long()
            lines.append(_content(line) + b"\r\n")
        return b"".join(lines)

    def _refuse(self, line: bytes) -> NoReturn:
        if line.startswith(b"-ERR"):
            raise poplib.error_proto(line)
        self.stream.broken = True
        raise self.stream.error(ProtocolError, "The server does not speak POP3.", hint=_other_protocol(line))

    def _too_long(self) -> NoReturn:
        self.stream.broken = True
        raise self.stream.error(ProtocolError, f"The server sent more than {self.answer_limit:,} bytes.")

    def close(self) -> None:
        """Close the connection without a word."""
        self.stream.close()


def _content(line: bytes) -> bytes:
    """Return a line without its stuffed dot and its end; a CR that is part of the text stays."""
    if line.startswith(b".."):
        line = line[1:]
    if line.endswith(b"\r\n"):
        return line[:-2]
    return line[:-1]


def _other_protocol(line: bytes) -> str:
    if line.startswith(b"* "):
        return "It greets like an IMAP server: check host and port."
    if line[:3].isdigit():
        return "It greets like an SMTP server: check host and port."
    return "Check host and port."
