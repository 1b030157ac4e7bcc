"""The extension of this app, and whose mailbox a request works with."""

from __future__ import annotations

from flask import g

from flask_mailbox import Account, Mailbox

mailbox = Mailbox()


@mailbox.account_loader
def signed_in_account() -> Account | None:
    """Return the account that the request's user signed in with."""
    account: Account | None = g.get("account")
    return account
