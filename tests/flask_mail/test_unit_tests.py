"""The chapter "Unit tests and suppressing emails": nothing is sent, everything is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flask_mailbox.devserver import MailServer

from .conftest import BOB


@pytest.mark.parametrize("keys", [{"TESTING": True}, {"MAIL_SUPPRESS_SEND": True}], ids=str)
def test_nothing_is_sent_and_all_is_recorded(
    make: Callable[..., Any], mailserver: MailServer, keys: dict[str, Any]
) -> None:
    mail = make(**keys)
    with mail.app.app_context(), mail.record_messages() as outbox:
        mail.send_message(subject="testing", body="test", recipients=[BOB])

        assert len(outbox) == 1
        assert outbox[0].subject == "testing"
        assert outbox[0].sender == "ann@demo.test"
        assert outbox[0].recipients == [BOB]
    assert mailserver.connections["smtp"][0] == 0


def test_a_test_may_send_after_all(make: Callable[..., Any], inbox: Callable[[], list[Any]]) -> None:
    mail = make(TESTING=True, MAIL_SUPPRESS_SEND=False)
    with mail.app.app_context(), mail.record_messages() as outbox:
        mail.send_message(subject="testing", body="test", recipients=[BOB])

    assert len(outbox) == len(inbox()) == 1


def test_the_state_can_be_switched_by_hand(make: Callable[..., Any], mailserver: MailServer) -> None:
    mail = make()
    mail.state.suppress = True
    with mail.app.app_context():
        mail.send_message(subject="testing", body="test", recipients=[BOB])

    assert mailserver.connections["smtp"][0] == 0


def test_what_was_sent_before_or_after_is_not_recorded(make: Callable[..., Any]) -> None:
    mail = make(TESTING=True)
    with mail.app.app_context():
        mail.send_message("before", recipients=[BOB], body="x")
        with mail.record_messages() as outbox:
            mail.send_message("within", recipients=[BOB], body="x")
        mail.send_message("after", recipients=[BOB], body="x")

    assert [message.subject for message in outbox] == ["within"]


def test_a_views_mail_is_recorded(make: Callable[..., Any], library: Any) -> None:
    mail = make(TESTING=True)

    @mail.app.post("/invite")
    def invite() -> str:
        mail.send(library.Message("invited", recipients=[BOB], body="x"))
        return ""

    with mail.record_messages() as outbox:
        mail.app.test_client().post("/invite")

    assert [message.subject for message in outbox] == ["invited"]


def test_a_bad_message_is_found_in_tests_too(make: Callable[..., Any], library: Any) -> None:
    mail = make(TESTING=True)
    with mail.app.app_context(), mail.record_messages() as outbox, pytest.raises((AssertionError, ValueError)):
        mail.send(library.Message("no recipients", body="x"))

    assert outbox == []
