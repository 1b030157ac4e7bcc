"""A series goes on over lost connections, slow callers and live iterables: each message arrives once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from flask_mailbox import AuthenticationError, CommandError, Message, RateError, Receipt, parse_message
from flask_mailbox.services import series
from flask_mailbox.smtp import session

from ..scripted import Client, Script, scripted
from ..smtp.scripts import CHUNKING, smtp_script
from .apps import sender_to

BOB = "bob@demo.test"
THANKS = b"250 queued\r\n"


def messages(count: int) -> Iterator[Message]:
    for number in range(1, count + 1):
        yield Message(f"number {number}", recipients=[BOB], body="x")


def arrived(contents: list[bytes]) -> Counter[str]:
    return Counter(parse_message(raw).subject for raw in contents if raw)


def each_once(count: int) -> Counter[str]:
    return Counter(f"number {number}" for number in range(1, count + 1))


def hangs_up(word: str, time: int, contents: list[bytes], goodbye: bytes = b"") -> Script:
    """Return a script that closes when a command comes for the so many-th time; ``content`` is one as well."""
    counted: Counter[str] = Counter()

    def is_time(what: str) -> bool:
        counted[what] += 1
        return (what, counted[what]) == (word, time)

    def script(client: Client) -> None:
        client.send(b"220 x\r\n")
        while line := client.line().decode():
            what = line.split(" ")[0]
            if is_time(what):
                client.send(goodbye)
                return
            if what == "EHLO":
                client.send(b"250-x\r\n250 PIPELINING\r\n")
            elif what == "DATA":
                client.send(b"354 go on\r\n")
                contents.append(client.content())
                if is_time("content"):
                    return
                client.send(THANKS)
            else:
                client.send(b"250 ok\r\n")

    return script


@pytest.mark.parametrize("goodbye", [b"", b"421 4.3.2 bye\r\n"], ids=["without a word", "with 421"])
@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_content_of_a_message_costs_nothing(word: str, goodbye: bytes) -> None:
    contents: list[bytes] = []
    with (
        scripted(hangs_up(word, 2, contents, goodbye), smtp_script(contents=contents)) as running,
        sender_to(running.port) as mailbox,
    ):
        receipts = list(mailbox.send_many(messages(10)))

    assert [receipt.ok for receipt in receipts] == [True] * 10
    assert arrived(contents) == each_once(10)


def test_a_connection_lost_at_a_content_leaves_that_message_unknown_and_the_others_go_on() -> None:
    contents: list[bytes] = []
    with (
        scripted(hangs_up("content", 2, contents), smtp_script(contents=contents)) as running,
        sender_to(running.port) as mailbox,
    ):
        receipts = list(mailbox.send_many(messages(10)))

    assert [receipt.ok for receipt in receipts] == [True, False, *[True] * 8]
    assert receipts[1].unknown == (BOB,)
    assert arrived(contents) == each_once(10)


@pytest.mark.parametrize("offers", [("PIPELINING",), CHUNKING], ids=["pipelined", "chunked"])
def test_a_server_that_answers_twice_has_each_message_that_it_is_said_to_have(offers: tuple[str, ...]) -> None:
    contents: list[bytes] = []
    script = smtp_script({"content": THANKS * 2}, offers=offers, contents=contents)
    with scripted(script) as running, sender_to(running.port) as mailbox:
        receipts = list(mailbox.send_many(messages(5)))

    assert [receipt.ok for receipt in receipts] == [True] * 5
    assert arrived(contents) == each_once(5)


def test_a_series_outlives_a_server_that_is_busy_for_a_moment() -> None:
    busy = smtp_script({"greeting": b"421 4.7.0 busy\r\n"})
    with scripted(busy, busy, smtp_script()) as running, sender_to(running.port) as mailbox:
        receipts = list(mailbox.send_many(messages(5)))

    assert [receipt.ok for receipt in receipts] == [False, False, True, True, True]


def test_a_series_ends_when_three_messages_in_a_row_failed() -> None:
    receipts: list[Receipt] = []
    with (
        scripted(smtp_script({"greeting": b"421 4.7.0 busy\r\n"})) as running,
        sender_to(running.port) as mailbox,
        pytest.raises(CommandError, match="busy"),
    ):
        collecting(mailbox.send_many(messages(50)), receipts)

    assert len(receipts) == running.connections == 3


def test_bad_drafts_between_them_do_not_hide_that_messages_fail_in_a_row() -> None:
    def mixed() -> Iterator[Message]:
        for message in messages(50):
            yield message
            yield Message("no recipients")

    receipts: list[Receipt] = []
    with (
        scripted(smtp_script({"greeting": b"421 4.7.0 busy\r\n"})) as running,
        sender_to(running.port) as mailbox,
        pytest.raises(CommandError, match="busy"),
    ):
        collecting(mailbox.send_many(mixed()), receipts)

    assert running.connections == 3
    assert len(receipts) == 5


def test_the_accounts_rate_fails_messages_and_then_the_series() -> None:
    receipts: list[Receipt] = []
    with (
        scripted(smtp_script()) as running,
        sender_to(running.port, MAILBOX_RATE="2/hour") as mailbox,
        pytest.raises(RateError),
    ):
        collecting(mailbox.send_many(messages(50)), receipts)

    assert [receipt.ok for receipt in receipts] == [True, True, False, False, False]


def collecting(source: Iterator[Receipt], kept: list[Receipt]) -> None:
    """Keep what comes, until an error does."""
    for receipt in source:
        kept.append(receipt)


@pytest.mark.parametrize("goodbye", [b"", b"421 4.4.2 timeout\r\n"], ids=["closes", "says 421"])
def test_a_server_that_gave_an_announced_message_up_gets_it_anew(goodbye: bytes) -> None:
    contents: list[bytes] = []
    gone = threading.Event()

    def gives_up(client: Client) -> None:
        client.send(b"220 x\r\n")
        client.line()
        client.send(b"250-x\r\n250 PIPELINING\r\n")
        for _ in range(3):
            client.line()
        client.send(b"250 ok\r\n250 ok\r\n354 go on\r\n")
        contents.append(client.content())
        for _ in range(3):
            client.line()
        client.send(THANKS + b"250 ok\r\n250 ok\r\n354 go on\r\n" + goodbye)
        client.socket.shutdown(1)
        gone.set()

    with scripted(gives_up, smtp_script(contents=contents)) as running, sender_to(running.port) as mailbox:
        receipts = []
        for receipt in mailbox.send_many(messages(3)):
            receipts.append(receipt)
            assert gone.wait(5)

    assert [receipt.ok for receipt in receipts] == [True] * 3
    assert arrived(contents) == each_once(3)


def test_what_was_announced_long_ago_is_sent_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LATELY", 0.0)
    contents: list[bytes] = []
    with scripted(smtp_script(contents=contents)) as running, sender_to(running.port) as mailbox:
        receipts = list(mailbox.send_many(messages(4)))

    assert [receipt.ok for receipt in receipts] == [True] * 4
    assert arrived(contents) == each_once(4)


def test_a_message_does_not_wait_for_the_one_behind_it() -> None:
    came = threading.Semaphore(0)

    class Noted(list[bytes]):
        def append(self, content: bytes) -> None:
            super().append(content)
            came.release()

    def live() -> Iterator[Message]:
        for message in messages(4):
            yield message
            assert came.acquire(timeout=5)  # the server has it before the next is there

    contents = Noted()
    with scripted(smtp_script(contents=contents)) as running, sender_to(running.port) as mailbox:
        receipts = list(mailbox.send_many(live()))

    assert [receipt.ok for receipt in receipts] == [True] * 4
    assert arrived(contents) == each_once(4)


def test_no_receipt_waits_for_a_message_that_takes_long_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "QUICK", 0.0)
    receipts: list[Receipt] = []
    had: list[int] = []

    def live() -> Iterator[Message]:
        for message in messages(4):
            had.append(len(receipts))
            yield message

    with scripted(smtp_script()) as running, sender_to(running.port) as mailbox:
        collecting(mailbox.send_many(live()), receipts)

    assert had == [0, 1, 2, 3]


def test_a_first_connection_that_is_refused_a_sign_in_ends_the_series_at_once() -> None:
    script = smtp_script({"AUTH": b"535 5.7.8 no\r\n"}, offers=("AUTH PLAIN",))
    config = {"MAILBOX_USERNAME": "ann", "MAILBOX_PASSWORD": "wrong"}
    receipts: list[Receipt] = []
    with (
        scripted(script) as running,
        sender_to(running.port, **config) as mailbox,
        pytest.raises(AuthenticationError),
    ):
        collecting(mailbox.send_many(messages(50)), receipts)

    assert len(receipts) == running.connections == 1
