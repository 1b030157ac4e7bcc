"""An open maildrop: entries, messages, deletions that happen at the end (RFC 1939)."""

from __future__ import annotations

import hashlib
import poplib
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

from ..account import Account, Protocol
from ..errors import BusyError, CommandError, MessageError, MessageNotFoundError, ServiceError, UsageError
from ..message import ReceivedMessage, parse_message
from ..net.stream import Stream
from .client import MAX_LISTING, POP3Client
from .entry import Entry, listed, merged
from .login import WAIT_CODES, ask_capabilities, refusal_line, response_code, secure, sign_in

Result = TypeVar("Result")

WINDOW = 32
"""Messages that are asked for before the first is read, where the server offers PIPELINING."""

SLACK = 64 * 1024
"""Bytes that a message may have beyond its announced size: servers count line ends differently."""


class POP3Session:
    """One locked maildrop; made by ``open``, ended by ``finish``, which carries out the deletions.

    :param capabilities: What CAPA listed, by upper-case name.
    """

    def __init__(self, client: POP3Client) -> None:
        self.client = client
        self.stream = client.stream
        self.account = client.stream.account
        self.capabilities: dict[str, tuple[str, ...]] = {}
        self._by_uidl: dict[str, Entry] | None = None
        self._deleted = 0
        self._unread = 0

    @classmethod
    def open(cls, account: Account) -> POP3Session:
        """Connect, upgrade to TLS where configured, and sign in.

        :raises ConnectError: If there is no connection, no TLS, or a wrong certificate.
        :raises AuthenticationError: If the server refuses the credential.
        :raises BusyError: If the maildrop is open elsewhere or the server asks to wait.
        """
        stream = Stream.open(account, Protocol.POP3)
        try:
            with stream.operation():
                session = cls(_greeted(stream))
                secure(session.client)
                session.capabilities = ask_capabilities(session.client)
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
        if self.stream.broken and not self._deleted:
            self.drop()
            return
        try:
            self._ask("QUIT", lambda: self.client._shortcmd("QUIT"))  # type: ignore[attr-defined]
        except ServiceError as error:
            if self._deleted:
                error.hint = f"The {self._deleted} deletions may not have happened: look again. {error.hint}".strip()
                raise
        finally:
            self.drop()

    def drop(self) -> None:
        """Close the connection without QUIT: nothing is deleted."""
        self._deleted = 0
        self.stream.close()

    # Reading

    def stat(self) -> tuple[int, int]:
        """Return how many messages there are and how many bytes they have together."""
        count, size = self._ask("STAT", self.client.stat)
        return count, max(0, size)

    def entries(self) -> tuple[Entry, ...]:
        """Return the messages of the maildrop in its order, oldest first on most servers.

        Where the server has no UIDL, a name is made of a message's headers and size; that costs a TOP for each.
        """
        sizes, uidls = self._listings()
        if uidls is None:
            uidls = {number: self._made_up_uidl(number, size) for number, size in sizes.items()}
        entries = merged(sizes, uidls)
        self._by_uidl = {entry.uidl: entry for entry in entries}
        return entries

    def new(self, seen: Collection[str]) -> tuple[Entry, ...]:
        """Return the entries whose uidl is not among those the caller has seen; all mail stays on the server."""
        known = set(seen)
        return tuple(entry for entry in self.entries() if entry.uidl not in known)

    def top(self, uidl: str, lines: int = 0) -> ReceivedMessage:
        """Return a message's headers and its first lines of text, with the defect ``truncated``.

        Where the server has no TOP, the whole message is fetched and nothing is missing.

        :raises MessageNotFoundError: If there is no message of that name.
        """
        if not isinstance(lines, int) or isinstance(lines, bool) or lines < 0:
            raise UsageError(f"lines is {lines!r}, and takes a whole number from 0.")
        entry = self._entry(uidl)
        try:
            found = self._ask("TOP", lambda: self._top(entry.number, lines))
        except BusyError:
            raise
        except CommandError:
            return self.message(uidl)
        return parse_message(found, truncated=True)

    def message(self, uidl: str) -> ReceivedMessage:
        """Return a whole message, parsed; the parameters and errors are those of ``raw``."""
        return parse_message(self.raw(uidl))

    def raw(self, uidl: str) -> bytes:
        """Return a whole message as its bytes, dots at line starts made single again.

        :param uidl: A name that ``entries`` gave, in this session or an earlier one.
        :raises MessageNotFoundError: If there is no message of that name.
        :raises MessageError: If it is larger than ``MAX_MESSAGE_SIZE``.
        """
        return next(self.raws([uidl]))[1]

    def raws(self, uidls: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield whole messages with their names, in the order asked for.

        Where the server offers PIPELINING, up to 32 are asked for at once. Take them all, or leave the session with
        an error: a session with unread answers is closed.

        :raises MessageNotFoundError: If there is no message of a name; before any is fetched.
        :raises MessageError: If one is larger than ``MAX_MESSAGE_SIZE``; before any is fetched.
        """
        entries = [self._within_limit(self._entry(uidl)) for uidl in uidls]
        window = WINDOW if "PIPELINING" in self.capabilities else 1
        return self._fetch(entries, window)

    def _fetch(self, entries: list[Entry], window: int) -> Iterator[tuple[str, bytes]]:
        self.client.answer_limit = self.account.max_message_size + SLACK
        asked = 0
        try:
            for place, entry in enumerate(entries):
                if asked - place <= window // 2:
                    wanted = entries[asked : place + window]
                    asked += len(wanted)
                    with self.stream.operation():
                        self.client.ask_for([each.number for each in wanted])
                self._unread = asked - place
                with self.stream.operation():
                    self.stream.expect(entry.size)
                    content = self._ask("RETR", self.client.content)
                self._unread = asked - place - 1
                yield entry.uidl, content
        finally:
            self.client.answer_limit = MAX_LISTING
            if self._unread:
                self.stream.broken = True

    def _within_limit(self, entry: Entry) -> Entry:
        limit = self.account.max_message_size
        if entry.size > limit:
            raise MessageError(
                f"The message has {entry.size:,} bytes, and MAX_MESSAGE_SIZE allows {limit:,}: raise it to fetch it."
            )
        return entry

    def _top(self, number: int, lines: int) -> bytes:
        self.stream.sendall(b"TOP %d %d\r\n" % (number, lines))
        return self.client.content()

    # Deleting

    def delete(self, uidl: str) -> None:
        """Mark a message; it is deleted when the session ends well, and not if it ends by an error.

        :raises MessageNotFoundError: If there is no message of that name.
        """
        entry = self._entry(uidl)
        self._ask("DELE", lambda: self.client.dele(entry.number))
        self._deleted += 1
        if self._by_uidl is not None:
            del self._by_uidl[uidl]

    def undelete_all(self) -> None:
        """Take back all deletions of this session."""
        self._ask("RSET", self.client.rset)
        self._deleted = 0
        self._by_uidl = None

    def noop(self) -> None:
        """Ask the server whether it is still there."""
        self._ask("NOOP", self.client.noop)

    def _listings(self) -> tuple[dict[int, str], dict[int, str] | None]:
        """Return sizes and uidls by number; ``None`` for the uidls where the server has none.

        Both are asked for in one write where the server offers PIPELINING.
        """
        at_once = "PIPELINING" in self.capabilities
        with self.stream.operation():
            self.stream.sendall(b"LIST\r\nUIDL\r\n" if at_once else b"LIST\r\n")
            sizes, refusal = self._listing()
            if not at_once:
                self.stream.sendall(b"UIDL\r\n")
            uidls, no_uidl = self._listing()
            if refusal:
                raise self._refused("LIST", refusal)
            if response_code(no_uidl) in WAIT_CODES:
                raise self._refused("UIDL", no_uidl)
        return sizes, None if no_uidl else uidls

    def _listing(self) -> tuple[dict[int, str], str]:
        """Read one listing; the second value is the refusal, if it is one."""
        try:
            return listed(self.client.listing()), ""
        except poplib.error_proto as error:
            return {}, refusal_line(error)

    def _entry(self, uidl: str) -> Entry:
        if self._by_uidl is None:
            self.entries()
        found = (self._by_uidl or {}).get(uidl)
        if found is None:
            raise self.stream.error(
                MessageNotFoundError, "There is no message of that uidl.", hint="It was deleted, or never was here."
            )
        return found

    def _made_up_uidl(self, number: int, size: str) -> str:
        """Return a name for a message on a server without UIDL: what its headers and size add up to."""
        headers = self._ask("TOP", lambda: self._top(number, 0))
        return f"made-{hashlib.sha256(headers + size.encode()).hexdigest()[:40]}"

    def _ask(self, command: str, act: Callable[[], Result]) -> Result:
        """Run one command within the deadline; a refusal becomes an error of our tree."""
        with self.stream.operation():
            try:
                return act()
            except poplib.error_proto as error:
                raise self._refused(command, refusal_line(error)) from error

    def _refused(self, command: str, line: str) -> CommandError:
        code = response_code(line)
        return self.stream.error(
            BusyError if code in WAIT_CODES else CommandError,
            f"The server refused {command}: {line.removeprefix('-ERR').strip()}",
            command=command,
            code=code,
            server_text=line,
        )


def _greeted(stream: Stream) -> POP3Client:
    """Return a client whose server greeted with +OK."""
    try:
        return POP3Client(stream)
    except poplib.error_proto as error:
        line = refusal_line(error)
        raise stream.error(
            BusyError, f"The server refused the connection: {line}", code=response_code(line), server_text=line
        ) from error
