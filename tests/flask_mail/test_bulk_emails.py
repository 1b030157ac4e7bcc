"""The chapter "Bulk emails": one connection for many messages, and not for too many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flask_mailbox.devserver import MailServer

from .conftest import BOB


def send(mail: Any, library: Any, count: int) -> None:
    with mail.connect() as connection:
        for number in range(count):
            message = library.Message(subject=f"hello, {number}", body="...", recipients=[BOB])
            connection.send(message)


def test_one_connection_serves_all(
    mail: Any, library: Any, mailserver: MailServer, inbox: Callable[[], list[Any]]
) -> None:
    send(mail, library, 5)

    assert [message.subject for message in inbox()] == [f"hello, {number}" for number in range(5)]
    assert mailserver.connections["smtp"][0] == 1


@pytest.mark.parametrize(("most", "connections"), [(1, 5), (2, 3), (5, 1), (6, 1)])
def test_after_so_many_messages_comes_a_new_connection(
    make: Callable[..., Any],
    library: Any,
    mailserver: MailServer,
    inbox: Callable[[], list[Any]],
    most: int,
    connections: int,
) -> None:
    mail = make(MAIL_MAX_EMAILS=most)
    with mail.app.app_context():
        send(mail, library, 5)
    carried = [line.line for line in mailserver.log if line.protocol == "smtp" and b"MAIL FROM" in line.line.upper()]

    assert len(inbox()) == len(carried) == 5
    # Flask-Mail opens one more as soon as one is full, needed or not
    assert mailserver.connections["smtp"][0] in (connections, 5 // most + 1)


def test_the_connection_makes_messages_too(mail: Any, inbox: Callable[[], list[Any]]) -> None:
    with mail.connect() as connection:
        connection.send_message("hello", recipients=[BOB], body="text")

    assert inbox()[0].subject == "hello"


def test_the_return_path_can_be_another(mail: Any, library: Any, mailserver: MailServer) -> None:
    message = library.Message("hello", recipients=[BOB], body="text")
    with mail.connect() as connection:
        connection.send(message, envelope_from="bounces@demo.test")
        connection.send(message, envelope_from=("Bounces", "bounces@demo.test"))
    said = b"\n".join(line.line for line in mailserver.log if line.direction == "C").lower()

    assert said.count(b"mail from:<bounces@demo.test>") == 2


def test_a_message_sends_itself_over_a_connection(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    with mail.connect() as connection:
        library.Message("hello", recipients=[BOB], body="text").send(connection)

    assert len(inbox()) == 1


def test_a_suppressed_connection_opens_nothing(make: Callable[..., Any], library: Any, mailserver: MailServer) -> None:
    mail = make(MAIL_SUPPRESS_SEND=True)
    with mail.app.app_context(), mail.record_messages() as outbox:
        send(mail, library, 3)

    assert len(outbox) == 3
    assert mailserver.connections["smtp"][0] == 0
