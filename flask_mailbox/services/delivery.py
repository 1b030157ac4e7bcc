"""Sending through an account's pool: one connection shared by all, a receipt for each message."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..account import Account, Protocol
from ..errors import DisconnectedError, MessageError
from ..message import Envelope, build, envelope_of, message_id_of, parse_mailbox
from ..net import Lease, Pool
from ..smtp import Receipt
from .sent import file_in_sent

if TYPE_CHECKING:
    from flask_mail import Message as FlaskMailMessage

Dispatched = Callable[["FlaskMailMessage", Receipt], None]


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """What an app wants done with the mail that its code sends.

    :param suppress: Check and record messages, send nothing (``MAIL_SUPPRESS_SEND``, or testing).
    :param capture_dir: Write each message there as an ``.eml`` file instead of sending it.
    :param redirect_to: Send everything to this one address; the real recipients stand in ``X-Original-To``.
    """

    suppress: bool = False
    capture_dir: Path | None = None
    redirect_to: str | None = None


class Delivery:
    """Sends messages for one account.

    :param dispatched: Called with each message and its receipt once its fate is known.
    """

    def __init__(self, account: Account, pool: Pool, policy: SendPolicy, dispatched: Dispatched) -> None:
        self._account = account
        self._pool = pool
        self._policy = policy
        self._dispatched = dispatched
        self._holds = False
        self._lease: Lease | None = None

    @contextmanager
    def held(self) -> Iterator[Delivery]:
        """Yield a delivery that keeps one connection for the whole block, opened by the first message."""
        holder = Delivery(self._account, self._pool, self._policy, self._dispatched)
        holder._holds = True
        try:
            yield holder
        finally:
            holder.give_back()

    def send(self, message: FlaskMailMessage, *, envelope_from: str | None = None) -> Receipt:
        """Send one message and say what became of it for each recipient.

        What is wrong with the message itself is found before a connection is opened.

        :param envelope_from: The return path, if it is not the sender's address.
        :raises MessageError: If the message has no recipients, a bad address, or a header with a line break.
        :raises ServiceError: If the server cannot be reached, refuses the sign-in, or refuses the sender.
        """
        account = self._account
        envelope = self._envelope(message, envelope_from)
        data = build(message, sender=account.sender, smtputf8=True)
        _check_size(data, account.max_message_size)
        message_id = message_id_of(message, sender=account.sender)
        if self._policy.suppress:
            receipt = Receipt(message_id, suppressed=True)
        elif self._policy.capture_dir is not None:
            receipt = _capture(data, message_id, self._policy.capture_dir)
        else:
            receipt = self._hand_over(*self._redirected(envelope, data), message_id)
            receipt = file_in_sent(account, self._pool, data, receipt)
        self._dispatched(message, receipt)
        return receipt

    def give_back(self) -> None:
        """Give a held connection back to the pool."""
        if self._lease is not None:
            self._lease.release()
            self._lease = None

    def _envelope(self, message: FlaskMailMessage, envelope_from: str | None) -> Envelope:
        """Return who it goes to, and the return path: the login's address where the provider insists on it."""
        envelope = envelope_of(message, sender=self._account.sender)
        if envelope_from:
            return Envelope(parse_mailbox(envelope_from).address, envelope.recipients)
        if self._account.quirks.from_must_match_login and self._account.address:
            return Envelope(self._account.address, envelope.recipients)
        return envelope

    def _redirected(self, envelope: Envelope, data: bytes) -> tuple[Envelope, bytes]:
        if not self._policy.redirect_to:
            return envelope, data
        original = ",\r\n ".join(envelope.recipients)
        header = f"X-Original-To: {original}\r\n".encode()
        return Envelope(envelope.sender, (self._policy.redirect_to,)), header + data

    def _hand_over(self, envelope: Envelope, data: bytes, message_id: str) -> Receipt:
        """Send over a leased session; one that died while it waited is replaced once, before MAIL was answered."""
        lease = self._take(fresh=False)
        try:
            receipt: Receipt = lease.session.send(envelope, data, message_id=message_id)
        except DisconnectedError:
            stale = lease.reused and not lease.session.mail_answered
            self._end(lease)
            if not stale:
                raise
            lease = self._take(fresh=True)
            receipt = self._send_or_end(lease, envelope, data, message_id)
        except BaseException:
            self._end(lease)
            raise
        if not self._holds:
            lease.release()
        return receipt

    def _send_or_end(self, lease: Lease, envelope: Envelope, data: bytes, message_id: str) -> Receipt:
        try:
            receipt: Receipt = lease.session.send(envelope, data, message_id=message_id)
        except BaseException:
            self._end(lease)
            raise
        return receipt

    def _take(self, *, fresh: bool) -> Lease:
        """Return the held lease while it is good, else a new one."""
        if self._lease is not None and self._lease.session.is_reusable:
            self._lease.reused = True
            return self._lease
        self.give_back()
        lease = self._pool.lease(self._account, Protocol.SMTP, fresh=fresh)
        if self._holds:
            self._lease = lease
        return lease

    def _end(self, lease: Lease) -> None:
        """Give a lease back after an error; the pool drops the session unless it is still good."""
        lease.abandon()
        self._lease = None


def _check_size(data: bytes, limit: int) -> None:
    """Refuse what no server would take, before one is asked."""
    if len(data) > limit:
        raise MessageError(
            f"The message has {len(data):,} bytes, and MAX_MESSAGE_SIZE allows {limit:,}: send smaller attachments, "
            "or links to them.",
            field="attachments",
        )


def _capture(data: bytes, message_id: str, folder: Path) -> Receipt:
    """Write a message to a file that is named after its Message-ID."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.@+-]", "_", message_id.strip("<>"))[:120]
    (folder / f"{name}.eml").write_bytes(data)
    return Receipt(message_id, suppressed=True, server_text=f"captured as {name}.eml")
