"""An authenticated SMTP connection that sends messages (RFC 5321, 3207, 4954, 1870, 6152, 6531)."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable

from ..account import Account, Protocol, Security
from ..auth import Mechanism, mechanism_for, no_mechanism, open_signed_in, refused_login
from ..errors import DisconnectedError, MessageError, ProtocolError, ServiceError, TLSError
from ..net.deadline import Deadline
from ..net.stream import Stream
from ..net.tls import port_hint
from ..net.wirelog import HIDDEN
from .client import SMTPClient
from .parcel import Parcel
from .receipt import Receipt
from .reply import Reply
from .transaction import Transaction

EHLO_NAME = "[127.0.0.1]"
"""The name we give: an address literal, since the machine's own name is nobody's business (RFC 5321, 4.1.4)."""

MAX_SASL_ROUNDS = 10

GOODBYE = 2.0
"""Seconds for QUIT and its answer together."""

LATELY = 5.0
"""Seconds after an answer in which no server closes a connection for being idle."""


class SMTPSession:
    """One connection, signed in and ready to send; made by ``open``.

    :param extensions: What EHLO listed, by upper-case keyword, each with its parameters.
    :param size_limit: How many bytes a message may have (RFC 1870); 0 where the server does not say.
    :param messages: How many were sent over it.
    :param content_begun: Whether any content of the message that was sent last may have gone out.
    :param came_to_nothing: Whether the session broke before that, so that another one may send it.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.account = stream.account
        self.client = SMTPClient(stream)
        self.extensions: dict[str, str] = {}
        self.size_limit = 0
        self.needs_reset = False
        self.content_begun = False
        self.came_to_nothing = False
        self.messages = 0
        self._ahead: Transaction | None = None
        self._announced_at = 0.0

    @classmethod
    def open(cls, account: Account) -> SMTPSession:
        """Connect, upgrade to TLS where configured, and sign in.

        :raises ConnectError: If there is no connection, no TLS, or a wrong certificate.
        :raises AuthenticationError: If the server refuses the credential.
        :raises ServiceError: If the server does anything else but its part.
        """
        return open_signed_in(account, cls._open)

    @classmethod
    def _open(cls, account: Account) -> SMTPSession:
        session = cls(Stream.open(account, Protocol.SMTP))
        try:
            with session.stream.operation():
                session._greet()
                session._secure()
                session._sign_in()
        except BaseException:
            session.drop()
            raise
        return session

    def send(
        self,
        parcel: Parcel,
        *,
        following: Callable[[], Parcel | None] | None = None,
        within: Deadline | None = None,
    ) -> Receipt:
        """Send one message and return what each recipient was answered.

        :param following: Gives the message of the next call. It is asked once this one is written, while the server
            is busy with it; the next is announced then, where the server allows that.
        :param within: A deadline that began earlier, in place of the account's operation time-out.
        :raises MessageError: If it is larger than the server takes, or needs SMTPUTF8 that the server lacks.
        :raises ServiceError: If the server refuses the sender, or is lost before any recipient was answered.
        """
        self.content_begun = self.came_to_nothing = False
        transaction, self._ahead = self._ahead, None
        with self.stream.operation(within=within):
            if transaction is None:
                transaction = Transaction(self, parcel)
                transaction.check()
                transaction.start()
            elif transaction.parcel is not parcel:
                raise self.stream.error(DisconnectedError, "The session waits for another message.")
            transaction.listen()
            waits = transaction.deliver()
            ahead = self._announced(following) if waits and following is not None else None
            receipt = transaction.conclude()
        self._ahead = ahead
        self.came_to_nothing = self.stream.broken and not self.content_begun
        self.messages += 1
        return receipt

    def expects(self, parcel: Parcel) -> bool:
        """Tell whether a message was announced already, and so lately that the server surely still waits for it.

        Nothing else can be sent over a session that announced a message.
        """
        ahead = self._ahead
        lately = time.monotonic() - self._announced_at < LATELY
        return ahead is not None and ahead.parcel is parcel and lately and not self.stream.broken

    @property
    def was_heard_lately(self) -> bool:
        """Whether the server answered so recently that the connection is certainly there."""
        return time.monotonic() - self.client.heard_at < LATELY

    def _announced(self, following: Callable[[], Parcel | None]) -> Transaction | None:
        """Announce the next message, if it may be now, and return its transaction."""
        if self.messages + 1 >= self.account.messages_per_connection:
            return None
        parcel = following()
        if parcel is None or self.stream.readable():
            return None  # an answer that is there already is read before anything is asked
        ahead = Transaction(self, parcel)
        try:
            ahead.check()
            if not ahead.may_go_ahead:
                return None
            ahead.start(ahead=True)
        except (MessageError, ServiceError):
            return None  # told when its turn comes, or it finds the session broken and takes another
        self._announced_at = time.monotonic()
        return ahead

    # What the pool asks for

    @property
    def is_reusable(self) -> bool:
        """Whether nothing speaks against another message: no doubt, and no goodbye (421, EOF) waiting."""
        if self.stream.broken or self._ahead or self.messages >= self.account.messages_per_connection:
            return False
        return not self.stream.readable()

    def noop(self) -> None:
        """Ask the server whether it is still there."""
        with self.stream.operation():
            reply = self.client.command("NOOP")
            if not reply.positive:
                raise self.client.failed("NOOP", reply)

    def finish(self) -> None:
        """Say goodbye and close; a bad goodbye matters to nobody, and a slow one is not waited for."""
        if not self.stream.broken and self._ahead is None:
            try:
                with self.stream.operation(within=Deadline(GOODBYE)):
                    self.client.command("QUIT")
            except ServiceError:
                pass
        self.drop()

    def drop(self) -> None:
        """Close the connection without a word."""
        self.stream.close()

    # Opening

    def _greet(self) -> None:
        greeting = self.client.reply()
        if greeting.code != 220:
            raise self.client.failed("the connection", greeting)
        self._hello()

    def _hello(self) -> None:
        """Introduce ourselves, by HELO where EHLO is unknown, and learn what the server can do."""
        reply = self.client.command(f"EHLO {EHLO_NAME}")
        if reply.permanent:
            reply = self.client.command(f"HELO {EHLO_NAME}")
            reply = Reply(reply.code, reply.raw[:1])
        if not reply.positive:
            raise self.client.failed("EHLO", reply)
        self.extensions = {}
        for line in reply.lines[1:]:
            keyword, _, parameters = line.replace("AUTH=", "AUTH ", 1).partition(" ")
            known = self.extensions.get(keyword.upper(), "")
            self.extensions[keyword.upper()] = f"{known} {parameters}".strip()
        announced = self.extensions.get("SIZE", "").split()
        self.size_limit = int(announced[0]) if announced and announced[0].isdigit() else 0

    def _secure(self) -> None:
        """Upgrade to TLS where the endpoint says STARTTLS; there is no going on without."""
        endpoint = self.stream.endpoint
        if endpoint.security is not Security.STARTTLS:
            return
        hint = port_hint(endpoint.protocol, endpoint.port, endpoint.security)
        if "STARTTLS" not in self.extensions:
            self.stream.broken = True
            raise self.stream.error(TLSError, "The server does not offer STARTTLS; nothing was sent to it.", hint=hint)
        reply = self.client.command("STARTTLS")
        if reply.code != 220:
            self.stream.broken = True
            raise self.stream.error(
                TLSError,
                f"The server refused STARTTLS: {reply.code} {reply.text}",
                hint=hint,
                transient=not reply.permanent,
            )
        self.stream.start_tls()
        self._hello()

    def _sign_in(self) -> None:
        credential = self.account.credential_for(Protocol.SMTP)
        if credential is None:
            return
        self.stream.require_private()
        offered = self.extensions.get("AUTH", "").upper().split()
        mechanism = mechanism_for(offered, credential, self.stream.endpoint)
        if mechanism is None:
            raise no_mechanism(self.stream, offered)
        reply = self._exchange(mechanism)
        if not (reply.code == 235 or reply.negative):
            raise self.client.out_of_turn("AUTH", reply)
        if reply.code != 235:
            raise refused_login(self.stream, reply.words, code=str(reply.code), transient=400 <= reply.code < 500)

    def _exchange(self, mechanism: Mechanism) -> Reply:
        """Run a mechanism to its final reply (RFC 4954, 4)."""
        initial = "" if mechanism.initial is None else f" {_base64(mechanism.initial) or '='}"
        reply = self.client.command(f"AUTH {mechanism.name}{initial}", shown=f"AUTH {mechanism.name} {HIDDEN}")
        for _ in range(MAX_SASL_ROUNDS):
            if reply.code != 334:
                return reply
            reply = self.client.command(_base64(mechanism.respond(_challenge(reply))), shown=HIDDEN)
        self.stream.broken = True
        raise self.stream.error(ProtocolError, "The server does not end the sign-in.")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _challenge(reply: Reply) -> bytes:
    try:
        return base64.b64decode("".join(reply.lines).encode())
    except (binascii.Error, ValueError):
        return b""
