"""The one subclass of ``poplib.POP3``: it runs over our stream, takes lines of any length, and has limits.

poplib refuses lines over 2,048 bytes, so that some real messages could never be fetched, sends CR and LF on,
and knows neither deadlines nor a bound on what a server sends (RFC 1939).
"""

from __future__ import annotations

import poplib
import re
from typing import IO, NoReturn

from ..errors import ProtocolError
from ..guard import guard
from ..net.stream import Stream
from ..net.wirelog import HIDDEN, WireLog
from .dots import single_dots
from .reply import cut_reply

MAX_LISTING = 64 * 1024 * 1024
"""Bytes that LIST, UIDL or CAPA may have: some million entries."""

_LONE_DOT = re.compile(rb"(?:\A|\r{0,2}\n)\.\r{0,2}\n")
_STATUS = re.compile(rb"\+OK\s+(\d{1,18})\s+(\d{1,18})")


class POP3Client(poplib.POP3):
    """Commands of POP3; a refused one raises ``poplib.error_proto`` with the server's line."""

    def __init__(self, stream: Stream) -> None:
        # poplib's constructor would open a socket of its own
        self.stream = stream
        self._log = WireLog(stream.account, stream.endpoint)
        self.encoding = "utf-8"
        self._debugging = 0
        self._tls_established = stream.is_tls
        self.welcome = b""
        self.welcome = self._getresp()

    def command(self, line: bytes) -> bytes:
        """Send a command that is answered by one line, and return that.

        :raises poplib.error_proto: If the server refused.
        """
        self._putline(line)
        return self._getresp()

    def send_line(self, line: bytes, *, shown: str | None = None) -> bytes:
        """Send a line (AUTH, the answer to a challenge) and return the server's, whatever it says.

        :param shown: What the protocol log shows instead, where the line has a secret.
        """
        self._putline(line, shown=shown)
        return self.read_line()

    def read_line(self) -> bytes:
        """Return the next line of the server without its end, whatever it says."""
        line = self.stream.readline().rstrip(b"\r\n")
        if self._log.is_on:
            self._log.received(line.decode("utf-8", "replace"))
        return line

    def send_lines(self, *lines: bytes) -> None:
        """Send commands in one write (RFC 2449, 6.6: more than one only where PIPELINING is offered)."""
        for line in lines if self._log.is_on else ():
            self._log.sent(_shown(line))
        self.stream.sendall(b"".join(guard(line, "POP3 command") + b"\r\n" for line in lines))

    def _putline(self, line: bytes, *, shown: str | None = None) -> None:
        if shown is None:
            self.send_lines(line)
            return
        self._log.sent(shown)
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
        block = self._block()
        return response, block.split(b"\n") if block else [], len(block)

    def _block(self) -> bytes:
        """Read the lines up to the lone dot, whatever they end with, and return them parted by LF."""
        block = self.stream.read_to(_LONE_DOT, MAX_LISTING).replace(b"\r\n", b"\n")
        if b"\n.." in block or block.startswith(b".."):
            block = (b"\n" + block).replace(b"\n..", b"\n.")[1:]
        return block

    def capabilities(self) -> dict[str, tuple[str, ...]]:
        """Return what CAPA lists, by upper-case name (RFC 2449, 5); poplib's own chokes on a blank line.

        :raises poplib.error_proto: If the server refused.
        """
        self._putline(b"CAPA")
        words = map(str.split, self.listing().split("\n"))
        return {name.upper(): tuple(values) for name, *values in filter(None, words)}

    def status(self) -> tuple[int, int]:
        """Return how many messages STAT tells, and how many bytes they have together.

        :raises poplib.error_proto: If the server refused.
        :raises ProtocolError: If it answered with anything but two numbers.
        """
        found = _STATUS.match(self.command(b"STAT"))
        if found is None:
            raise self.stream.error(ProtocolError, "The server answered STAT without its two numbers.")
        return int(found[1]), int(found[2])

    def listing(self) -> str:
        """Return the lines that LIST, UIDL or CAPA is answered with, parted by LF; what is not ASCII is escaped.

        :raises poplib.error_proto: If the server refused.
        """
        self._getresp()
        return self._block().decode("ascii", "backslashreplace")

    def top_content(self, number: int, lines: int, limit: int) -> bytes:
        """Return the headers of a message and its first lines; the parameters and errors are those of ``content``."""
        self._putline(b"TOP %d %d" % (number, lines))
        return self.content(limit)

    def content(self, limit: int) -> bytes:
        """Return the message that a RETR or TOP is answered with, as the server sent it.

        :param limit: How many bytes it may have.
        :raises poplib.error_proto: If the server refused.
        """
        content = self.content_that_came(limit)
        return self._content_as_it_comes(limit) if content is None else content

    def content_that_came(self, limit: int) -> bytes | None:
        """Return what ``content`` would, without waiting; ``None`` if that takes more than a look at what has come."""
        reply = None if self._log.is_on else self.stream.cut(lambda buffer: cut_reply(buffer, limit))
        return None if reply is None else _with_single_dots(reply.content)

    def _content_as_it_comes(self, limit: int) -> bytes:
        if self._begins_with_lf():
            return self._content_by_lines(limit)
        if self.stream.peek(3) == b".\r\n":
            self.stream.read(3)
            return b""
        return _with_single_dots(self.stream.read_until(b"\r\n.\r\n", limit) + b"\r\n")

    def save_content(self, file: IO[bytes], limit: int) -> int:
        """Write the message that a RETR is answered with into a file, in little memory, and return its size.

        :param limit: How many bytes it may have.
        :raises poplib.error_proto: If the server refused; nothing is written then.
        """
        if self._begins_with_lf():
            return file.write(self._content_by_lines(limit))
        if self.stream.peek(3) == b".\r\n":
            self.stream.read(3)
            return 0
        size = sum(map(file.write, single_dots(self.stream.pieces_until(b"\r\n.\r\n", limit))))
        return size + file.write(b"\r\n")

    def _begins_with_lf(self) -> bool:
        """Read the line before a message, and tell whether the server ends its lines with LF alone.

        :raises poplib.error_proto: If it refuses.
        """
        line = self.stream.readline()
        if self._log.is_on:
            self._log.received(line.decode("utf-8", "replace"))
        if not line.startswith(b"+"):
            self._refuse(line.rstrip(b"\r\n"))
        return not line.endswith(b"\r\n")

    def _content_by_lines(self, limit: int) -> bytes:
        lines = []
        octets = 0
        while (line := self.stream.readline()).rstrip(b"\r\n") != b".":
            octets += len(line)
            if octets > limit:
                self._too_long(limit)
            lines.append(_content(line) + b"\r\n")
        return b"".join(lines)

    def _refuse(self, line: bytes) -> NoReturn:
        if line.startswith(b"-ERR"):
            raise poplib.error_proto(line)
        self.stream.broken = True
        if self.welcome:
            raise self.stream.error(ProtocolError, "The server's answer is none that POP3 knows.")
        raise self.stream.error(ProtocolError, "The server does not speak POP3.", hint=_other_protocol(line))

    def _too_long(self, limit: int) -> NoReturn:
        self.stream.broken = True
        raise self.stream.error(ProtocolError, f"The server sent more than {limit:,} bytes.")

    def close(self) -> None:
        """Close the connection without a word."""
        self.stream.close()


def _shown(line: bytes) -> str:
    """Return a command as the protocol log shows it, without its credential."""
    command, *words = line.decode("utf-8", "replace").split(" ")
    return f"{command} {HIDDEN}" if command in ("PASS", "APOP") else " ".join([command, *words])


def _with_single_dots(content: bytes) -> bytes:
    if b"\r\n.." in content:
        content = content.replace(b"\r\n..", b"\r\n.")
    return content[1:] if content.startswith(b"..") else content


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
