"""Accounts for the tests of IMAP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask_mailbox.account import Account, Credential, Endpoint, Protocol, Secret, Security, Timeouts
from flask_mailbox.imap import IMAPSession
from flask_mailbox.providers import Quirks

ANN, PASSWORD = "ann@demo.test", "ann-secret"


def imap_account(
    port: int,
    *,
    security: Security = Security.NONE,
    password: str | None = PASSWORD,
    user: str = ANN,
    **changes: object,
) -> Account:
    """Return an account whose IMAP server listens on a loopback port; impatient, so that tests end soon."""
    return Account(
        name="test",
        address=user,
        sender=user,
        quirks=Quirks(),
        credential=Credential(user, Secret(password)) if password else None,
        imap=Endpoint(Protocol.IMAP, "localhost", port, security),
        timeouts=Timeouts(connect=2.0, read=1.0, operation=2.0),
    ).replace(**changes)


@contextmanager
def session_of(account: Account) -> Iterator[IMAPSession]:
    """Open a session for a block and end it politely."""
    session = IMAPSession.open(account)
    try:
        yield session
    finally:
        session.finish()
