"""What an app's messages are sent with: its policy at this moment, and who is told before and after (signals)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import flask_mail
from flask import Flask, current_app

from . import signals
from .account import Account
from .config import Settings
from .errors import ConfigurationError
from .net import Pool
from .services.delivery import Delivery, SendPolicy
from .smtp import Receipt
from .smtp.flaskmail import MailBridge

if TYPE_CHECKING:
    from .accountmailbox import MailboxState


def send_policy(app: Flask) -> SendPolicy:
    """Return what the app wants done with its mail now: suppression is read at the time of the call, as tests need."""
    settings: Settings = app.extensions["mailbox"].settings
    bridge: MailBridge = app.extensions["mail"]
    return SendPolicy(
        suppress=bridge.suppress,
        capture_dir=settings.capture_dir,
        redirect_to=settings.redirect_to,
        ascii_names=bool(bridge.ascii_attachments),
    )


def bridge_delivery() -> Delivery:
    """Return what the Flask-Mail bridge sends with: the default account, without a copy in Sent."""
    app = this_app()
    state: MailboxState = app.extensions["mailbox"]
    policy = send_policy(app)
    try:
        account = state.settings.account(None)
    except ConfigurationError:
        if not policy.suppress:
            raise
        account = state.settings.nobody
    if account.save_sent:
        account = account.replace(save_sent=False)
    return delivery_of(app, account, state.pool, policy)


def delivery_of(app: Flask, account: Account, pool: Pool, policy: SendPolicy, wait: float | None = None) -> Delivery:
    """Return what an account's messages are sent with.

    :param wait: Seconds to wait for a session of the pool, if less than the account allows.
    """
    tell, ask = _tell_dispatched(app, account), _ask_before_sending(app, account)
    return Delivery(account, pool, policy, tell, ask, wait=wait)


def later_delivery(account: Account, note: Callable[[Receipt], None]) -> Delivery:
    """Return what the queue sends with; ``note`` gets each receipt before the receivers of signals do."""
    app = this_app()
    tell = _tell_dispatched(app, account)

    def dispatched(message: flask_mail.Message, receipt: Receipt) -> None:
        note(receipt)
        tell(message, receipt)

    pool = app.extensions["mailbox"].pool
    return Delivery(account, pool, send_policy(app), dispatched, _ask_before_sending(app, account))


def this_app() -> Flask:
    """Return the app of the current context itself, for signals and for threads."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _ask_before_sending(app: Flask, account: Account) -> Callable[[flask_mail.Message], bool]:
    """Return what announces a message before it is built, and says whether nobody objected."""

    def ask(message: flask_mail.Message) -> bool:
        answers = signals.message_sending.send(app, message=message, account=account)
        return not any(answer is False for _, answer in answers)

    return ask


def _tell_dispatched(app: Flask, account: Account) -> Callable[[flask_mail.Message, Receipt], None]:
    """Return what announces a message: Flask-Mail's signal, unless all refused it, and ours, with the receipt."""

    def tell(message: flask_mail.Message, receipt: Receipt) -> None:
        try:
            if receipt.dispatched:
                flask_mail.email_dispatched.send(app, message=message)
        finally:  # whatever a receiver of theirs does, ours are told
            signals.message_sent.send(app, message=message, receipt=receipt, account=account)

    return tell
