"""SMTP over a stream: commands out, replies in, each matched to its command (RFC 5321, RFC 2920)."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from ..auth import decode_server_text
from ..errors import CommandError, ProtocolError, ServiceError
from ..guard import guard
from ..net import Stream, WireLog
from ..providers import advise
from .reply import Reply

MAX_REPLY_LINE = 64 * 1024
MAX_REPLY_LINES = 200

_SHORT_REPLY = re.compile(rb"(\d\d\d) ([^\r\n]{0,1000})\r\n")  # nearly all are: read at once
_REPLY_LINE = re.compile(rb"(\d\d\d)(?:([ -])(.*))?\Z", re.DOTALL)


class SMTPClient:
    """The conversation: one command at a time, or several written at once and answered in order.

    :param heard_at: When the last reply came, on the monotonic clock.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.heard_at = time.monotonic()
        self._log = WireLog(stream.account, stream.endpoint)
        self._logs = self._log.is_on

    def command(self, line: str, *, shown: str | None = None) -> Reply:
        """Send one command and return its reply, whatever it says.

        :param shown: What the protocol log shows instead, where the line has a secret.
        """
        self.send([line], shown=shown)
        return self.reply()

    def send(self, lines: Sequence[str], data: bytes = b"", *, shown: str | None = None) -> None:
        """Write commands at once; each is guarded, so that one argument never becomes two commands.

        :param data: What the last of them announces, written behind it as it is (BDAT).
        :param shown: What the protocol log shows instead of them.
        """
        guard("".join(lines), "SMTP command")
        self._logs = self._log.is_on  # asked once for all that answers these lines
        if self._logs:
            for line in [shown] if shown is not None else lines:
                self._log.sent(line)
        self.stream.sendall("\r\n".join([*lines, ""]).encode() + data)

    def content(self, data: bytes) -> None:
        """Write the content that DATA announced, its end included."""
        if self._logs:
            self._log.sent(f"({len(data):,} bytes of content)")
        self.stream.sendall(data)

    def reply(self) -> Reply:
        """Read one reply of any number of lines.

        :raises ProtocolError: If what comes is no reply, or one without end.
        """
        if not self._logs and (short := self.stream.take(_SHORT_REPLY)) is not None:
            self.heard_at = time.monotonic()
            return Reply(int(short[0]), short[1:])
        lines: list[bytes] = []
        while len(lines) < MAX_REPLY_LINES:
            line = self.stream.readline(MAX_REPLY_LINE).rstrip(b"\r\n")
            if self._logs:
                self._log.received(decode_server_text(line))
            found = _REPLY_LINE.match(line)
            if found is None:
                self.stream.broken = True
                raise self.stream.error(ProtocolError, "The server does not speak SMTP.", hint=_other_protocol(line))
            code, mark, words = found.groups(b"")
            lines.append(words)
            if mark != b"-":
                self.heard_at = time.monotonic()
                return Reply(int(code), tuple(lines))
        self.stream.broken = True
        raise self.stream.error(ProtocolError, "The server sent a reply without end.")

    def require_silence(self, command: str) -> None:
        """Refuse to send a command while something waits to be read: it would be taken for the command's answer.

        :raises CommandError: If the server says goodbye (421).
        :raises DisconnectedError: If the connection has ended.
        :raises ProtocolError: If it is anything else.
        """
        if not self.stream.readable():
            return
        reply = self.unasked()
        if reply is not None:
            raise self.refused(command, reply) if reply.code == 421 else self.out_of_turn(command, reply)

    def unasked(self) -> Reply | None:
        """Return a reply that has come already though nobody waits for one, or ``None``; waits for nothing.

        :raises DisconnectedError: If the connection has ended.
        """
        if not self.stream.readable() or not self.stream.take_waiting():
            return None  # or it was TLS that had something to say
        return self.reply()

    def failed(self, command: str, reply: Reply) -> ServiceError:
        """Return the error for a command that the server did not carry out."""
        return self.refused(command, reply) if reply.negative else self.out_of_turn(command, reply)

    def out_of_turn(self, command: str, reply: Reply) -> ProtocolError:
        """Return the error for a reply that answers nothing, or another command; the stream is broken then.

        It may be over on a new connection, so it counts as transient.
        """
        self.stream.broken = True
        return self.stream.error(
            ProtocolError,
            f"The server answered {command} out of turn: {reply.code} {reply.text}".rstrip(),
            transient=True,
        )

    def refused(self, command: str, reply: Reply) -> CommandError:
        """Return the error for a command that the server answered with 4yz or 5yz."""
        if reply.code == 421:
            self.stream.broken = True
        advice = advise("smtp", reply.words, provider=self.stream.account.provider)
        return self.stream.error(
            CommandError,
            f"The server refused {command}: {reply.code} {reply.text}".rstrip(),
            command=command,
            code=str(reply.code),
            server_text=" ".join(reply.lines),
            transient=not reply.permanent,
            hint=advice.hint if advice else "",
            category=advice.category if advice else None,
        )


def _other_protocol(line: bytes) -> str:
    """Return the hint for a greeting of another protocol."""
    if line.startswith(b"* "):
        return "It greets like an IMAP server: check host and port."
    if line.startswith(b"+OK"):
        return "It greets like a POP3 server: check host and port."
    return "Check host and port."
