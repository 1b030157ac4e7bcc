"""The chapter "Signalling support": ``email_dispatched`` tells of every message, sent or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_mailbox.devserver import MailServer

from .conftest import BOB


@pytest.mark.parametrize("testing", [True, False])
def test_a_receiver_is_told_of_the_message_and_the_app(make: Callable[..., Any], library: Any, testing: bool) -> None:
    told: list[tuple[Flask, str]] = []

    def log_message(app: Flask, message: Any) -> None:
        told.append((app, message.subject))

    mail = make(TESTING=testing)
    with mail.app.app_context(), library.email_dispatched.connected_to(log_message):
        mail.send(library.Message("Hello", recipients=[BOB], body="text"))

    assert told == [(mail.app, "Hello")]


def test_a_receiver_may_ask_for_one_apps_messages_only(make: Callable[..., Any], library: Any) -> None:
    told: list[str] = []

    def log_message(app: Flask, message: Any) -> None:
        told.append(message.subject)

    mail, other = make(TESTING=True), make(TESTING=True)
    library.email_dispatched.connect(log_message, sender=mail.app)
    for each, subject in ((mail, "mine"), (other, "another's")):
        with each.app.app_context():
            each.send_message(subject, recipients=[BOB], body="text")

    assert told == ["mine"]


def test_a_message_that_was_not_taken_is_told_to_nobody(
    mail: Any, library: Any, mailserver: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Any] = []

    def log_message(app: Flask, message: Any) -> None:
        told.append(message)

    with library.email_dispatched.connected_to(log_message), pytest.raises(Exception, match=r"nobody@demo\.test|550"):
        mail.send(library.Message("Hello", recipients=["nobody@demo.test"], body="text"))

    assert told == []
