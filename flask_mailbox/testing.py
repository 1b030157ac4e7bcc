"""The pytest plugin: a mail server, the mail that your app sends, and mail for it to read.

pytest loads it by itself once flask-mailbox is installed; the fixture ``mailserver`` needs the extra
``flask-mailbox[testing]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flask import Flask
    from flask_mail import Message

    from .devserver import MailServer

MISSING = "The fixture '{fixture}' needs {module}. Install the extra: pip install 'flask-mailbox[testing]'"


@pytest.fixture(scope="session")
def _mailserver_of_session() -> Iterator[MailServer]:
    """One server thread for the whole run; ``mailserver`` empties it for each test."""
    try:
        from .devserver import MailServer
    except ModuleNotFoundError as error:
        pytest.fail(MISSING.format(fixture="mailserver", module=error.name), pytrace=False)
    with MailServer() as server:
        yield server


@pytest.fixture
def mailserver(_mailserver_of_session: MailServer) -> Iterator[MailServer]:
    """An empty mail server on loopback with two users, for this test alone.

    ``ann@demo.test`` has the password ``ann-secret`` and ``bob@demo.test`` has ``bob-secret``.
    ``app.config.update(mailserver.config("ann@demo.test"))`` makes Ann the app's default account, and
    switches sending on, which Flask-Mail suppresses under ``TESTING``.
    """
    _mailserver_of_session.reset()
    yield _mailserver_of_session
    _mailserver_of_session.reset()


@pytest.fixture
def mailbox_outbox() -> Iterator[list[Message]]:
    """The messages that were sent in this test, in order, also where sending is suppressed."""
    from flask_mail import email_dispatched

    outbox: list[Message] = []

    def record(app: Flask, message: Message, **extra: Any) -> None:
        outbox.append(message)

    with email_dispatched.connected_to(record):
        yield outbox


@pytest.fixture
def deliver(mailserver: MailServer) -> Callable[..., int]:
    """Put a message into a mailbox of ``mailserver`` and return its uid.

    ``deliver(subject="Hi", body="Hello", to="ann@demo.test")`` makes a message of what is given, and
    ``deliver(raw_bytes)`` takes it as it is; ``html``, ``from_``, ``attachments`` (pairs of file name and
    bytes), ``folder``, ``flags`` and ``date`` may be given as well.
    """

    def put(
        raw: bytes | None = None,
        *,
        to: str = "ann@demo.test",
        folder: str = "INBOX",
        flags: Iterable[str] = (),
        date: datetime | None = None,
        **content: Any,
    ) -> int:
        message = _make_message(to=to, date=date, **content) if raw is None else raw
        return mailserver.deliver(message, to, folder=folder, flags=flags, date=date)

    return put


def _make_message(
    *,
    to: str,
    date: datetime | None,
    subject: str = "Hello",
    body: str = "Hello",
    html: str | None = None,
    from_: str = "bob@demo.test",
    attachments: Iterable[tuple[str, bytes]] = (),
) -> bytes:
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import localtime, make_msgid

    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = from_, to, subject
    message["Date"] = date or localtime()
    message["Message-ID"] = make_msgid(domain="demo.test")
    message.set_content(body)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for filename, content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=filename)
    return message.as_bytes()
