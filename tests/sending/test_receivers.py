"""What a receiver of a signal does wrong costs no receipt, and nobody sends a message twice for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from blinker import Signal
from flask import current_app
from flask_mail import email_dispatched

from flask_mailbox import Mailbox, Message, message_sent
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_of

BOB = "bob@demo.test"


def fails(sender: object, **values: object) -> None:
    raise LookupError("no such table")


@pytest.fixture(params=[message_sent, email_dispatched], ids=["message_sent", "email_dispatched"])
def signal(request: pytest.FixtureRequest) -> Iterator[Signal]:
    """One of the signals that tell of a message, with a receiver that fails."""
    with request.param.connected_to(fails):
        yield request.param


@pytest.fixture
def mailbox(mailserver: MailServer) -> Iterator[Mailbox]:
    with mailbox_of(mailserver.config("ann@demo.test")) as made:
        yield made


@pytest.mark.usefixtures("signal")
def test_send_returns_the_receipt_and_the_log_tells_of_the_receiver(
    mailbox: Mailbox, mailserver: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    receipt = mailbox.send(Message("x", recipients=[BOB], body="x"))

    assert receipt.accepted == (BOB,)
    assert len(mailserver.messages(BOB)) == 1
    assert "no such table" in caplog.text
    assert receipt.message_id in caplog.text


@pytest.mark.usefixtures("signal")
def test_a_series_goes_on(mailbox: Mailbox, mailserver: MailServer) -> None:
    receipts = list(mailbox.send_many(Message("x", recipients=[BOB], body="x") for _ in range(3)))

    assert [receipt.ok for receipt in receipts] == [True] * 3
    assert len(mailserver.messages(BOB)) == 3


@pytest.mark.usefixtures("signal")
def test_code_that_uses_flask_mail_is_not_told_that_its_mail_failed(mailbox: Mailbox, mailserver: MailServer) -> None:
    current_app.extensions["mail"].send(Message("x", recipients=[BOB], body="x"))

    assert len(mailserver.messages(BOB)) == 1


def test_our_receivers_are_told_where_one_of_flask_mails_fails(mailbox: Mailbox) -> None:
    told = []

    def note(sender: object, **values: object) -> None:
        told.append(values["receipt"])

    with email_dispatched.connected_to(fails), message_sent.connected_to(note):
        receipt = mailbox.send(Message("x", recipients=[BOB], body="x"))

    assert told == [receipt]
