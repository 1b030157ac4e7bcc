"""Flask-Mail's own names, for apps that come from it: ``from flask_mailbox.flaskmail import Mail, Message``.

What its documentation describes works as before, on a pool of verified connections. New code has more of ``Mailbox``.
"""

from __future__ import annotations

from typing import Any

import flask_mail
from flask import Flask, current_app
from flask_mail import Attachment, email_dispatched

from .errors import UsageError
from .extension import Mailbox
from .message import Address
from .message import Message as MailboxMessage
from .smtp.flaskmail import BadHeaderError, BridgeConnection, MailBridge

Connection = BridgeConnection

__all__ = ["Attachment", "BadHeaderError", "Connection", "Mail", "Message", "email_dispatched"]


class Mail(flask_mail.Mail):
    """Manages e-mail as ``flask_mail.Mail`` does: ``Mail(app)``, or ``Mail()`` and ``init_app(app)``.

    An app that has a ``Mailbox`` keeps it; one that has none gets one, configured by ``MAIL_*`` and ``MAILBOX_*``.
    """

    def init_app(self, app: Flask) -> MailBridge:
        """Read the app's configuration and return the state that is kept in ``app.extensions["mail"]``.

        :raises ConfigurationError: With all mistakes at once.
        """
        if "mailbox" not in app.extensions:
            if not any(app.config.get(key) for key in ("MAIL_SERVER", "MAILBOX_ACCOUNTS", *_NAMES_A_SERVER)):
                app.config["MAIL_SERVER"] = "localhost"  # Flask-Mail's default
            Mailbox(app)
        state: MailBridge = app.extensions["mail"]
        return state

    def connect(self) -> Connection:  # type: ignore[override]
        """Return a connection for the messages of a ``with`` block.

        It belongs to the app that was given to ``Mail(app)``, else to the current one.

        :raises UsageError: If the app was never given to ``init_app``.
        """
        app: Any = self.app or current_app
        state = app.extensions.get("mail")
        if not isinstance(state, MailBridge):
            raise UsageError(f"The app '{app.name}' has no mail: call mail.init_app(app) first.")
        if current_app and current_app == app:
            return state.connect()
        with app.app_context():
            return state.connect()


class Message(MailboxMessage):
    """A message as Flask-Mail makes it: within an app it has the app's sender from the start."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.sender and current_app:
            self.sender = current_app.extensions["mail"].default_sender
        if isinstance(self.sender, tuple) and len(self.sender) == 2:
            self.sender = str(Address(*self.sender))


_NAMES_A_SERVER = ("MAILBOX_PROVIDER", "MAILBOX_ADDRESS", "MAILBOX_SMTP", "MAILBOX_IMAP", "MAILBOX_POP3")
