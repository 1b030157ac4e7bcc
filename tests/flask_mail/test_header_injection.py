"""The chapter "Header injection": a line break in a header is an error, and nothing is sent."""

from __future__ import annotations

from typing import Any

import flask_mail
import pytest

from flask_mailbox import MessageError, flaskmail
from flask_mailbox.devserver import MailServer

from .conftest import BOB

EVIL = ["\r\nBcc: eve@demo.test", "\nBcc: eve@demo.test", "\rBcc: eve@demo.test", "\r\n\r\n<b>new body</b>"]


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("where", ["subject", "sender", "recipients", "reply_to"])
def test_a_line_break_is_a_bad_header(mail: Any, library: Any, mailserver: MailServer, where: str, evil: str) -> None:
    good: dict[str, Any] = {"subject": "Hello", "sender": "ann@demo.test", "recipients": [BOB], "body": "text"}
    bad = {where: [BOB + evil] if where == "recipients" else f"ann@demo.test{evil}"}
    message = library.Message(**good | bad)

    assert message.has_bad_headers()
    with pytest.raises(library.BadHeaderError):
        mail.send(message)
    assert not any(b"MAIL FROM" in line.line.upper() for line in mailserver.log)


@pytest.mark.parametrize("pair", [("Bob\r\nBcc: eve@demo.test", BOB), ("Bob", f"{BOB}\r\nBcc: eve@demo.test")])
def test_a_line_break_in_a_pair_is_one_too(mail: Any, library: Any, pair: tuple[str, str]) -> None:
    with mail.connect() as connection, pytest.raises(library.BadHeaderError):
        connection.send(library.Message("Hello", recipients=[pair], body="text"))


@pytest.mark.parametrize("where", ["cc", "bcc"])
def test_copies_are_looked_at_as_well(mail: Any, where: str) -> None:
    """Flask-Mail does not look there."""
    message = flaskmail.Message("Hello", recipients=[BOB], body="text", **{where: [f"{BOB}\r\nX: y"]})
    with flaskmail.Mail(mail.app).connect() as connection, pytest.raises(flaskmail.BadHeaderError):
        connection.send(message)


def test_our_error_is_caught_as_flask_mails_and_as_ours() -> None:
    assert issubclass(flaskmail.BadHeaderError, flask_mail.BadHeaderError)
    assert issubclass(flaskmail.BadHeaderError, MessageError)


def test_a_folded_subject_is_refused_too(mail: Any) -> None:
    """Flask-Mail lets one through that is folded as RFC 5322 asks; its documentation says that it does not."""
    with flaskmail.Mail(mail.app).connect() as connection, pytest.raises(flaskmail.BadHeaderError):
        connection.send(flaskmail.Message("one\r\n two", recipients=[BOB], body="text"))
