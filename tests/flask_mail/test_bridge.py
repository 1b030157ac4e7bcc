"""Code that uses Flask-Mail directly sends through us, and its tests go on working."""

from __future__ import annotations

from collections.abc import Iterator

import flask_mail
import pytest
from flask import Flask
from flask_security import MailUtil

from flask_mailbox import ConfigurationError, DeliveryError, Mailbox, Message, parse_message
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app


@pytest.fixture
def host(mailserver: MailServer) -> Iterator[Flask]:
    """An app whose default account is Ann's."""
    made, mailbox = mailbox_app(mailserver.config("ann@demo.test"))
    with made.app_context():
        yield made
        mailbox.state.pool.close()


def test_our_message_is_a_flask_mail_message_and_needs_no_app() -> None:
    message = Message("Hi", recipients=["bob@demo.test"], body="x")

    assert isinstance(message, flask_mail.Message)
    assert message.recipients == ["bob@demo.test"]


def test_flask_mails_own_object_sends_through_the_pool(host: Flask, mailserver: MailServer) -> None:
    message = flask_mail.Message("你好", recipients=["bob@demo.test"], body="text", html="<p>text</p>")

    answer = host.extensions["mail"].send(message)

    assert answer is None
    assert parse_message(mailserver.messages("bob@demo.test")[0]).subject == "你好"


def test_send_raises_if_nobody_was_accepted(host: Flask) -> None:
    with pytest.raises(DeliveryError, match=r"nobody@demo\.test: 550") as raised:
        host.extensions["mail"].send(flask_mail.Message("x", recipients=["nobody@demo.test"], body="x"))

    assert raised.value.receipt.refused  # type: ignore[attr-defined]


def test_send_does_not_raise_if_somebody_was_accepted(
    host: Flask, mailserver: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    message = flask_mail.Message("x", recipients=["bob@demo.test", "nobody@demo.test"], body="x")

    host.extensions["mail"].send(message)

    assert len(mailserver.messages("bob@demo.test")) == 1
    assert "nobody@demo.test" in caplog.text


def test_connect_holds_one_connection(host: Flask, mailserver: MailServer) -> None:
    with host.extensions["mail"].connect() as connection:
        for number in range(3):
            connection.send(flask_mail.Message(f"n{number}", recipients=["bob@demo.test"], body="x"))
        connection.send_message("n3", recipients=["bob@demo.test"], body="x")

    assert len(mailserver.messages("bob@demo.test")) == 4
    assert mailserver.connections["smtp"][0] == 1


def test_record_messages_and_the_signal_see_what_is_sent(host: Flask) -> None:
    with host.extensions["mail"].record_messages() as outbox:
        host.extensions["mail"].send_message("recorded", recipients=["bob@demo.test"], body="x")
        host.extensions["mailbox"].mailbox.send(Message("ours too", recipients=["bob@demo.test"], body="x"))

    assert [message.subject for message in outbox] == ["recorded", "ours too"]


def test_suppression_is_read_at_the_time_of_the_call(host: Flask, mailserver: MailServer) -> None:
    mailbox = host.extensions["mailbox"].mailbox
    host.config["MAIL_SUPPRESS_SEND"] = True
    suppressed = mailbox.send(Message("x", recipients=["bob@demo.test"], body="x"))
    host.config["MAIL_SUPPRESS_SEND"] = False
    sent = mailbox.send(Message("x", recipients=["bob@demo.test"], body="x"))

    assert (suppressed.suppressed, sent.suppressed) == (True, False)
    assert len(mailserver.messages("bob@demo.test")) == 1


@pytest.mark.parametrize(
    ("written", "meant"), [("False", False), ("no", False), ("0", False), ("", False), ("true", True), (None, False)]
)
def test_a_word_for_suppression_means_what_it_says(host: Flask, written: str | None, meant: bool) -> None:
    host.config["MAIL_SUPPRESS_SEND"] = written
    receipt = host.extensions["mailbox"].mailbox.send(Message("x", recipients=["bob@demo.test"], body="x"))

    assert receipt.suppressed is meant


def test_a_word_for_suppression_that_means_nothing_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="MAIL_SUPPRESS_SEND is 'perhaps', and takes true or false"):
        mailbox_app({"MAIL_SUPPRESS_SEND": "perhaps"})


def test_testing_suppresses_and_records_even_without_an_account() -> None:
    host = Flask("host")
    host.config.update(TESTING=True, MAIL_DEFAULT_SENDER="me@example.com")
    Mailbox(host)

    with host.app_context(), host.extensions["mail"].record_messages() as outbox:
        host.extensions["mail"].send(flask_mail.Message("x", recipients=["bob@demo.test"], body="x"))

    assert len(outbox) == 1


def test_the_fixture_sees_what_the_app_sends(host: Flask, mailbox_outbox: list[flask_mail.Message]) -> None:
    host.extensions["mail"].send_message("seen", recipients=["bob@demo.test"], body="x")

    assert [message.subject for message in mailbox_outbox] == ["seen"]


def test_flask_security_sends_its_mail(host: Flask, mailserver: MailServer) -> None:
    MailUtil(host).send_mail(
        "welcome",
        "Welcome",
        "bob@demo.test",
        ("Ann", "ann@demo.test"),
        "Hello Bob",
        "<p>Hello Bob</p>",
        user=None,  # type: ignore[arg-type]
    )

    arrived = parse_message(mailserver.messages("bob@demo.test")[0])
    assert (arrived.subject, arrived.from_[0].name) == ("Welcome", "Ann")


def test_mail_keys_configure_the_default_account(mailserver: MailServer) -> None:
    host = Flask("host")
    host.config.update(
        MAIL_SERVER="localhost",
        MAIL_PORT=mailserver.smtp,
        MAIL_USE_TLS=True,
        MAIL_USERNAME="ann@demo.test",
        MAIL_PASSWORD="ann-secret",
        MAIL_DEFAULT_SENDER=("Ann", "ann@demo.test"),
        MAILBOX_CA_FILE=str(mailserver.ca_file),
    )
    mailbox = Mailbox(host)

    with host.app_context():
        receipt = mailbox.send(Message("x", recipients=["bob@demo.test"], body="x"))
        mailbox.state.pool.close()

    assert receipt.ok
    assert parse_message(mailserver.messages("bob@demo.test")[0]).from_[0].name == "Ann"
