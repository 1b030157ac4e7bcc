"""imaplib's connection over our own stream: deadlines, guarded arguments, bounded answers, no debug log.

imaplib keeps the last commands (passwords among them) and a ``repr`` of every answer for a log that nobody reads,
reads literals of any announced size, and takes any line end inside an argument for its own. All of these paths
are replaced here; what stays is its state and its tags, so that ``imapclient`` can work on top.
"""

from __future__ import annotations

import imaplib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..errors import ProtocolError
from ..guard import guard
from ..net.stream import MAX_LINE, Stream
from ..net.wirelog import WireLog
from .answer import Status, Untagged
from .arguments import MAX_NUMBER, count_set
from .rows import Row, cut_row

MIB = 1024 * 1024

_TAGGED = re.compile(rb"([A-P]{4}\d+) (OK|NO|BAD)(?: (.*))?", re.DOTALL | re.IGNORECASE)
_UNTAGGED = re.compile(rb"\* (?:(\d{1,20}) )?([A-Za-z][A-Za-z0-9.-]*)(?: (.*))?", re.DOTALL)
_LITERAL = re.compile(rb"~?\{(\d{1,20})\+?\}\Z")
_CONDITIONS = frozenset(("OK", "NO", "BAD", "BYE", "PREAUTH"))


class OversizeError(ProtocolError):
    """The server announced a literal of more bytes than were allowed: ``size``."""

    def __init__(self, text: str, *, size: int = 0, **where: object) -> None:
        self.size = size
        super().__init__(text, **where)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much a server may answer to one command.

    :param lines: Untagged responses.
    :param size: Bytes over all.
    :param line: Bytes of one line.
    :param literal: Bytes of one literal.
    :param keep: Bytes of one literal that are kept; what is more is read and dropped.
    :param streamed: Bytes of one literal that goes where ``Connection.streaming`` says.
    """

    lines: int = 100_000
    size: int = 32 * MIB
    line: int = MAX_LINE
    literal: int = 1 * MIB
    keep: int = 2**63
    streamed: int = 0


Sink = Callable[[bytes], None]
Choose = Callable[[str, int | None, Sequence[bytes]], Sink | None]
"""Takes a response's name, number and pieces up to a literal, and returns where the literal goes in pieces."""


class Connection(imaplib.IMAP4):
    """The wire of one IMAP session.

    :param exists: How many messages the selected folder holds, kept up to date with every answer.
    :param news: How many answers told unasked that the selected folder changed, since it was opened.
    :param log: The protocol log; commands are told to it by who knows what is secret in them.
    :param collected: The untagged responses of the running command, where ``Client.run`` asked for them.
    """

    # bytes here, whatever the stubs of imaplib say
    tagpre: Any
    welcome: Any
    continuation_response: Any
    literal: Any
    tagged_commands: dict[bytes, Any]

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.log = WireLog(stream.account, stream.endpoint)
        self.exists = self.news = 0
        self.collected: list[Untagged] | None = None
        self.greeting = Status("", "", b"", b"")
        self.on_bye: Callable[[Status], Exception] | None = None
        self._budget = Budget()
        self._lines = self._bytes = 0
        self._choose: Choose | None = None
        super().__init__()

    # imaplib's own overridable methods

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """Do nothing: the stream is connected."""
        self.host, self.port = self.stream.endpoint.host, self.stream.endpoint.port
        self.sock = None  # type: ignore[assignment]

    def read(self, size: int) -> bytes:
        """Return exactly ``size`` bytes, and give the deadline time for them."""
        self.stream.expect(size)
        return self.stream.read(size)

    def readline(self) -> bytes:
        """Return one line with its end."""
        return self.stream.readline(self._budget.line)

    def send(self, data: Any) -> None:
        """Send bytes within the deadline."""
        self.stream.sendall(data)

    def shutdown(self) -> None:
        """Close the connection without a word."""
        self.stream.close()

    @contextmanager
    def streaming(self, choose: Choose) -> Iterator[None]:
        """Let ``choose`` say of each literal in the block where it goes; an empty one stands in a streamed one's place.

        A literal for which it returns ``None`` is read as any other.
        """
        self._choose = choose
        try:
            yield
        finally:
            self._choose = None

    def begin(self, budget: Budget) -> None:
        """Start counting what the server answers to the next command."""
        self._budget = budget
        self._lines = self._bytes = 0

    # imaplib's private ones, replaced

    def _connect(self) -> None:
        """Read the greeting; what the server can do is asked later, once it is known whom we talk to."""
        self.tagpre = imaplib.Int2AP(random.randint(4096, 65535))  # noqa: S311 - a tag is no secret
        self.welcome = self._get_response()
        self.state = {"OK": "NONAUTH", "PREAUTH": "AUTH"}.get(self.greeting.condition, "LOGOUT")
        self.capabilities = ()

    def _command(self, name: str, *args: Any) -> bytes:
        """Send a command for one of imapclient's inherited methods, its arguments guarded."""
        tag: bytes = self._new_tag()
        self.begin(Budget())
        self.untagged_responses.clear()
        parts = [tag, name.encode("ascii")]
        parts += [guard(arg.encode() if isinstance(arg, str) else bytes(arg), "argument") for arg in args if arg]
        if self.log.is_on:
            self.log.sent(b" ".join(parts).decode("utf-8", "replace"))
        literal, self.literal = self.literal, None
        if not isinstance(literal, bytes):
            self.send(b" ".join(parts) + b"\r\n")
            return tag
        self.send(b" ".join(parts) + b" {%d}\r\n" % len(literal))
        while self._get_response() is not None:
            if self.tagged_commands[tag] is not None:
                return tag
        self.send(literal + b"\r\n")
        return tag

    def _get_line(self) -> bytes:
        line = self.readline()
        self._count(len(line))
        return line.rstrip(b"\r\n")

    def _get_response(self) -> bytes | None:
        """Read one response and keep it; ``None`` means that the server waits for more from us."""
        if self.collected is not None and not self.log.is_on and (row := self.stream.cut(self._cut_row)):
            self._count(row.size)
            self.collected.append(Untagged("FETCH", row.number, (b"",), row.items))
            return b"*"
        line = self._get_line().lstrip(b"\0")
        if self.log.is_on:
            self.log.received(line.decode("utf-8", "replace"))
        if line.startswith(b"* "):
            self._keep_untagged(line)
        elif line.startswith(b"+") and self.greeting.condition:
            self.continuation_response = line[2:]
            return None
        elif found := _TAGGED.fullmatch(line):
            self._keep_tagged(found)
        elif line.startswith(b"Server Unavailable"):  # Exchange's goodbye, on a line of its own
            self._keep_condition("BYE", line)
        else:
            raise self.violation(_stranger(line))
        return line

    def _cut_row(self, buffer: bytearray) -> Row | None:
        return cut_row(buffer, min(self._budget.literal, self._budget.keep)) if self._choose is None else None

    def _keep_tagged(self, found: re.Match[bytes]) -> None:
        tag = found[1]
        if self.tagged_commands.get(tag, b"") is not None:
            raise self.violation("The server answered a command that was not asked.")
        self.tagged_commands[tag] = (found[2].decode("ascii").upper(), [found[3] or b""])

    def _keep_untagged(self, line: bytes) -> None:
        found = _UNTAGGED.fullmatch(line)
        if found is None:  # servers send other things, too; RFC 9051, 2.2.2: ignore
            if line.startswith(b"* [") and self.greeting.condition:  # Exchange: a code without its OK
                self._keep_condition("OK", line[2:])
            return
        name = found[2].decode("ascii").upper()
        number = int(found[1]) if found[1] else None
        if name in _CONDITIONS:
            self._keep_condition(name, found[3] or b"")
            return
        if number is not None and number > MAX_NUMBER:
            raise self.violation("The server sent a message number of more than 32 bits.")
        pieces = self._pieces(name, number, found[3] or b"")
        if name == "EXISTS":
            self.news += number != self.exists  # some servers say it again whenever IDLE begins
            self.exists = number or 0
        elif name == "EXPUNGE":
            self.news += 1
            self.exists = max(0, self.exists - 1)
        elif name == "VANISHED" and not pieces[0].startswith(b"("):
            self.news += 1
            self.exists = max(0, self.exists - count_set(pieces[0]))
        elif name == "FETCH" and b"UID " not in pieces[0]:  # nobody asks without it
            self.news += 1
        elif name == "CAPABILITY":
            self.take_capabilities(pieces[0])
        self._keep(Untagged(name, number, tuple(pieces)))

    def _keep_condition(self, name: str, text: bytes) -> None:
        status = Status.parse(name, text)
        if not self.greeting.condition:
            self.greeting = status
            return
        if name == "BYE" and self.on_bye is not None:
            self.stream.broken = True
            raise self.on_bye(status)
        self._keep(Untagged(name, None, (text,)))

    def take_capabilities(self, text: bytes) -> None:
        """Believe what the server says it can do from here on."""
        self.capabilities = tuple(text.decode("ascii", "replace").upper().split())

    def _pieces(self, name: str, number: int | None, text: bytes) -> list[bytes]:
        """Read the literals that a response announces, and the text between them."""
        pieces: list[bytes] = []
        while found := _LITERAL.search(text):
            size = int(found[1])
            pieces.append(text[: found.start()])
            sink = self._choose(name, number, pieces) if self._choose is not None else None
            allowed = self._budget.literal if sink is None else self._budget.streamed
            if size > allowed:
                self.stream.broken = True
                raise self.stream.error(
                    OversizeError, f"The server announced {size:,} bytes; allowed are {allowed:,}.", size=size
                )
            self._count(size)
            pieces.append(self._literal(size) if sink is None else self._pass_on(size, sink))
            text = self._get_line()
        pieces.append(text)
        return pieces

    def _literal(self, size: int) -> bytes:
        return self.read(size) if size <= self._budget.keep else self._beginning(size)

    def _pass_on(self, size: int, sink: Sink) -> bytes:
        """Give a literal to a sink in pieces; nothing stands in its place."""
        self.stream.expect(size)
        for chunk in self.stream.chunks(size):
            sink(chunk)
        return b""

    def _beginning(self, size: int) -> bytes:
        """Read a literal and return as much of it as is kept."""
        kept = bytearray()
        self.stream.expect(size)
        for chunk in self.stream.chunks(size):
            kept += chunk[: max(0, self._budget.keep - len(kept))]
        return bytes(kept)

    def _keep(self, response: Untagged) -> None:
        """Keep a response for ``Client.run``, or else where imaplib's methods look for it."""
        if self.collected is not None:
            self.collected.append(response)
            return
        kept = self.untagged_responses.setdefault(response.name, [])
        first = b"%d " % response.number if response.number is not None else b""
        *pairs, last = [first + response.pieces[0], *response.pieces[1:]]
        for text, literal in zip(pairs[::2], pairs[1::2], strict=True):
            kept.append((text + b"{%d}" % len(literal), literal))
        kept.append(last)

    def _count(self, size: int) -> None:
        self._lines += 1
        self._bytes += size
        if self._lines > self._budget.lines or self._bytes > self._budget.size:
            raise self.violation(f"The server's answer does not end ({self._lines:,} lines, {self._bytes:,} bytes).")

    def violation(self, text: str) -> ProtocolError:
        """Return the error for what the protocol does not allow; the stream is not used again."""
        self.stream.broken = True
        return self.stream.error(ProtocolError, text)


def _stranger(line: bytes) -> str:
    """Name the protocol that a line belongs to, if it is not IMAP."""
    if line.startswith((b"+OK", b"-ERR")):
        return "The server speaks POP3 on this port, not IMAP."
    if line[:4] in (b"220 ", b"220-", b"554 "):
        return "The server speaks SMTP on this port, not IMAP."
    return "The server does not speak IMAP here."
