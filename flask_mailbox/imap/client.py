"""The one subclass of ``imapclient.IMAPClient``: every command guarded, bounded, and answered by values of ours."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import Any

from imapclient import IMAPClient

from ..auth import Mechanism
from ..errors import ProtocolError
from ..guard import guard
from ..net.stream import Stream
from ..net.wirelog import HIDDEN
from .answer import Answer, Status, Untagged
from .arguments import Argument, Literal
from .connection import Budget, Connection
from .refusals import refused, said_goodbye

SMALL = Budget()
MAX_SASL_ROUNDS = 10
LITERAL_MINUS = 4096
"""The largest literal that LITERAL- allows without waiting (RFC 7888)."""


class Client(IMAPClient):  # type: ignore[misc]
    """Commands and answers of one connection.

    :param stream: A connected stream whose greeting was not read yet.
    :raises ServiceError: If the greeting is none.
    """

    _imap: Connection

    def __init__(self, stream: Stream) -> None:
        self.net = stream
        super().__init__(stream.endpoint.host, stream.endpoint.port, ssl=False)
        self._imap.debug = 0
        self._imap.on_bye = lambda status: said_goodbye(stream, status)

    # imapclient's own seams

    def _create_IMAP4(self) -> Connection:  # noqa: N802 - imapclient's name
        return Connection(self.net)

    def _set_read_timeout(self) -> None:
        """Leave time-outs to the stream."""

    def socket(self) -> Any:
        """Return what a selector can watch."""
        return self.net

    def capabilities(self) -> tuple[bytes, ...]:
        """Return what the server said last that it can do."""
        return tuple(capability.encode() for capability in self._imap.capabilities)

    def _raw_command(self, command: bytes, args: Any, uid: bool = True) -> tuple[str, list[bytes]]:
        """Send a command for imapclient's inherited methods, its arguments guarded and literals where needed."""
        arguments = [args] if isinstance(args, bytes) else list(args)
        name = f"UID {command.decode()}" if uid and self.use_uid else command.decode()
        self._imap.untagged_responses.clear()
        status = self._exchange(name, [_inherited(argument) for argument in arguments], SMALL)
        return status.condition, [status.words]

    # our own

    @property
    def wire(self) -> Connection:
        """The connection below."""
        return self._imap

    def take_wire(self, other: Client) -> None:
        """Go on over the connection of another client, whose stream this one's has taken."""
        self._imap = other._imap
        self._imap.stream = self.net
        self._imap.on_bye = lambda status: said_goodbye(self.net, status)

    def can(self, capability: str) -> bool:
        """Whether the server said that it has this capability."""
        return capability in self._imap.capabilities

    def run(self, command: str, *arguments: Argument, budget: Budget = SMALL) -> Answer:
        """Send one command and return its answer.

        :param command: Its name, ``UID`` included: ``UID FETCH``.
        :param budget: How much the server may answer.
        :raises CommandError: If the server refuses it.
        :raises ProtocolError: If the answer is no answer, or too much of it.
        """
        answer = self.ask(command, *arguments, budget=budget)
        if answer.status.condition != "OK":
            raise refused(self.net, command, answer.status)
        return answer

    def ask(self, command: str, *arguments: Argument, budget: Budget = SMALL) -> Answer:
        """Send one command and return its answer, a refusal too."""
        collected: list[Untagged] = []
        self._imap.collected = collected
        try:
            return Answer(self._exchange(command, arguments, budget), collected)
        finally:
            self._imap.collected = None

    def ask_all(self, commands: Sequence[tuple[str, Sequence[bytes]]], *, budget: Budget) -> list[Answer]:
        """Send commands in one write and return their answers: one round trip.

        Each is carried out even if one before it is refused, so it must be harmless then.

        :param commands: Names with arguments, none of them a literal; few enough to wait in the buffers below.
        :param budget: How much the server may answer to all of them.
        """
        answers: list[Answer] = []
        try:
            tags = [self._imap._new_tag() for _ in commands]
            self._imap.begin(budget)
            lines = [
                guard(b" ".join([tag, name.encode("ascii"), *arguments]), "argument")
                for tag, (name, arguments) in zip(tags, commands, strict=True)
            ]
            for line in lines if self._imap.log.is_on else ():
                self._imap.log.sent(line.decode("utf-8", "replace"))
            self._imap.send(b"\r\n".join([*lines, b""]))
            for tag in tags:
                collected: list[Untagged] = []
                self._imap.collected = collected
                answers.append(Answer(self._final(tag, "the commands"), collected))
        finally:
            self._imap.collected = None
        return answers

    def authenticate_by(self, mechanism: Mechanism, *, initial: bool) -> Answer:
        """Run a SASL mechanism to the server's final answer (RFC 9051, 6.2.2).

        :param initial: Whether the first message may go with the command (RFC 4959).
        """
        first = mechanism.initial if initial else None
        arguments = [mechanism.name.encode()]
        if first is not None:
            arguments.append(base64.b64encode(first) or b"=")
        collected: list[Untagged] = []
        self._imap.collected = collected
        self._imap.continuation_response = None
        try:
            tag = self._start("AUTHENTICATE", arguments, SMALL)
            for _ in range(MAX_SASL_ROUNDS):
                status = self._wait(tag)
                if status is not None:
                    return Answer(status, collected)
                challenge = _challenge(self._imap.continuation_response)
                self._imap.log.sent(HIDDEN)
                self._imap.send(base64.b64encode(mechanism.respond(challenge)) + b"\r\n")
            self.net.broken = True
            raise self.net.error(ProtocolError, "The server does not end the sign-in.")
        finally:
            self._imap.collected = None

    def start_idle(self) -> bytes:
        """Begin IDLE in the open folder (RFC 2177) and return its tag for ``end_idle``.

        :raises CommandError: If the server refuses it.
        """
        told: list[Untagged] = []
        self._imap.collected = told
        tag = self._start("IDLE", (), SMALL)
        status = self._wait(tag)
        if status is not None:
            self._imap.collected = None
            raise refused(self.net, "IDLE", status)
        self._imap.news += sum(response.name == "FETCH" for response in told)
        return tag

    def end_idle(self, tag: bytes) -> None:
        """End IDLE and read what the server told meanwhile."""
        try:
            self._imap.send(b"DONE\r\n")
            self._final(tag, "IDLE")
        finally:
            self._imap.collected = None

    def _exchange(self, command: str, arguments: Any, budget: Budget) -> Status:
        return self._final(self._start(command, arguments, budget), command)

    def _final(self, tag: bytes, command: str) -> Status:
        """Return how a command ended that has nothing more to say."""
        status = self._wait(tag)
        if status is None:
            self.net.broken = True
            raise self.net.error(ProtocolError, f"The server asks for more after {command}.")
        return status

    def _start(self, command: str, arguments: Any, budget: Budget) -> bytes:
        """Send a command with its literals; a server that refuses one early has answered already."""
        tag: bytes = self._imap._new_tag()
        self._imap.begin(budget)
        if self._imap.log.is_on:
            self._imap.log.sent(_shown(tag, command, arguments))
        line = bytearray(tag + b" " + command.encode("ascii"))
        for argument in arguments:
            if not isinstance(argument, Literal):
                line += b" " + guard(argument, "argument")
                continue
            line += b" " + guard(argument.before, "argument")
            if self._needs_no_waiting(len(argument.data)):
                line += b"{%d+}\r\n" % len(argument.data)
            else:
                self._imap.send(line + b"{%d}\r\n" % len(argument.data))
                if self._continues(tag):
                    return tag
                line = bytearray()
            line += argument.data
            line += guard(argument.after, "argument")
        self._imap.send(line + b"\r\n")
        return tag

    def _continues(self, tag: bytes) -> bool:
        """Wait for the server's ``+``; true if it answered the command instead."""
        while self._imap._get_response() is not None:
            if self._imap.tagged_commands[tag] is not None:
                return True
        return False

    def _wait(self, tag: bytes) -> Status | None:
        """Return how the command ended; ``None`` if the server waits for more from us."""
        tagged = self._imap.tagged_commands
        while tagged[tag] is None:
            if self._imap._get_response() is None:
                return None
        condition, (raw,) = tagged.pop(tag)
        status = Status.parse(condition, raw)
        if status.code == "CAPABILITY":
            self._imap.take_capabilities(status.data)
        return status

    def _needs_no_waiting(self, size: int) -> bool:
        return self.can("LITERAL+") or (self.can("LITERAL-") and size <= LITERAL_MINUS)


def _shown(tag: bytes, command: str, arguments: Iterable[Argument]) -> str:
    """Return a command as the protocol log shows it: no credential, and of literals their size alone."""
    words = [tag.decode("ascii"), command]
    if command == "LOGIN":
        return " ".join([*words, HIDDEN])
    for argument in arguments:
        if isinstance(argument, Literal):
            words.append(f"{argument.before.decode('utf-8', 'replace')}{{{len(argument.data)}}}")
        else:
            words.append(argument.decode("utf-8", "replace"))
    return " ".join([*words[:3], HIDDEN] if command == "AUTHENTICATE" else words)


def _inherited(argument: bytes) -> Argument:
    """Return an argument of imapclient's: its 8-bit ones are meant as literals."""
    original: bytes = getattr(argument, "original", argument)
    return argument if argument.isascii() else Literal(guard(original, "argument"))


def _challenge(line: object) -> bytes:
    try:
        return base64.b64decode(line if isinstance(line, bytes) else b"")
    except (binascii.Error, ValueError):
        return b""
