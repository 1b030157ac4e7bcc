"""The chapter "Configuring": each key has the effect, and the default, that it is documented with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_mailbox import ConfigurationError, Mailbox, flaskmail
from flask_mailbox.devserver import MailServer

from .conftest import BOB


def test_the_defaults(library: Any) -> None:
    mail = library.Mail(Flask("host"))

    assert mail.server in ("localhost", "127.0.0.1")
    assert mail.port == 25
    assert (mail.use_tls, mail.use_ssl) == (False, False)
    assert (mail.username, mail.password, mail.default_sender, mail.max_emails) == (None, None, None, None)
    assert mail.ascii_attachments is False


@pytest.mark.parametrize(
    "keys",
    [
        {"MAIL_USE_TLS": True, "MAIL_SERVER": "localhost"},
        {"MAIL_USE_SSL": True, "MAIL_SERVER": "localhost"},
        {"MAIL_USE_TLS": "", "MAIL_USE_SSL": False},
    ],
    ids=["starttls", "tls", "clear"],
)
def test_each_kind_of_security_sends(
    make: Callable[..., Any], mailserver: MailServer, library: Any, keys: dict[str, Any], inbox: Callable[[], list[Any]]
) -> None:
    """Flask-Mail asks for no certificate; we verify it, so the private authority has to be named."""
    port = mailserver.smtps if keys.get("MAIL_USE_SSL") else mailserver.smtp
    mail = make(MAIL_PORT=port, MAILBOX_CA_FILE=str(mailserver.ca_file), **keys)
    with mail.app.app_context():
        mail.send(library.Message("Hello", recipients=[BOB], body="text"))

    assert [message.subject for message in inbox()] == ["Hello"]


def test_a_server_that_asks_for_no_login_gets_none(make: Callable[..., Any], library: Any) -> None:
    with MailServer({BOB: "secret"}, require_auth=False) as relay:
        mail = make(MAIL_PORT=relay.smtp, MAIL_USERNAME=None, MAIL_PASSWORD=None)
        with mail.app.app_context():
            mail.send(library.Message("Hello", recipients=[BOB], body="text"))
        commands = [line.line for line in relay.log if line.direction == "C"]

        assert len(relay.messages(BOB)) == 1
        assert not any(command.upper().startswith(b"AUTH") for command in commands)


def test_what_the_state_says(make: Callable[..., Any], mailserver: MailServer) -> None:
    mail = make(MAIL_MAX_EMAILS=7, MAIL_ASCII_ATTACHMENTS=True)

    assert (mail.server, mail.port, mail.username) == ("127.0.0.1", mailserver.smtp, "ann@demo.test")
    assert (mail.default_sender, mail.max_emails, mail.ascii_attachments) == ("ann@demo.test", 7, True)


# Where we differ, on purpose


def test_a_password_goes_over_no_clear_wire_unless_the_app_says_so() -> None:
    keys = {"MAIL_SERVER": "mail.example.com", "MAIL_USERNAME": "ann", "MAIL_PASSWORD": "secret"}
    host = Flask("host")
    host.config.update(keys)
    with pytest.raises(ConfigurationError, match="MAIL_USE_TLS"):
        flaskmail.Mail(host)

    allowed = Flask("host")
    allowed.config.update(keys, MAILBOX_ALLOW_CLEARTEXT_LOGIN=True)
    assert flaskmail.Mail(allowed).server == "mail.example.com"


def test_debug_prints_no_password(mailserver: MailServer, capfd: pytest.CaptureFixture[str]) -> None:
    host = Flask("host")
    host.config.update(mailserver.config("ann@demo.test"), MAIL_DEBUG=True)
    mail = flaskmail.Mail(host)
    with host.app_context():
        mail.send(flaskmail.Message("Hello", recipients=[BOB], body="text"))
        host.extensions["mailbox"].pool.close()

    assert capfd.readouterr() == ("", "")


def test_a_preset_takes_the_place_of_the_servers_name() -> None:
    host = Flask("host")
    host.config.update(MAILBOX_PROVIDER="163", MAILBOX_ADDRESS="me@163.com", MAILBOX_PASSWORD="code")

    assert flaskmail.Mail(host).server == "smtp.163.com"


def test_an_app_that_has_a_mailbox_keeps_it() -> None:
    host = Flask("host")
    host.config.update(MAIL_SERVER="127.0.0.1")
    mailbox = Mailbox(host)
    mail = flaskmail.Mail(host)

    assert host.extensions["mailbox"].mailbox is mailbox
    assert mail.state is host.extensions["mail"]
