"""One IMAP conversation: reads commands, runs them, tells the client what changed meanwhile."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping

from ..connection import Connection, LineTooLong
from ..faults import GREETING
from ..gate import Gate, SASLError
from ..mailstore import Folder, StoredMessage, User
from ..services import Services
from ..wire import Dropped
from . import wording
from .command import Command, Order
from .manners import CAPABILITIES, can, lacks_command, sign_in_refusal
from .parser import Parser, Ranges, Refusal, refusal_of

LINE_LIMIT = 8 * 1024 * 1024
LITERAL_LIMIT = 64 * 1024 * 1024
LOGGED_OUT_LIMIT = 65_536
SEND_BLOCK = 65_536
_LITERAL_END = re.compile(rb"\{(\d{1,18})(\+?)\}\r?\n\Z")
_TAG = re.compile(rb"([\x21-\x7e]{1,64}) ")


class Session:
    """The state of one connection: who, which folder, and which messages the client knows of.

    ``view`` is the client's list of messages: sequence number n is ``view[n - 1]``. It changes only in
    ``sync``, which tells the client so.
    """

    def __init__(self, services: Services, connection: Connection, commands: Mapping[str, Command]) -> None:
        self._commands = commands
        self.services = services
        self.manners = services.profile.imap
        self.gate = Gate(services, "imap")
        self.connection = connection
        self.user: User | None = None
        self.folder: Folder | None = None
        self.read_only = False
        self.identified = False
        self.view: list[StoredMessage] = []
        self.changed = asyncio.Event()
        self._silent_until: float | None = None
        self._stay_awake()
        self._seen_revision = 0
        self._highest_uid = 0
        self._told: dict[int, int] = {}
        self._blocks: list[bytes] = []
        self._blocks_size = 0

    # reading and answering

    async def run(self) -> None:
        """Greet and answer commands until the client leaves."""
        wire = self.connection.wire
        refusal = await wire.begin(GREETING)
        if refusal:
            await self.send(f"* {refusal}".encode())
        elif wire.fault.preauth and self.services.store.users:
            self.user = next(iter(self.services.store.users.values()))
            self.user.sessions["imap"] += 1
            await self.send(f"* PREAUTH [CAPABILITY {self.capabilities()}] Welcome back".encode())
        else:
            words = self.services.profile.greeting("imap")
            await self.send(f"* OK [CAPABILITY {self.capabilities()}] {words}".encode())
        await self.flush()
        await wire.end(GREETING)
        while not refusal and await self._one_command():
            pass

    def capabilities(self) -> str:
        """Return what the server can do in the present state."""
        words = [word for word in CAPABILITIES if self.can(word)] + list(self.manners.offers)
        if self.user is None:
            words += [f"AUTH={mechanism}" for mechanism in self.services.profile.mechanisms]
            if not self.connection.is_tls and not self.connection.wire.fault.no_starttls:
                words.append("STARTTLS")
        return " ".join(words)

    def can(self, capability: str) -> bool:
        """Whether the profile leaves the server this capability, or gives it one of its own."""
        return can(self.manners, capability)

    async def send(self, line: bytes) -> None:
        """Put one line, without its end, into the answer; goes out in blocks."""
        self._blocks += (line, b"\r\n")
        self._blocks_size += len(line) + 2
        if self._blocks_size >= SEND_BLOCK:
            await self.flush()

    async def flush(self) -> None:
        """Send what the answer has so far."""
        if self._blocks:
            data = b"".join(self._blocks)
            self._blocks.clear()
            self._blocks_size = 0
            await self.connection.wire.send(data)

    async def ask(self, prompt: bytes = b"") -> bytes:
        """Send a continuation request and return the client's line without its end.

        :raises EOFError: If the client leaves instead.
        """
        await self.send(b"+ " + prompt)
        await self.flush()
        return await self.answer_line()

    async def answer_line(self) -> bytes:
        """Return the line that the client sends within a command, without its end.

        :raises EOFError: If the client leaves instead.
        :raises Refusal: If the line is too long.
        """
        try:
            line = await self.connection.readline(LOGGED_OUT_LIMIT)
        except LineTooLong:
            raise Refusal("[TOOBIG] That line is too long", "BAD") from None
        if not line.endswith(b"\n"):
            raise EOFError
        return line.rstrip(b"\r\n")

    async def _one_command(self) -> bool:
        try:
            async with asyncio.timeout_at(self._silent_until):
                data = await self._read_command()
        except LineTooLong:
            await self.send(b"* BAD [TOOBIG] That line is too long")
            await self.flush()
            return True
        if data is None:
            return False
        tag = _TAG.match(data)
        if tag is None:
            await self.send(b"* BAD A tag is wanted")
            await self.flush()
            return True
        manners = self.manners
        rest = data[tag.end() :]
        parser = Parser(rest, separator=manners.separator, leftover_refusal=manners.leftover_refusal)
        await self._answer(tag[1], parser)
        return True

    async def _read_command(self) -> bytes | None:
        limit = LOGGED_OUT_LIMIT if self.user is None else LINE_LIMIT
        parts = [await self.connection.readline(limit)]
        while found := _LITERAL_END.search(parts[-1]):
            size, at_once = int(found[1]), bool(found[2])
            if size > (LOGGED_OUT_LIMIT if self.user is None else LITERAL_LIMIT):
                await self._refuse_literal(parts[0], at_once)
                parts = [await self.connection.readline(limit)]
                continue
            if not at_once:
                await self.connection.wire.send(b"+ Go ahead\r\n")
            parts += (await self.connection.read(size), await self.connection.readline(limit))
        return b"".join(parts) if parts[-1].endswith(b"\n") else None

    async def _refuse_literal(self, line: bytes, at_once: bool) -> None:
        if at_once:  # its bytes come whatever we say: there is no way back to the commands
            await self.connection.wire.send(b"* BYE [TOOBIG] That literal is too large\r\n")
            self.connection.wire.drop()
        tag = _TAG.match(line)
        await self.connection.wire.send((tag[1] if tag else b"*") + b" NO [TOOBIG] That literal is too large\r\n")

    async def _answer(self, tag: bytes, parser: Parser) -> None:
        wire = self.connection.wire
        name = "unknown"
        try:
            name = parser.atom()
            uid = name == "UID"
            if uid:
                parser.space()
                name = parser.atom()
            command = self._find(name, uid)
            refusal = await wire.begin(name)
            if refusal:
                raise refusal_of(refusal)
            self._check_line(tag, parser)
            self._check_state(name, command.state)
            text = await command.run(self, Order(name, parser, tag, uid)) or f"{name} completed"
            status = "OK"
        except Refusal as refused:
            status, text = refused.status, refused.text
        except SASLError as error:
            before, status, text = sign_in_refusal(self.services.profile, error.reason, name)
            for line in before:
                await self.send(line.encode())
        if status == "BYE":
            await self._close(text)
        if name != "NOOP" or self.manners.noop_tells:
            await self.sync(expunges=uid_or_quiet(name, parser))
        await self.send(b"%b %b %b" % (tag, status.encode(), text.encode("utf-8", "replace")))
        if name == "STARTTLS" and status == "OK":
            self._blocks.append(wire.fault.inject)
        await self.flush()
        await wire.end(name)
        if name != "NOOP":
            self._stay_awake()
        if name == "LOGOUT":
            raise Dropped
        if name == "STARTTLS" and status == "OK":
            await self._start_tls()

    async def _close(self, text: str) -> None:
        """Say goodbye in these words, or say nothing, and close."""
        if text:
            await self.send(f"* BYE {text}".encode())
            await self.flush()
        self.connection.wire.drop()

    def _stay_awake(self) -> None:
        """Begin to count the time of silence that the profile allows, if it sets a limit."""
        limit = self.manners.silence_limit
        now = asyncio.get_running_loop().time()
        self._silent_until = None if limit is None else now + self.services.seconds(limit)

    def _check_line(self, tag: bytes, parser: Parser) -> None:
        """Refuse a line that is longer, or has another ending, than the profile's servers take."""
        limit = self.manners.line_limit
        if limit is not None and len(tag) + 1 + len(parser.data.partition(b"\r\n")[0]) > limit:
            raise Refusal("That line is too long", "BAD")
        if self.manners.leftover_refusal and parser.rest.endswith(b" "):
            raise refusal_of(self.manners.leftover_refusal)

    async def _start_tls(self) -> None:
        wire = self.connection.wire
        if await wire.begin("HANDSHAKE"):
            wire.drop()
        await self.connection.start_tls(self.services.context("imap"))

    def _find(self, name: str, uid: bool) -> Command:
        command = self._commands.get(name)
        starttls_missing = name == "STARTTLS" and self.connection.wire.fault.no_starttls
        lacking = lacks_command(self.manners, name, uid=uid)
        if command is None or (uid and not command.uid) or starttls_missing or lacking:
            raise Refusal("Unknown command", "BAD")
        return command

    def _check_state(self, name: str, state: str) -> None:
        if state == "start" and self.user is not None:
            raise Refusal("You are logged in", "BAD")
        if state in ("user", "folder") and self.user is None:
            raise Refusal("Log in first", "BAD")
        not_connected = self.manners.not_connected
        if not_connected and self.user is not None and self.user.trouble == "protocol_disabled" and state != "any":
            raise refusal_of(not_connected)
        if state == "folder" and self.folder is None:
            raise refusal_of(self.manners.no_folder_refusal.format(command=name))

    # the selected folder

    def select(self, folder: Folder, *, read_only: bool) -> None:
        """Look at a folder from now on."""
        self.unselect()
        self.folder, self.read_only = folder, read_only
        visible = self.manners.visible_messages
        self.view = folder.messages[-visible:] if visible else list(folder.messages)
        self._seen_revision = folder.revision
        self._highest_uid = folder.uidnext - 1
        self._told = {}
        folder.watchers.add(self.changed.set)

    def unselect(self) -> None:
        """Look at no folder any more."""
        if self.folder is not None:
            self.folder.watchers.discard(self.changed.set)
        self.folder, self.view = None, []

    def release(self) -> None:
        """Leave the folder and the user."""
        self.unselect()
        if self.user is not None:
            self.user.sessions["imap"] -= 1
            self.user = None

    def told(self, message: StoredMessage) -> None:
        """Note that the client knows of this change already."""
        self._told[message.uid] = message.revision

    async def sync(self, *, expunges: bool) -> None:
        """Tell the client what changed in its folder; bring the view up to date."""
        folder = self.folder
        if folder is None or folder.revision == self._seen_revision:
            return
        for number, message in enumerate(self.view, 1):
            is_news = message.revision > self._seen_revision and self._told.get(message.uid) != message.revision
            if is_news and not message.expunged:
                await self.send(flags_line(number, message))
                self.told(message)
        if expunges:
            for number in [n for n, message in enumerate(self.view, 1) if message.expunged][::-1]:
                await self.send(b"* %d EXPUNGE" % number)
            self.view = [message for message in self.view if not message.expunged]
            self._seen_revision = folder.revision
            self._told = {}
        await self._take_new(folder)

    async def _take_new(self, folder: Folder) -> None:
        start = bisect_right(folder.messages, self._highest_uid, key=lambda message: message.uid)
        new = folder.messages[start:]
        self._highest_uid = folder.uidnext - 1
        if new:
            self.view += new
            for message in new:
                self.told(message)
            await self.send(b"* %d EXISTS" % len(self.view))
            await self.send(b"* 0 RECENT")

    def numbers(self, ranges: Ranges, *, uid: bool) -> list[int]:
        """Return the sequence numbers that a set means, ascending; unknown uids are passed over.

        :raises Refusal: If a sequence number is beyond the view.
        """
        found: set[int] = set()
        highest = len(self.view)
        last_uid = self.view[-1].uid if self.view else 0
        refusal = self.manners.descending_set_refusal
        if refusal and any(first and last and first > last for first, last in ranges):
            raise refusal_of(refusal)
        for first, last in ranges:
            star = last_uid if uid else highest
            low, high = sorted((star if first is None else first, star if last is None else last))
            if uid:
                low = bisect_left(self.view, low, key=lambda message: message.uid) + 1
                high = bisect_right(self.view, high, key=lambda message: message.uid)
            elif high > highest or low < 1:
                raise Refusal("There is no message of that number", "BAD")
            found.update(range(low, high + 1))
        return sorted(found)


def uid_or_quiet(name: str, parser: Parser) -> bool:
    """Whether EXPUNGE may be told now: not during FETCH, STORE and SEARCH by number (RFC 3501, 7.4.1)."""
    return name not in ("FETCH", "STORE", "SEARCH") or parser.data[:4].upper() == b"UID "


def flags_line(number: int, message: StoredMessage) -> bytes:
    """Return the untagged answer that tells a message's flags."""
    return b"* %d FETCH (UID %d FLAGS %b)" % (number, message.uid, wording.flags(message.flags))
