"""The SMTP server: aiosmtpd on the server's loop, delivering into the store, never relaying (RFC 5321)."""

from __future__ import annotations

import asyncio
import base64
import collections
import email.utils
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiosmtpd import smtp as aiosmtpd

from . import sasl
from .faults import GREETING, HANDSHAKE
from .gate import Gate, SASLError
from .handshake import accept_tls
from .mailstore import INBOX, User
from .services import Services
from .wire import Dropped, Wire

SIZE_LIMIT = 64 * 1024 * 1024
COMMAND_LIMIT = 65_536
BODY_LINE_LIMIT = 1_048_576
IDLE_SECONDS = 300.0
HOSTNAME = "mail.test"
SPAM_TEXT = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""What every spam filter takes for spam, for tests (GTUBE)."""

_MESSAGE_ID = re.compile(rb"^Message-ID:", re.IGNORECASE | re.MULTILINE)
AUTH_REPLIES = {
    "bad_credentials": "535 5.7.8 Authentication credentials invalid",
    "cancelled": "501 5.7.0 Authentication cancelled",
    "syntax": "501 5.5.2 That is no proper response",
}


class Refused(Exception):
    """A step was answered with this reply instead of being done."""


def make_smtp(services: Services, on_close: Callable[[], None]) -> SMTPProtocol:
    """Make the protocol object of one SMTP connection."""
    return SMTPProtocol(services, on_close)


class SMTPProtocol(aiosmtpd.SMTP):
    """aiosmtpd's protocol, with faults, the shared login mechanisms and its STARTTLS answered by us."""

    session: Any  # aiosmtpd's, always set once the connection is made
    transport: Any
    _reader: Any
    _writer: Any
    line_length_limit = BODY_LINE_LIMIT
    command_size_limit = COMMAND_LIMIT

    def __init__(self, services: Services, on_close: Callable[[], None]) -> None:
        super().__init__(
            Delivery(services),
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname=HOSTNAME,
            ident=services.profile.greeting("smtp"),
            tls_context=services.context("smtp"),
            timeout=IDLE_SECONDS,
            auth_require_tls=False,  # the ports are on loopback; Delivery wants a login before MAIL
            loop=asyncio.get_running_loop(),
        )
        self.command_size_limits = collections.defaultdict(lambda: COMMAND_LIMIT)
        self._services = services
        self._on_close = on_close
        self._in_content = False
        self._signed_in: User | None = None
        self._line_start = b""
        self._greeted = False
        self.wire = Wire("smtp", services.faults, services.journal, self._write, self._abort)
        self._smtp_methods = {name: self._with_faults(name, do) for name, do in self._smtp_methods.items()}

    @property
    def is_tls(self) -> bool:
        """Whether the connection is encrypted, by STARTTLS or from its first byte."""
        return self.transport is not None and self.transport.get_extra_info("sslcontext") is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._note_tls()

    def data_received(self, data: bytes) -> None:
        if not self._in_content:
            self._log(data)
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._line_start:
            self.wire.received(self._line_start)
            self._line_start = b""
        if self._signed_in is not None:
            self._signed_in.sessions["smtp"] -= 1
            self._signed_in = None
        if self.transport is not None:  # else the handshake came to nothing, or asyncio says it twice
            super().connection_lost(error)
        self._on_close()

    async def push(self, status: str | bytes) -> None:
        reply = status.encode(self._services.profile.charset) if isinstance(status, str) else status
        if reply.startswith(b"354"):
            self._in_content = True
        await self.wire.send(reply + b"\r\n")
        if not self._greeted:
            self._greeted = True
            await self.wire.end(GREETING)
        elif reply.startswith(b"354"):
            await self.wire.end("DATA")

    async def smtp_STARTTLS(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        fault = self.wire.fault
        if fault.no_starttls:
            await self.push('500 Error: command "STARTTLS" not recognized')
        elif arg or self.is_tls:
            await self.push("501 Syntax: STARTTLS" if arg else "503 5.5.1 TLS is active already")
        else:
            await self.wire.send(b"220 2.0.0 Ready to start TLS\r\n" + fault.inject)
            await self.wire.end("STARTTLS")
            if await self.wire.begin(HANDSHAKE):
                self.wire.drop()
            await self._start_tls()

    async def _start_tls(self) -> None:
        # What came ahead in clear is thrown away (RFC 3207, 4.2)
        self._reader._buffer.clear()
        transport = cast(asyncio.Transport, self.transport)
        context = self._services.context("smtp")
        try:
            upgraded = await accept_tls(transport, self, context)
        except (OSError, EOFError) as error:
            transport.abort()
            self.connection_lost(error)  # asyncio tells only its own TLS protocol
            raise Dropped from error
        self.transport = self._reader._transport = self._writer._transport = upgraded
        self.envelope = self._create_envelope()
        self.session = self._create_session()
        self.session.peer = transport.get_extra_info("peername")
        self._note_tls()

    def _note_tls(self) -> None:
        if self.is_tls:
            self.session.ssl = {"cipher": self.transport.get_extra_info("cipher")}

    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        if await self.check_helo_needed("EHLO"):
            return
        words = (arg or "").split()
        if self.session.authenticated:
            await self.push("503 5.5.1 You are logged in")
        elif not 1 <= len(words) <= 2:
            await self.push("501 5.5.4 Syntax: AUTH mechanism [initial-response]")
        elif words[0].upper() not in self._services.profile.mechanisms:
            await self.push("504 5.5.4 Unrecognized authentication type")
        else:
            await self.push(await self._sign_in(words[0].upper(), words[1:]))

    async def _sign_in(self, mechanism: str, arguments: list[str]) -> str:
        try:
            initial = sasl.decode_initial(arguments[0].encode()) if arguments else None
            user = await sasl.authenticate(mechanism, initial, self._ask, Gate(self._services, "smtp"))
        except SASLError as error:
            words = self._services.profile.refusal(error.reason, "smtp")
            return words or AUTH_REPLIES.get(error.reason, AUTH_REPLIES["bad_credentials"])
        except Refused as refused:
            return str(refused)
        self.session.authenticated = True
        self.session.auth_data = user.address
        self._signed_in = user
        user.sessions["smtp"] += 1
        return "235 2.7.0 Authentication successful"

    async def _ask(self, challenge: bytes) -> bytes:
        await self.push(b"334 " + base64.b64encode(challenge))
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        refusal = await self.wire.begin("AUTH-RESPONSE")
        if refusal:
            raise Refused(refusal)
        return sasl.decode(line.rstrip(b"\r\n"))

    async def smtp_QUIT(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        reply = self._services.profile.smtp.quit_reply
        if reply:
            await self.wire.send(reply)
            self.wire.drop()
        await super().smtp_QUIT(arg)

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        try:
            await super().smtp_DATA(arg)
        finally:
            if self._in_content:
                self._in_content = False
                self._log(bytes(self._reader._buffer))  # what came behind the final dot
        await self.wire.end("CONTENT")

    def _log(self, data: bytes) -> None:
        *lines, self._line_start = (self._line_start + data).split(b"\n")
        for line in lines:
            self.wire.received(line + b"\n")

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def _abort(self) -> None:
        if self.transport is not None:
            cast(asyncio.Transport, self.transport).close()

    async def _handle_client(self) -> None:
        try:
            refusal = await self.wire.begin(GREETING)
            if refusal:
                await self.push(refusal)
                self.wire.drop()
            await super()._handle_client()
        except (Dropped, OSError):
            self._abort()

    def _with_faults(self, name: str, do: Callable[..., Awaitable[None]]) -> Callable[[str | None], Awaitable[None]]:
        async def command(argument: str | None) -> None:
            try:
                refusal = await self.wire.begin(name)
                if refusal:
                    await self.push(refusal)
                else:
                    await do(argument)
                await self.wire.end(name)
            except Dropped:
                # aiosmtpd would answer any other exception with a 500
                raise asyncio.CancelledError from None

        return command


class Delivery:
    """aiosmtpd's handler: who may send, who gets it, and into which folder it goes."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTPProtocol, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        offered = [HOSTNAME, "PIPELINING", f"SIZE {SIZE_LIMIT}", "8BITMIME", "SMTPUTF8"]
        if not server.is_tls and not server.wire.fault.no_starttls:
            offered.append("STARTTLS")
        offered.append("AUTH " + " ".join(self._services.profile.mechanisms))
        return [f"250-{line}" for line in offered[:-1]] + [f"250 {offered[-1]}"]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTPProtocol, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self._services.require_auth and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if not address.isascii() and not envelope.smtp_utf8:
            return "553 5.6.7 An address beyond ASCII needs SMTPUTF8"
        refusal = self._refusal_of_sender(session.auth_data, address)
        if refusal:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    def _refusal_of_sender(self, login: str | None, address: str) -> str:
        manners = self._services.profile.smtp
        user = self._services.store.users.get((login or "").lower())
        if user is None:
            return ""
        if manners.sender_refusal and address.lower() != user.address.lower():
            return manners.sender_refusal
        crowded = manners.session_limit is not None and user.sessions["smtp"] > manners.session_limit
        return manners.session_limit_refusal if crowded else ""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTPProtocol, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        refused = {known.lower(): reply for known, reply in server.wire.fault.refuse_recipients.items()}
        if address.lower() in refused:
            return refused[address.lower()]
        if not address.isascii() and not envelope.smtp_utf8:
            return "553 5.6.7 An address beyond ASCII needs SMTPUTF8"
        if self._services.store.user(address) is None:
            local = self._services.store.is_local(address)
            return "550 5.1.1 No such user here" if local else "550 5.7.1 This server does not relay"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTPProtocol, session: Any, envelope: Any) -> str:  # noqa: N802
        refusal = await server.wire.begin("CONTENT")
        if refusal:
            return refusal
        manners = self._services.profile.smtp
        if manners.spam_refusal and SPAM_TEXT in envelope.content:
            return manners.spam_refusal
        queue_id = secrets.token_hex(6).upper()
        content = _renamed(envelope.content, queue_id) if manners.renames_messages else envelope.content
        trace = _trace(envelope.mail_from, session.host_name, server.is_tls, queue_id)
        users = {id(user): user for user in map(self._services.store.user, envelope.rcpt_tos) if user is not None}
        for user in users.values():
            user.folders[INBOX].add(trace + content)
        self._save_sent(session.auth_data, content)
        return f"250 2.0.0 OK queued as {queue_id}"

    def _save_sent(self, login: str | None, content: bytes) -> None:
        """File a copy for the sender, at once or a moment later, where the profile does that."""
        manners = self._services.profile.smtp
        author = self._services.store.users.get((login or "").lower())
        sent = author.by_role("\\Sent") if author is not None and manners.saves_sent else None
        if sent is None:
            return
        if manners.saves_sent_after > 0:
            delay = self._services.seconds(manners.saves_sent_after)
            asyncio.get_running_loop().call_later(delay, sent.add, content, ("\\Seen",))
        else:
            sent.add(content, ("\\Seen",))


def _renamed(content: bytes, queue_id: str) -> bytes:
    """Return a message under another Message-ID; its own is kept aside."""
    header, blank, body = content.partition(b"\r\n\r\n")
    kept = _MESSAGE_ID.sub(b"X-Microsoft-Original-Message-ID:", header, count=1)
    return f"Message-ID: <{queue_id}@{HOSTNAME}>\r\n".encode() + kept + blank + body


def _trace(sender: str, client: str, is_tls: bool, queue_id: str) -> bytes:
    """Return the lines that final delivery puts on top (RFC 5321, 4.4)."""
    name = "".join(c for c in client if c.isprintable())[:255]
    path = "" if sender == "<>" else sender
    lines = (
        f"Return-Path: <{path}>",
        f"Received: from {name} (localhost [127.0.0.1])",
        f"\tby {HOSTNAME} (flask-mailbox) with {'ESMTPSA' if is_tls else 'ESMTPA'} id {queue_id};",
        f"\t{email.utils.formatdate(localtime=True)}",
        "",
    )
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")
