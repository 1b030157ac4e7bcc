"""The mailbox that a command works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from ..errors import UsageError

if TYPE_CHECKING:
    from ..accountmailbox import AccountMailbox, MailboxState


def chosen(account: str | None) -> AccountMailbox:
    """Return the mailbox of a configured account, of the default one for ``None``.

    :raises UsageError: If the app has no mailbox at all.
    """
    state: MailboxState | None = current_app.extensions.get("mailbox")
    if state is None:
        raise UsageError(f"The app '{current_app.name}' has no mailbox: call Mailbox(app) where it is made.")
    return state.mailbox.for_account(state.settings.account(account))
