"""The POP3 server (RFC 1939, RFC 2449, RFC 2595, RFC 5034, RFC 6856)."""

from __future__ import annotations

import base64
import datetime
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable

from . import sasl
from .connection import Connection, LineTooLong
from .faults import GREETING
from .gate import Gate, SASLError
from .mailstore import INBOX, Folder, StoredMessage, User
from .services import Services
from .wire import Dropped

LINE_LIMIT = 8_192
TOKEN_MECHANISMS = ("XOAUTH2", "OAUTHBEARER")
RECENT = datetime.timedelta(days=30)
TRANSACTION = frozenset(("STAT", "LIST", "UIDL", "TOP", "RETR", "DELE", "RSET", "NOOP"))
AUTHORIZATION = frozenset(("USER", "PASS", "APOP", "AUTH", "STLS", "UTF8", "LANG"))


class POP3Error(Exception):
    """A command that is answered with ``-ERR`` and this text."""


def make_pop3(services: Services, on_close: Callable[[], None]) -> Connection:
    """Make the protocol object of one POP3 connection."""

    async def serve(connection: Connection) -> None:
        session = POP3Session(services, connection)
        try:
            await session.run()
        finally:
            session.release()

    return Connection("pop3", services.faults, services.journal, serve, on_close)


class POP3Session:
    """One conversation; the maildrop is locked from login to the end, deletions are done at QUIT."""

    def __init__(self, services: Services, connection: Connection) -> None:
        self._services = services
        self._connection = connection
        self._wire = connection.wire
        self._gate = Gate(services, "pop3")
        self._manners = services.profile.pop3
        self._timestamp = f"<{secrets.token_hex(8)}.{int(time.time())}@mail.test>"
        self._username: str | None = None
        self._user: User | None = None
        self._folder: Folder
        self._messages: list[StoredMessage] = []
        self._deleted: set[int] = set()
        self._retrieved: set[int] = set()
        self._commands: dict[str, Callable[[list[str]], Awaitable[None]]] = {
            name: getattr(self, f"_do_{name.lower()}") for name in (*TRANSACTION, *AUTHORIZATION, "CAPA", "QUIT")
        }

    async def run(self) -> None:
        """Greet and answer commands until the client leaves."""
        refusal = await self._wire.begin(GREETING)
        timestamp = "" if "APOP" in self._manners.lacks else f" {self._timestamp}"
        await self._line(refusal or f"+OK {self._services.profile.greeting('pop3')}{timestamp}")
        await self._wire.end(GREETING)
        if refusal:
            return
        while True:
            try:
                line = await self._connection.readline(LINE_LIMIT)
            except LineTooLong:
                await self._line("-ERR That line is too long")
                continue
            if not line.endswith(b"\n"):
                return
            await self._command(line.rstrip(b"\r\n"))

    def release(self) -> None:
        """Unlock the maildrop; what was marked deleted stays (RFC 1939, 6)."""
        if self._user is not None:
            self._user.maildrop_locked = False
            self._user = None

    async def _command(self, line: bytes) -> None:
        word, _, rest = line.partition(b" ")
        name = word.decode("ascii", "replace").upper()
        refusal = await self._wire.begin(name)
        try:
            if refusal:
                raise POP3Error(refusal.removeprefix("-ERR").strip())
            self._check_state(name)
            # a password may hold blanks: PASS has one argument, the rest of the line (RFC 1939, 7)
            arguments = rest.decode("utf-8", "surrogateescape")
            await self._commands[name]([arguments] if name == "PASS" else arguments.split())
        except POP3Error as error:
            await self._line(f"-ERR {error}")
        await self._wire.end(name)
        if name == "QUIT":
            raise Dropped

    def _check_state(self, name: str) -> None:
        missing = name in self._manners.lacks or (name == "STLS" and self._wire.fault.no_starttls)
        if name not in self._commands or missing:
            raise POP3Error("Unknown command")
        if name in TRANSACTION and self._user is None:
            raise POP3Error("Log in first")
        if name in AUTHORIZATION and self._user is not None:
            raise POP3Error("You are logged in")

    async def _line(self, text: str) -> None:
        await self._wire.send(text.encode(self._services.profile.charset, "surrogateescape") + b"\r\n")

    async def _lines(self, first: str, lines: list[str]) -> None:
        await self._line("\r\n".join([first, *lines, "."]))

    # before login

    async def _do_capa(self, arguments: list[str]) -> None:
        standard = ("TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8 USER", "USER")
        capabilities = [line for line in standard if line.split()[0] not in self._manners.lacks]
        capabilities += self._manners.offers
        capabilities.append("SASL " + " ".join(self._services.profile.mechanisms))
        if not self._connection.is_tls and not self._wire.fault.no_starttls:
            capabilities.append("STLS")
        await self._lines("+OK Capabilities follow", [*capabilities, "IMPLEMENTATION flask-mailbox"])

    async def _do_stls(self, arguments: list[str]) -> None:
        if self._connection.is_tls:
            raise POP3Error("TLS is active already")
        await self._wire.send(b"+OK Begin TLS\r\n" + self._wire.fault.inject)
        await self._wire.end("STLS")
        if await self._wire.begin("HANDSHAKE"):
            self._wire.drop()
        await self._connection.start_tls(self._services.context("pop3"))
        self._username = None

    async def _do_utf8(self, arguments: list[str]) -> None:
        await self._line("+OK UTF-8 it is")

    async def _do_lang(self, arguments: list[str]) -> None:
        raise POP3Error("There is one language only")

    async def _do_user(self, arguments: list[str]) -> None:
        self._username = _one(arguments)
        await self._line("+OK Now the password")

    async def _do_pass(self, arguments: list[str]) -> None:
        if self._username is None:
            raise POP3Error("USER first")
        username, self._username = self._username, None
        try:
            user = self._gate.by_password(username, arguments[0])
        except SASLError as error:
            raise self._refused(error) from None
        await self._enter(user)

    async def _do_apop(self, arguments: list[str]) -> None:
        if len(arguments) != 2:
            raise POP3Error("APOP wants a name and a digest")
        known = self._gate.find(arguments[0])
        secret = self._timestamp + (known.password if known is not None else "")
        expected = hashlib.md5(secret.encode(), usedforsecurity=False).hexdigest()
        try:
            user = self._gate.by_digest(arguments[0], arguments[1].lower(), expected)
        except SASLError as error:
            raise self._refused(error) from None
        await self._enter(user)

    async def _do_auth(self, arguments: list[str]) -> None:
        if not arguments:
            await self._lines("+OK", list(self._services.profile.mechanisms))
            return
        mechanism = arguments[0].upper()
        if mechanism not in self._services.profile.mechanisms:
            raise POP3Error("Unknown mechanism")
        if len(arguments) > 1 and mechanism in TOKEN_MECHANISMS and self._manners.initial_response_refusal:
            raise POP3Error(self._manners.initial_response_refusal.removeprefix("-ERR "))
        try:
            initial = sasl.decode_initial(arguments[1].encode()) if len(arguments) > 1 else None
            user = await sasl.authenticate(mechanism, initial, self._ask, self._gate)
        except SASLError as error:
            raise self._refused(error) from None
        await self._enter(user)

    async def _ask(self, challenge: bytes) -> bytes:
        await self._line("+ " + base64.b64encode(challenge).decode())
        try:
            line = await self._connection.readline(LINE_LIMIT)
        except LineTooLong:
            raise SASLError("syntax") from None
        if not line.endswith(b"\n"):
            raise EOFError
        refusal = await self._wire.begin("AUTH-RESPONSE")
        if refusal:
            raise POP3Error(refusal.removeprefix("-ERR").strip())
        return sasl.decode(line.rstrip(b"\r\n"))

    def _refused(self, error: SASLError) -> POP3Error:
        words = self._services.profile.refusal(error.reason, "pop3")
        standard = (
            "Authentication failed" if error.reason in ("cancelled", "syntax") else "[AUTH] Authentication failed"
        )
        return POP3Error(words.removeprefix("-ERR ") or standard)

    async def _enter(self, user: User) -> None:
        folder = user.folder(INBOX)
        if user.maildrop_locked:
            raise POP3Error("[IN-USE] Another session has this maildrop")
        if folder is None:
            raise POP3Error("[SYS/PERM] There is no maildrop")
        user.maildrop_locked = True
        self._user, self._folder, self._messages = user, folder, self._window(user, folder)
        await self._line(f"+OK {len(self._messages)} messages")

    def _window(self, user: User, folder: Folder) -> list[StoredMessage]:
        """Return the messages that this session lists: all of them, unless the profile has a window."""
        if self._manners.window is None:
            return list(folder.messages)
        if self._gate.is_recent:
            since = datetime.datetime.now(datetime.UTC) - RECENT
            return [message for message in folder.messages if message.date >= since]
        return [message for message in folder.messages if message.uid not in user.retrieved][: self._manners.window]

    # after login

    async def _do_noop(self, arguments: list[str]) -> None:
        await self._line("+OK")

    async def _do_stat(self, arguments: list[str]) -> None:
        sizes = [len(message.raw) for _, message in self._kept()]
        await self._line(f"+OK {len(sizes)} {sum(sizes)}")

    async def _do_list(self, arguments: list[str]) -> None:
        await self._listing(arguments, lambda message: str(len(message.raw)))

    async def _do_uidl(self, arguments: list[str]) -> None:
        await self._listing(arguments, lambda message: f"{self._folder.uidvalidity:08x}{message.uid:08x}")

    async def _do_retr(self, arguments: list[str]) -> None:
        message = self._message(_one(arguments))[1]
        self._retrieved.add(message.uid)
        await self._content(f"+OK {len(message.raw)} octets", message.raw)

    async def _do_top(self, arguments: list[str]) -> None:
        if len(arguments) != 2 or not arguments[1].isdigit():
            raise POP3Error("TOP wants a message number and a number of lines")
        message = self._message(arguments[0])[1]
        body = message.raw[message.structure.body :].split(b"\r\n")
        count = int(arguments[1])
        top = body[:count] if count < len(body) else body
        ending = b"\r\n" if top and count < len(body) else b""
        await self._content("+OK", message.structure.header + b"\r\n".join(top) + ending)

    async def _do_dele(self, arguments: list[str]) -> None:
        number, _ = self._message(_one(arguments))
        self._deleted.add(number)
        await self._line(f"+OK Message {number} will be deleted")

    async def _do_rset(self, arguments: list[str]) -> None:
        self._deleted.clear()
        await self._line("+OK")

    async def _do_quit(self, arguments: list[str]) -> None:
        if self._user is not None:
            self._folder.expunge([self._messages[number - 1] for number in self._deleted])
            if not self._gate.is_recent:
                self._user.retrieved |= self._retrieved
        self.release()
        await self._line("+OK Bye")

    def _kept(self) -> list[tuple[int, StoredMessage]]:
        return [item for item in enumerate(self._messages, 1) if item[0] not in self._deleted]

    def _message(self, text: str) -> tuple[int, StoredMessage]:
        number = int(text) if text.isdigit() and len(text) < 10 else 0
        if not 1 <= number <= len(self._messages) or number in self._deleted:
            raise POP3Error("No such message")
        return number, self._messages[number - 1]

    async def _listing(self, arguments: list[str], show: Callable[[StoredMessage], str]) -> None:
        if arguments:
            number, message = self._message(_one(arguments))
            await self._line(f"+OK {number} {show(message)}")
        else:
            await self._lines("+OK", [f"{number} {show(message)}" for number, message in self._kept()])

    async def _content(self, first: str, raw: bytes) -> None:
        stuffed = raw.replace(b"\r\n.", b"\r\n..")
        if stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        if not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        await self._wire.send(first.encode() + b"\r\n" + stuffed + b".\r\n")


def _one(arguments: list[str]) -> str:
    if len(arguments) != 1:
        raise POP3Error("One argument is wanted")
    return arguments[0]
