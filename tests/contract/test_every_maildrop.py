"""The whole of POP3, told by no name of its own: on the embedded server, Dovecot and GNU mailutils."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from flask_mailbox.errors import AuthenticationError, MessageNotFoundError
from flask_mailbox.pop3 import POP3Session

from ..apps import mailbox_of
from .conftest import POP3_SERVERS
from .server import ReadingServer
from .test_every_server import mail

pytestmark = pytest.mark.parametrize("reading_server", POP3_SERVERS, indirect=True)


@contextmanager
def maildrop(server: ReadingServer, address: str, **changes: object) -> Iterator[POP3Session]:
    config = server.config(address) | {"MAILBOX_SMTP": False} | changes
    with mailbox_of(config) as mailbox, mailbox.pop3() as pop3:
        yield pop3


def test_messages_come_in_order_with_their_texts(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    for number in range(3):
        reading_server.deliver(mail(f"n{number}", f".\r\n..\r\n{number}"), address)
    with maildrop(reading_server, address) as pop3:
        messages = [pop3.message(entry.uidl) for entry in pop3.entries()]

    assert [message.subject for message in messages] == ["n0", "n1", "n2"]
    assert [message.text for message in messages] == [f".\n..\n{number}\n" for number in range(3)]


def test_top_gives_the_header_and_a_few_lines(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("x", "one\r\ntwo\r\nthree"), address)
    with maildrop(reading_server, address) as pop3:
        top = pop3.top(pop3.entries()[0].uidl, lines=2)

    assert top.subject == "x"
    assert top.text == "one\ntwo\n"


def test_names_stay_the_same_and_what_is_new_is_told(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("old"), address)
    with maildrop(reading_server, address) as pop3:
        seen = {entry.uidl for entry in pop3.entries()}
    reading_server.deliver(mail("new"), address)
    with maildrop(reading_server, address) as pop3:
        new = [pop3.message(entry.uidl).subject for entry in pop3.new(seen)]

    assert new == ["new"]


def test_deletions_happen_at_the_end_and_nothing_else_goes(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    for number in range(3):
        reading_server.deliver(mail(f"n{number}"), address)
    with maildrop(reading_server, address) as pop3:
        pop3.delete(pop3.entries()[1].uidl)
    with maildrop(reading_server, address) as pop3:
        left = [pop3.message(entry.uidl).subject for entry in pop3.entries()]

    assert left == ["n0", "n2"]


def test_a_name_that_is_none_is_told_and_the_session_goes_on(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("x"), address)
    with maildrop(reading_server, address) as pop3:
        with pytest.raises(MessageNotFoundError):
            pop3.raw("nothing")
        assert len(pop3.entries()) == 1


def test_a_wrong_password_is_refused_with_advice(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    with pytest.raises(AuthenticationError), maildrop(reading_server, address, MAILBOX_PASSWORD="wrong"):
        pass


def test_a_message_is_saved_as_it_is_read(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("large", ".\r\n" + "x" * 900 + "\r\n..\r\nend"), address)
    file = io.BytesIO()
    with maildrop(reading_server, address) as pop3:
        (entry,) = pop3.entries()
        size = pop3.save(entry.uidl, file)
        raw = pop3.raw(entry.uidl)

    assert file.getvalue() == raw
    assert size == len(raw)
