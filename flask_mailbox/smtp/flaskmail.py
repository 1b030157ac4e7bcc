"""The bridge for code that uses Flask-Mail directly: ``app.extensions["mail"]`` sends through our pool."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Protocol

import flask_mail
from flask import current_app

from ..config.coercion import is_true
from ..errors import MessageError, UnsafeValueError
from .receipt import Receipt

logger = logging.getLogger("flask_mailbox")


class BadHeaderError(MessageError, flask_mail.BadHeaderError):
    """A line break stands in the subject, in the sender or in a recipient; nothing was sent."""


class Sends(Protocol):
    """What the bridge needs of a delivery."""

    def send(self, message: flask_mail.Message, *, envelope_from: str | None = None) -> Receipt:
        """Send one message."""

    def held(self) -> AbstractContextManager[Sends]:
        """Keep one connection for a block."""


class MailBridge(flask_mail._Mail):
    """Flask-Mail's state object with our sending under it; verified TLS, time-outs and the pool come with it.

    ``send`` keeps Flask-Mail's manner: it returns nothing and raises if nobody was accepted.

    :param mail: Flask-Mail's settings (``server``, ``port``, ``default_sender`` …) as the default account has them.
    :param delivery: Gives the delivery of the current app's default account.
    """

    _suppress: bool | None

    def __init__(self, mail: dict[str, Any], delivery: Callable[[], Sends]) -> None:
        super().__init__(**mail, suppress=False)
        self._suppress = None
        self._delivery = delivery

    @property
    def suppress(self) -> bool:
        """Whether nothing is sent: as set here, else ``MAIL_SUPPRESS_SEND``, else while testing; read at each call."""
        if self._suppress is not None:
            return self._suppress
        config = current_app.config
        return is_true(config.get("MAIL_SUPPRESS_SEND", config["TESTING"]))

    @suppress.setter
    def suppress(self, value: bool | None) -> None:
        self._suppress = value

    def send(self, message: flask_mail.Message) -> None:
        """Send one message.

        :raises BadHeaderError: If a line break stands where a header would be.
        :raises DeliveryError: If nobody was accepted.
        """
        _send(self._delivery(), message)

    def connect(self) -> BridgeConnection:  # type: ignore[override]
        """Return a connection for the messages of a ``with`` block."""
        return BridgeConnection(self._delivery())


class BridgeConnection:
    """What ``with mail.connect() as connection`` gives: Flask-Mail's ``send`` and ``send_message``."""

    def __init__(self, delivery: Sends) -> None:
        self._holding = delivery.held()
        self._delivery = delivery
        self.num_emails = 0

    def __enter__(self) -> BridgeConnection:
        self._delivery = self._holding.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._holding.__exit__(kind, error, trace)

    def send(self, message: flask_mail.Message, envelope_from: str | tuple[str, str] | None = None) -> None:
        """Send one message.

        :param envelope_from: The return path, as an address or a pair of name and address.
        :raises BadHeaderError: If a line break stands where a header would be.
        :raises DeliveryError: If nobody was accepted.
        """
        _send(self._delivery, message, envelope_from[1] if isinstance(envelope_from, tuple) else envelope_from)
        self.num_emails += 1

    def send_message(self, *args: Any, **kwargs: Any) -> None:
        """Send a message made of these arguments."""
        self.send(flask_mail.Message(*args, **kwargs))


def _send(delivery: Sends, message: flask_mail.Message, return_path: str | None = None) -> None:
    """Send in Flask-Mail's manner: an error if nobody was accepted, a warning if somebody was not."""
    try:
        receipt = delivery.send(message, envelope_from=return_path)
    except (MessageError, UnsafeValueError) as error:
        if _has_line_break(message):
            raise BadHeaderError(str(error), field=getattr(error, "field", None)) from error
        raise
    if not receipt.dispatched:
        raise receipt.error()
    if not receipt.ok:
        logger.warning("%s", receipt.error())


def _has_line_break(message: flask_mail.Message) -> bool:
    people = [message.sender, message.reply_to, *message.recipients, *message.cc, *message.bcc]
    parts = [part for person in people for part in (person if isinstance(person, tuple) else (person,))]
    return any("\r" in text or "\n" in text for text in map(str, (message.subject, *parts)))
