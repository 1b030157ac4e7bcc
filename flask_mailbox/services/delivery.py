"""Sending through an account's pool: one connection shared by all, a receipt for each message."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..account import Account
from ..errors import MessageError
from ..message import Envelope, Parties, build_for, message_id_of, parse_mailbox, parties_of
from ..net import Pool
from ..smtp import Parcel, Receipt, checked_events, checked_options
from .courier import Courier, Following
from .draft import Draft
from .patience import ONE_TRY, Patience, send_patiently
from .sent import file_in_sent
from .series import Series

if TYPE_CHECKING:
    from flask_mail import Message as FlaskMailMessage

logger = logging.getLogger("flask_mailbox")

Dispatched = Callable[["FlaskMailMessage", Receipt], None]
Sending = Callable[["FlaskMailMessage"], bool]


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """What an app wants done with the mail that its code sends.

    :param suppress: Check and record messages, send nothing (``MAIL_SUPPRESS_SEND``, or testing).
    :param capture_dir: Write each message there as an ``.eml`` file instead of sending it.
    :param ascii_names: Give attachments names in ASCII (``MAIL_ASCII_ATTACHMENTS``).
    :param redirect_to: Send everything to this one address; the real recipients stand in ``X-Original-To``.
    """

    suppress: bool = False
    capture_dir: Path | None = None
    redirect_to: str | None = None
    ascii_names: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """How messages are sent.

    :param envelope_from: The return path, if it is not the sender's address.
    :param notify: For which events the servers on the way shall report: ``success``, ``failure``, ``delay``, or
        ``never`` (RFC 3461).
    :param all_or_nothing: Send only if the server accepts every recipient.
    :param patience: Whether to try again what is refused for the time being.
    :param only: Send to these of the message's recipients; the others have it already.
    :param before_content: Called right before the content goes to the server, each time; if it raises, nothing is
        sent.
    """

    envelope_from: str | None = None
    notify: Collection[str] = ()
    all_or_nothing: bool = False
    patience: Patience = ONE_TRY
    only: tuple[str, ...] | None = None
    before_content: Callable[[], None] | None = None


DEFAULT = SendOptions()


class Delivery:
    """Sends messages for one account.

    :param dispatched: Called with each message and its receipt once its fate is known.
    :param sending: Called with each message before it is built; ``False`` keeps it from being sent.
    :param wait: Seconds to wait for a session of the pool, if less than the account allows.
    """

    def __init__(
        self,
        account: Account,
        pool: Pool,
        policy: SendPolicy,
        dispatched: Dispatched,
        sending: Sending | None = None,
        *,
        holds: bool = False,
        wait: float | None = None,
    ) -> None:
        self._account = account
        self._pool = pool
        self._policy = policy
        self._dispatched = dispatched
        self._sending = sending
        self._wait = wait
        self._courier = Courier(account, pool, holds=holds, wait=wait)

    @contextmanager
    def held(self) -> Iterator[Delivery]:
        """Yield a delivery that keeps one connection for the whole block, opened by the first message."""
        holder = Delivery(
            self._account, self._pool, self._policy, self._dispatched, self._sending, holds=True, wait=self._wait
        )
        try:
            yield holder
        finally:
            holder._courier.give_back()

    def send(
        self, message: FlaskMailMessage, options: SendOptions = DEFAULT, *, envelope_from: str | None = None
    ) -> Receipt:
        """Send one message and say what became of it for each recipient.

        What is wrong with the message itself is found before a connection is opened.

        :param envelope_from: The return path, if the options name none.
        :raises MessageError: If the message has no recipients, a bad address, or a header with a line break.
        :raises ServiceError: If the server cannot be reached, refuses the sign-in, or refuses the sender.
        """
        if envelope_from and not options.envelope_from:
            options = dataclasses.replace(options, envelope_from=envelope_from)
        draft = self._prepared(message, options)
        return self._told(draft, draft.receipt or self._sent(draft, options))

    def check(self, message: FlaskMailMessage, options: SendOptions = DEFAULT) -> None:
        """Find what is wrong with a message itself; nothing is connected, sent or signalled.

        :raises MessageError: What ``send`` would raise.
        """
        self._parcel(message, options)

    def send_many(self, messages: Iterable[FlaskMailMessage], options: SendOptions = DEFAULT) -> Iterator[Receipt]:
        """Send messages over one connection and yield a receipt for each, in their order.

        The next message is read while the server is busy with the one before, and announced then. What ``send``
        would raise for one message is the ``failure`` of its receipt, and the next is sent all the same.

        :raises ServiceError: After the receipts of all messages that were read: if there is no connection or no
            sign-in to be had, or if three messages in a row failed for the server's or the network's sake.
        """
        with self.held() as holder:
            series = Series(
                messages,
                prepare=lambda message: holder._prepared(message, options),
                send=lambda draft, following: holder._sent(draft, options, following),
                told=holder._told,
            )
            yield from series.receipts()

    def _prepared(self, message: FlaskMailMessage, options: SendOptions) -> Draft:
        """Return the message ready to be sent, or with the receipt of one that is not to be sent."""
        if self._sending is not None and not self._sending(message):
            receipt = Receipt("", suppressed=True, warnings=("A receiver cancelled it.",))
            return Draft(message, receipt=receipt, cancelled=True)
        parcel = self._parcel(message, options)
        if self._policy.suppress:
            return Draft(message, receipt=Receipt(parcel.message_id, suppressed=True))
        if self._policy.capture_dir is not None:
            return Draft(message, receipt=_capture(parcel, self._policy.capture_dir))
        return Draft(message, self._redirected(parcel))

    def _sent(self, draft: Draft, options: SendOptions, following: Following | None = None) -> Receipt:
        assert draft.parcel is not None  # noqa: S101 - a draft has a parcel or a receipt
        receipt = send_patiently(
            lambda parcel: self._courier.send(parcel, following=following), draft.parcel, options.patience
        )
        return file_in_sent(self._account, self._pool, draft.parcel.data, receipt)

    def _told(self, draft: Draft, receipt: Receipt) -> Receipt:
        """Tell of a message; what a receiver does wrong is logged, since the receipt must not be lost for it."""
        if receipt.failure is None and not draft.cancelled:
            try:
                self._dispatched(draft.message, receipt)
            except Exception:
                logger.exception(
                    "A receiver of a signal failed for message %s; its receipt stands.", receipt.message_id
                )
        return receipt

    def _parcel(self, message: FlaskMailMessage, options: SendOptions) -> Parcel:
        account = self._account
        parties = parties_of(message, sender=account.sender)
        envelope = _envelope(account, parties, options.envelope_from)
        message_id = message_id_of(message, sender=account.sender)
        data = build_for(message, parties, message_id, ascii_names=self._policy.ascii_names)
        _check_size(data, account.max_message_size)
        if options.only is not None and not self._policy.redirect_to:  # then there is one recipient, and not of these
            envelope = Envelope(envelope.sender, options.only)
        return Parcel(
            envelope=envelope,
            data=data,
            message_id=message_id,
            all_or_nothing=options.all_or_nothing,
            notify=checked_events(options.notify),
            mail_options=checked_options(message.mail_options, "mail_options"),
            rcpt_options=checked_options(message.rcpt_options, "rcpt_options"),
            before_content=options.before_content,
        )

    def _redirected(self, parcel: Parcel) -> Parcel:
        if not self._policy.redirect_to:
            return parcel
        original = ",\r\n ".join(parcel.envelope.recipients)
        header = f"X-Original-To: {original}\r\n".encode()
        envelope = Envelope(parcel.envelope.sender, (self._policy.redirect_to,))
        return dataclasses.replace(parcel, envelope=envelope, data=header + parcel.data)


def envelope_for(account: Account, message: FlaskMailMessage, envelope_from: str | None = None) -> Envelope:
    """Return who it goes to, and the return path: the login's address where the provider insists on it.

    :param envelope_from: The return path that the caller wants, whatever the provider says.
    """
    return _envelope(account, parties_of(message, sender=account.sender), envelope_from)


def _envelope(account: Account, parties: Parties, envelope_from: str | None) -> Envelope:
    envelope = parties.envelope
    if envelope_from:
        return Envelope(parse_mailbox(envelope_from).address, envelope.recipients)
    if account.quirks.from_must_match_login and account.login_address:
        return Envelope(account.login_address, envelope.recipients)
    return envelope


def _check_size(data: bytes, limit: int) -> None:
    """Refuse what no server would take, before one is asked."""
    if len(data) > limit:
        raise MessageError(
            f"The message has {len(data):,} bytes, and MAX_MESSAGE_SIZE allows {limit:,}: send smaller attachments, "
            "or links to them.",
            field="attachments",
        )


def _capture(parcel: Parcel, folder: Path) -> Receipt:
    """Write a message to a file that is named after its Message-ID."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.@+-]", "_", parcel.message_id.strip("<>"))[:120]
    (folder / f"{name}.eml").write_bytes(parcel.data)
    return Receipt(parcel.message_id, suppressed=True, server_text=f"captured as {name}.eml")
