"""Many messages over one connection: a receipt for each, in order, whatever happens to some of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flask_mailbox import ConnectError, Message, MessageError, parse_message
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_of
from ..scripted import Client, scripted
from ..smtp.scripts import CLOSE, smtp_script
from .apps import sender_to

BOB = "bob@demo.test"


def messages(count: int, to: str = BOB) -> Iterator[Message]:
    for number in range(count):
        yield Message(f"number {number}", recipients=[to], body="x")


def test_each_message_of_a_generator_has_its_receipt_and_arrives_in_order(mailserver: MailServer) -> None:
    with mailbox_of(mailserver.config("ann@demo.test")) as mailbox:
        receipts = list(mailbox.send_many(messages(250)))

    arrived = [parse_message(raw).subject for raw in mailserver.messages(BOB)]
    assert [receipt.ok for receipt in receipts] == [True] * 250
    assert arrived == [f"number {number}" for number in range(250)]


def test_the_next_message_is_announced_with_the_content_of_the_one_before() -> None:
    seen: list[list[bytes]] = []

    def script(client: Client) -> None:
        client.send(b"220 x\r\n")
        client.line()
        client.send(b"250-x\r\n250 PIPELINING\r\n")
        seen.append([client.line() for _ in range(3)])
        client.send(b"250 ok\r\n250 ok\r\n354 go\r\n")
        client.content()
        seen.append([client.line() for _ in range(3)])
        client.send(b"250 queued\r\n250 ok\r\n250 ok\r\n354 go\r\n")
        client.content()
        client.send(b"250 queued\r\n")

    with scripted(script) as running, sender_to(running.port) as mailbox:
        receipts = list(mailbox.send_many(messages(2)))

    assert [receipt.ok for receipt in receipts] == [True, True]
    assert seen[1][0].startswith(b"MAIL FROM")


def test_only_one_message_is_read_ahead(mailserver: MailServer) -> None:
    read = 0

    def counted() -> Iterator[Message]:
        nonlocal read
        for message in messages(50):
            read += 1
            yield message

    with mailbox_of(mailserver.config("ann@demo.test")) as mailbox:
        receipts = mailbox.send_many(counted())
        for number in range(1, 6):
            next(receipts)
            assert read <= number + 1


def test_a_bad_draft_is_a_receipt_with_its_error_and_the_rest_is_sent(mailserver: MailServer) -> None:
    drafts = [Message("a", recipients=[BOB]), Message("b"), Message("c", recipients=["no address"]), *messages(1)]
    with mailbox_of(mailserver.config("ann@demo.test")) as mailbox:
        receipts = list(mailbox.send_many(drafts))

    assert [receipt.ok for receipt in receipts] == [True, False, False, True]
    assert isinstance(receipts[1].failure, MessageError)
    assert len(mailserver.messages(BOB)) == 2
    with pytest.raises(MessageError, match="no recipients"):
        receipts[1].raise_for_refused()


def test_a_connection_lost_between_messages_is_replaced_and_each_arrives_once() -> None:
    contents: list[bytes] = []

    def loses_the_second(client: Client) -> None:
        client.send(b"220 x\r\n")
        client.line()
        client.send(b"250-x\r\n250 PIPELINING\r\n")
        for _ in range(3):
            client.line()
        client.send(b"250 ok\r\n250 ok\r\n354 go\r\n")
        contents.append(client.content())
        client.send(b"250 queued\r\n")

    with scripted(loses_the_second, smtp_script(contents=contents)) as running, sender_to(running.port) as mailbox:
        receipts = list(mailbox.send_many(messages(3)))

    assert [receipt.ok for receipt in receipts] == [True, True, True]
    assert len(contents) == 3


def test_a_lost_last_answer_is_unknown_and_the_next_message_is_sent_anew() -> None:
    contents: list[bytes] = []
    forgetful = smtp_script(content=CLOSE, contents=contents)
    with scripted(forgetful, smtp_script(contents=contents)) as running, sender_to(running.port) as mailbox:
        receipts = list(mailbox.send_many(messages(2)))

    assert receipts[0].unknown == (BOB,)
    assert receipts[1].ok
    assert len(contents) == 2


def test_a_refused_sender_fails_its_message_and_the_next_is_sent() -> None:
    answers = {"MAIL FROM:<eve@demo.test>": b"553 5.7.1 not yours\r\n"}
    drafts = [Message("a", recipients=[BOB], sender="eve@demo.test"), *messages(1)]
    with scripted(smtp_script(answers, offers=("PIPELINING",))) as running, sender_to(running.port) as mailbox:
        receipts = list(mailbox.send_many(drafts))

    assert [receipt.ok for receipt in receipts] == [False, True]
    assert "not yours" in str(receipts[0].failure)


def test_without_a_connection_the_messages_read_are_told_of_and_no_more_is_read() -> None:
    read: list[int] = []

    def counted() -> Iterator[Message]:
        for number, message in enumerate(messages(50)):
            read.append(number)
            yield message

    with scripted(smtp_script()) as running:
        port = running.port
    receipts = []
    with sender_to(port) as mailbox, pytest.raises(ConnectError):
        for receipt in mailbox.send_many(counted()):
            receipts.append(receipt)

    assert len(receipts) == len(read) == 1
    assert all(isinstance(receipt.failure, ConnectError) for receipt in receipts)


def test_an_error_of_the_callers_iterator_comes_after_the_receipts(mailserver: MailServer) -> None:
    def failing() -> Iterator[Message]:
        yield from messages(2)
        raise LookupError("the database is gone")

    receipts = []
    with mailbox_of(mailserver.config("ann@demo.test")) as mailbox, pytest.raises(LookupError):
        for receipt in mailbox.send_many(failing()):
            receipts.append(receipt)

    assert [receipt.ok for receipt in receipts] == [True, True]
    assert len(mailserver.messages(BOB)) == 2


def test_stopping_early_leaves_the_pool_good_for_the_next_message(mailserver: MailServer) -> None:
    with mailbox_of(mailserver.config("ann@demo.test") | {"MAILBOX_POOL_SIZE": 1}) as mailbox:
        for receipt in mailbox.send_many(messages(10)):
            assert receipt.ok
            break
        assert mailbox.send(Message("after", recipients=[BOB])).ok

    subjects = [parse_message(raw).subject for raw in mailserver.messages(BOB)]
    assert subjects == ["number 0", "after"]
