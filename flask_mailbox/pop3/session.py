"""An open maildrop: entries, messages, deletions that happen at the end (RFC 1939)."""

from __future__ import annotations

import dataclasses
import poplib
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import IO, TypeVar

from ..account import Account, Protocol
from ..auth import open_signed_in
from ..errors import (
    BusyError,
    CommandError,
    MessageError,
    MessageNotFoundError,
    MessageTooLargeError,
    ServiceError,
    UsageError,
)
from ..message import ReceivedMessage, parse_message
from ..net.stream import Stream
from .client import POP3Client
from .entry import Entry, listed
from .fetching import SLACK, WINDOW, Fetching
from .login import ask_capabilities, secure, sign_in, speak_utf8
from .naming import Naming, is_own
from .refusals import MEANINGS, refusal_line, refused, refused_connection, response_code

Result = TypeVar("Result")

GOODBYE = 2.0
"""Seconds to wait for the answer to a QUIT that has nothing to carry out."""


class POP3Session:
    """One locked maildrop; made by ``open``, ended by ``finish``, which carries out the deletions.

    :param capabilities: What CAPA listed, by upper-case name.
    """

    def __init__(self, client: POP3Client) -> None:
        self.client = client
        self.stream = client.stream
        self.account = client.stream.account
        self.capabilities: dict[str, tuple[str, ...]] = {}
        self._naming = Naming(self._headers)
        self._by_number: dict[int, Entry] | None = None
        self._deleted = 0
        self._fetching: Fetching | None = None
        self._knows_top = True

    @classmethod
    def open(cls, account: Account) -> POP3Session:
        """Connect, upgrade to TLS where configured, and sign in.

        :raises ConnectError: If there is no connection, no TLS, or a wrong certificate.
        :raises AuthenticationError: If the server refuses the credential.
        :raises BusyError: If the maildrop is open elsewhere or the server asks to wait.
        :raises CommandError: If the server says that it cannot open the maildrop at all (SYS/PERM).
        """
        return open_signed_in(account, cls._open)

    @classmethod
    def _open(cls, account: Account) -> POP3Session:
        stream = Stream.open(account, Protocol.POP3)
        try:
            with stream.operation():
                session = cls(_greeted(stream))
                secure(session.client)
                session.capabilities = ask_capabilities(session.client)
                speak_utf8(session.client, session.capabilities)
                sign_in(session.client, session.capabilities)
        except BaseException:
            stream.close()
            raise
        return session

    # What the pool asks for

    @property
    def is_reusable(self) -> bool:
        """Never: a maildrop is locked while it is open, and deletions happen at its end."""
        return False

    def finish(self) -> None:
        """Say QUIT, which carries out the deletions, and close.

        :raises ServiceError: If messages were to be deleted and the server did not confirm it.
        """
        try:
            if self._deleted:
                self._carry_out_deletions()
            elif not self.stream.broken and not (self._fetching and self._fetching.unanswered):
                self._say_goodbye()
        finally:
            self.drop()

    def _carry_out_deletions(self) -> None:
        try:
            self._ask("QUIT", lambda: self.client.command(b"QUIT"))
        except ServiceError as error:
            error.hint = f"The {self._deleted} deletions may not have happened: look again. {error.hint}".strip()
            raise

    def _say_goodbye(self) -> None:
        try:
            with self.stream.operation(read=GOODBYE):
                self.client.command(b"QUIT")
        except (ServiceError, poplib.error_proto):
            pass

    def drop(self) -> None:
        """Close the connection without QUIT: nothing is deleted."""
        self._deleted = 0
        self.stream.close()

    # Reading

    def stat(self) -> tuple[int, int]:
        """Return how many messages there are and how many bytes they have together."""
        return self._ask("STAT", self.client.status)

    def entries(self) -> tuple[Entry, ...]:
        """Return the messages of the maildrop in its order, oldest first on most servers.

        Where the server has no UIDL, gives two messages the same name, or names all by their numbers, a name is made
        of a message's headers and size; that costs a TOP for each of them.
        """
        entries = self._naming.entries(*self._listings())
        self._by_number = {entry.number: entry for entry in entries}
        return entries

    def new(self, seen: Collection[str]) -> tuple[Entry, ...]:
        """Return the entries that are not among those the caller has seen; all mail stays on the server.

        A message is never passed over because another one had its name. It is told again if the server has given it
        another name, unless the one that was seen was made of its headers and size: under that it is recognised, at the
        cost of a TOP for each new message of that size, and ``entries`` calls it so from then on.

        :param seen: The uidls of ``entries``, of this session or earlier ones.
        """
        return self._naming.unseen(self.entries(), seen)

    def top(self, uidl: str, lines: int = 0) -> ReceivedMessage:
        """Return a message's headers and its first lines of text, with the defect ``truncated``.

        Where the server has no TOP, the whole message is fetched and nothing is missing.

        :raises MessageNotFoundError: If there is no message of that name.
        """
        if not isinstance(lines, int) or isinstance(lines, bool) or lines < 0:
            raise UsageError(f"lines is {lines!r}, and takes a whole number from 0.")
        entry = self._entry(uidl)
        found = self._top(entry.number, lines)
        return self.message(uidl) if found is None else parse_message(found, truncated=True)

    def message(self, uidl: str) -> ReceivedMessage:
        """Return a whole message, parsed; the parameters and errors are those of ``raw``."""
        return parse_message(self.raw(uidl))

    def raw(self, uidl: str) -> bytes:
        """Return a whole message as its bytes, dots at line starts made single again.

        :param uidl: A name that ``entries`` gave, in this session or an earlier one.
        :raises MessageNotFoundError: If there is no message of that name.
        :raises MessageTooLargeError: If it is larger than ``MAX_MESSAGE_SIZE``.
        """
        ((_, content),) = self.raws([uidl])
        return content

    def save(self, uidl: str, file: IO[bytes]) -> int:
        """Write a whole message into a file as it comes, in little memory, and return its size.

        Errors are those of ``raw``; after one the file's content is not to be used.

        :param file: Open for writing bytes.
        """
        entry = self._within_limit(self._entry(uidl))

        def fetch() -> int:
            self.client.send_lines(b"RETR %d" % entry.number)
            self.stream.expect(entry.size)
            return self.client.save_content(file, self.account.max_message_size + SLACK)

        return self._ask("RETR", fetch)

    def raws(self, uidls: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield whole messages with their names, in the order asked for.

        Where the server offers PIPELINING, up to 32 are asked for at once. Other commands may be given in between,
        such as ``delete`` for each message that was handled.

        :raises MessageNotFoundError: If there is no message of a name; before any is fetched.
        :raises MessageTooLargeError: If one is larger than ``MAX_MESSAGE_SIZE``; before any is fetched.
        """
        entries = [self._within_limit(self._entry(uidl)) for uidl in uidls]
        return self._fetch(entries)

    def _fetch(self, entries: list[Entry]) -> Iterator[tuple[str, bytes]]:
        ahead = WINDOW if "PIPELINING" in self.capabilities else 1
        fetching = Fetching(self.client, entries, ahead=ahead, limit=self.account.max_message_size)
        try:
            for entry in entries:
                self._settle(fetching)
                yield entry.uidl, self._answer("RETR", fetching.next)
        finally:
            fetching.abandon()

    def _within_limit(self, entry: Entry) -> Entry:
        limit = self.account.max_message_size
        if entry.size > limit:
            raise MessageTooLargeError(
                f"The message has {entry.size:,} bytes, and MAX_MESSAGE_SIZE allows {limit:,}: raise it to fetch it."
            )
        return entry

    def _top(self, number: int, lines: int) -> bytes | None:
        """Return what TOP gives, or ``None`` if the server refused and perhaps knows no TOP."""
        if not self._knows_top:
            return None
        try:
            limit = self.account.max_message_size + SLACK
            return self._ask("TOP", lambda: self.client.top_content(number, lines, limit))
        except BusyError:
            raise
        except CommandError:
            self._knows_top = "TOP" in self.capabilities
            return None

    # Deleting

    def delete(self, uidl: str) -> None:
        """Mark a message; it is deleted when the session ends well, and not if it ends by an error.

        :raises MessageNotFoundError: If there is no message of that name.
        """
        entry = self._entry(uidl)
        self._ask("DELE", lambda: self.client.command(b"DELE %d" % entry.number))
        self._deleted += 1
        if self._by_number is not None:
            del self._by_number[entry.number]

    def undelete_all(self) -> None:
        """Take back all deletions of this session."""
        self._ask("RSET", lambda: self.client.command(b"RSET"))
        self._deleted = 0
        self._by_number = None

    def noop(self) -> None:
        """Ask the server whether it is still there."""
        self._ask("NOOP", lambda: self.client.command(b"NOOP"))

    def _listings(self) -> tuple[dict[int, str], dict[int, str]]:
        """Return sizes and uidls by number; no uidls where the server knows no UIDL.

        Both are asked for in one write where the server offers PIPELINING.
        """
        self._settle()
        at_once = "PIPELINING" in self.capabilities
        with self.stream.operation():
            self.client.send_lines(b"LIST", *([b"UIDL"] if at_once else []))
            sizes, refusal = self._listing()
            if not at_once:
                self.client.send_lines(b"UIDL")
            uidls, no_uidl = self._listing()
            if refusal:
                raise refused(self.stream, "LIST", refusal)
            if response_code(no_uidl) in MEANINGS:
                raise refused(self.stream, "UIDL", no_uidl)
        return sizes, uidls

    def _listing(self) -> tuple[dict[int, str], str]:
        """Read one listing; the second value is the refusal, if it is one."""
        try:
            return listed(self.client.listing()), ""
        except poplib.error_proto as error:
            return {}, refusal_line(error)

    def _entry(self, uidl: str) -> Entry:
        if self._by_number is None:
            self.entries()
        if uidl not in self._naming.numbers and is_own(uidl):
            self.new([uidl])  # perhaps it has a name by the server now
        found = (self._by_number or {}).get(self._naming.numbers.get(uidl, 0))
        if found is None:
            raise self.stream.error(
                MessageNotFoundError, "There is no message of that uidl.", hint="It was deleted, or never was here."
            )
        return found if found.uidl == uidl else dataclasses.replace(found, uidl=uidl)

    def _headers(self, number: int, size: int) -> bytes:
        """Return what a message begins with; without TOP, all of it is fetched, and nothing if it cannot be had."""
        content = self._top(number, 0)
        if content is None:
            try:
                ((_, content),) = self._fetch([self._within_limit(Entry(number, "", size))])
            except BusyError:
                raise
            except (CommandError, MessageError):
                content = b""
        return content

    def _ask(self, command: str, act: Callable[[], Result]) -> Result:
        """Run one command within the deadline; a refusal becomes an error of our tree."""
        self._settle()
        with self.stream.operation():
            return self._answer(command, act)

    def _answer(self, command: str, act: Callable[[], Result]) -> Result:
        """Return what a command gives; a refusal becomes an error of our tree."""
        try:
            return act()
        except poplib.error_proto as error:
            raise refused(self.stream, command, refusal_line(error)) from error

    def _settle(self, fetching: Fetching | None = None) -> None:
        """Read what another fetching was still to be answered, so that the next answer is the next command's.

        :param fetching: Whose message comes next, if it is one of many.
        """
        if self._fetching is not None and self._fetching is not fetching:
            self._fetching.settle()
        self._fetching = fetching


def _greeted(stream: Stream) -> POP3Client:
    """Return a client whose server greeted with +OK."""
    try:
        return POP3Client(stream)
    except poplib.error_proto as error:
        raise refused_connection(stream, refusal_line(error)) from error
