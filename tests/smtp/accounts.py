"""Accounts for the tests of SMTP."""

from __future__ import annotations

from flask_mailbox.account import Account, Credential, Endpoint, Protocol, Secret, Security, Timeouts
from flask_mailbox.providers import Quirks


def smtp_account(
    port: int, *, security: Security = Security.NONE, password: str | None = None, **changes: object
) -> Account:
    """Return an account whose SMTP server listens on a loopback port; impatient, so that tests end soon."""
    return Account(
        name="test",
        address="ann@demo.test",
        sender="ann@demo.test",
        quirks=Quirks(),
        credential=Credential("ann@demo.test", Secret(password)) if password else None,
        smtp=Endpoint(Protocol.SMTP, "localhost", port, security),
        timeouts=Timeouts(connect=2.0, read=0.5, operation=1.0),
    ).replace(**changes)
