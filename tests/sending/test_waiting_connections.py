"""A connection that waited in the pool and died there: replaced where that is safe, and given up in time."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass

import pytest

from flask_mailbox import Message, ServiceTimeoutError
from flask_mailbox.smtp import session

from ..scripted import Client, scripted
from ..smtp.scripts import CLOSE, SILENT, THANKS, smtp_script
from .apps import sender_to

BOB = "bob@demo.test"


def message() -> Message:
    return Message("x", recipients=[BOB], body="x")


@pytest.mark.parametrize("answer", [SILENT, CLOSE, b"421 4.4.2 timeout\r\n"], ids=["silent", "closed", "left"])
@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
def test_one_that_ends_before_the_content_is_replaced_and_nothing_is_sent_twice(word: str, answer: bytes) -> None:
    contents: list[bytes] = []
    said: dict[str, bytes] = {}
    config = {"MAILBOX_READ_TIMEOUT": 0.3, "MAILBOX_OPERATION_TIMEOUT": 10}
    with (
        scripted(smtp_script(said, contents=contents), smtp_script(contents=contents)) as running,
        sender_to(running.port, **config) as mailbox,
    ):
        mailbox.send(message())
        said[word] = answer
        receipt = mailbox.send(message())

    copies = [content for content in contents if content]
    assert receipt.ok
    assert (running.connections, len(copies)) == (2, 2)


def test_one_that_ends_at_the_content_leaves_the_message_unknown_and_is_not_tried_again() -> None:
    contents: list[bytes] = []
    said: dict[str, bytes] = {}
    with scripted(smtp_script(said, contents=contents)) as running, sender_to(running.port) as mailbox:
        mailbox.send(message())
        said["content"] = CLOSE
        receipt = mailbox.send(message())

    assert receipt.unknown == (BOB,)
    assert (running.connections, len(contents)) == (1, 2)


def test_one_that_fell_silent_is_not_replaced_when_no_time_is_left() -> None:
    said: dict[str, bytes] = {}
    config = {"MAILBOX_READ_TIMEOUT": 0.3, "MAILBOX_OPERATION_TIMEOUT": 0.3}
    with scripted(smtp_script(said)) as running, sender_to(running.port, **config) as mailbox:
        mailbox.send(message())
        said["MAIL"] = SILENT
        with pytest.raises(ServiceTimeoutError):
            mailbox.send(message())

    assert running.connections == 1


@dataclass(frozen=True)
class PasswordOf:
    """A callable that equals another for the same user."""

    user: str

    def __call__(self) -> str:
        return f"{self.user}-secret"


def test_accounts_made_anew_share_one_where_their_callables_are_equal() -> None:
    with scripted(smtp_script(offers=("AUTH PLAIN",))) as running, sender_to(running.port) as mailbox:
        keys = {"smtp": f"smtp://127.0.0.1:{running.port}", "sender": "ann@demo.test"}
        for user in ("ann", "ann", "ann", "bob"):
            account = mailbox.load_account({**keys, "username": user, "password": PasswordOf(user)})
            mailbox.for_account(account).send(message())
            del account
            gc.collect()

    assert running.connections == 2


def test_both_attempts_share_the_time_of_one_operation() -> None:
    said: dict[str, bytes] = {}
    config = {"MAILBOX_READ_TIMEOUT": 0.4, "MAILBOX_OPERATION_TIMEOUT": 0.6}
    with (
        scripted(smtp_script(said), smtp_script({"MAIL": SILENT})) as running,
        sender_to(running.port, **config) as mailbox,
    ):
        mailbox.send(message())
        said["MAIL"] = SILENT
        began = time.monotonic()
        with pytest.raises(ServiceTimeoutError, match="did not end within"):
            mailbox.send(message())

    assert running.connections == 2
    assert time.monotonic() - began < 2


def test_a_goodbye_that_is_dripped_does_not_hold_a_message_that_was_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "GOODBYE", 0.2)

    def drips(client: Client) -> None:
        said = {"QUIT": b"2"}
        smtp_script(said, content=THANKS)(Dripping(client))

    config = {"MAILBOX_READ_TIMEOUT": 30, "MAILBOX_OPERATION_TIMEOUT": 60, "MAILBOX_MESSAGES_PER_CONNECTION": 1}
    with scripted(drips) as running, sender_to(running.port, **config) as mailbox:
        began = time.monotonic()
        receipt = mailbox.send(message())

    assert receipt.ok
    assert b"QUIT" in running.received
    assert time.monotonic() - began < 5


class Dripping(Client):
    """A script's side of a connection on which the answer to QUIT never ends."""

    def __init__(self, client: Client) -> None:
        self.__dict__ = client.__dict__

    def send(self, data: bytes) -> None:
        super().send(data)
        while data == b"2":
            self.socket.settimeout(0.05)
            try:
                if not self.socket.recv(1):
                    return
            except TimeoutError:
                super().send(data)
