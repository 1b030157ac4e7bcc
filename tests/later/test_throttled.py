"""Accounts that wait: a refused sign-in is not repeated message by message, and the own rate holds up nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_mailbox import Mailbox, Ticket, signals
from flask_mailbox.devserver import MailServer
from flask_mailbox.services.later import pauses, schedule

from ..servers.process import wait_for
from .apps import later_app, letter

ANN, BOB = "ann@163.com", "bob@163.com"


@pytest.fixture
def netease() -> Iterator[MailServer]:
    """NetEase's server, on which Ann's sign-ins are refused for a while, in its words."""
    with MailServer({ANN: "ann-secret", BOB: "bob-secret"}, profile="163") as server:
        server.set_trouble(ANN, "rate_limited")
        yield server


def settings(server: MailServer, address: str = ANN) -> dict[str, Any]:
    return server.config(address) | {"MAILBOX_PROVIDER": "163"}


def values(config: dict[str, Any], **changes: str) -> dict[str, Any]:
    """Return what a user of the same server types in."""
    typed = ("ADDRESS", "PASSWORD", "SMTP", "CA_FILE", "PROVIDER")
    return {key: config[f"MAILBOX_{key}"] for key in typed if f"MAILBOX_{key}" in config} | changes


def sign_ins(server: MailServer) -> int:
    return server.received("smtp").count(b"AUTH ")


def from_bob(mailbox: Mailbox, server: MailServer) -> Ticket:
    """Queue a message of another account, behind all that waits."""
    bob = mailbox.for_account(mailbox.load_account(values(settings(server, BOB))))
    return bob.send_later(letter("from Bob", BOB, sender=BOB))


def test_a_server_that_asks_for_a_pause_is_asked_a_few_times_and_no_more(netease: MailServer) -> None:
    with later_app(settings(netease)) as (_, mailbox):
        status = mailbox.send_later(letter("x", BOB)).wait(5)

    assert (status.state, status.attempts) == ("failed", 3)
    assert status.failure is not None
    assert status.failure.category == "rate_limited"
    assert sign_ins(netease) == 3


def test_what_waits_behind_a_sign_in_that_was_put_off_is_not_tried_before_the_pause_is_over(
    netease: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "ASKED_TO_WAIT", 600.0)
    with later_app(settings(netease)) as (_, mailbox):
        first = mailbox.send_later(letter("first", BOB))
        assert wait_for(lambda: first.status().failure is not None, 5)
        others = [mailbox.send_later(letter(f"{number}", BOB)) for number in range(5)]
        assert from_bob(mailbox, netease).wait(5).state == "sent"
        status = first.status()
        states = {ticket.state for ticket in others}

    assert states == {"queued"}
    assert (status.state, status.attempts) == ("queued", 1)
    assert (status.due - status.updated).total_seconds() == pytest.approx(600, abs=60)
    assert sign_ins(netease) == 2  # Ann's first, and Bob's


def test_the_end_of_the_process_does_not_repeat_a_sign_in_that_was_put_off(
    netease: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "ASKED_TO_WAIT", 600.0)
    with later_app(settings(netease)) as (_, mailbox):
        first = mailbox.send_later(letter("first", BOB))
        assert wait_for(lambda: first.status().failure is not None, 5)
        for number in range(5):
            mailbox.send_later(letter(f"{number}", BOB), delay=60)
        mailbox.state.later.workers.close(5)

    assert sign_ins(netease) == 1


def test_a_sign_in_that_was_refused_for_good_is_not_repeated_for_each_message(mailserver: MailServer) -> None:
    config = mailserver.config("ann@demo.test") | {"MAILBOX_PASSWORD": "wrong"}
    with later_app(config) as (_, mailbox):
        first = mailbox.send_later(letter("first")).wait(5)
        others = [mailbox.send_later(letter(f"{number}")).wait(5) for number in range(5)]

    assert {status.state for status in (first, *others)} == {"failed"}
    assert first.failure is not None
    assert all(status.failure and first.failure.text in status.failure.text for status in others)
    assert {status.failure.category for status in others if status.failure} == {first.failure.category}
    assert sign_ins(mailserver) == 1


def test_after_a_moment_a_refused_sign_in_is_tried_again_and_at_once_with_another_password(
    mailserver: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = mailserver.config("ann@demo.test")
    with later_app(config) as (_, mailbox):
        wrong = mailbox.for_account(mailbox.load_account(values(config, PASSWORD="wrong")))
        right = mailbox.for_account(mailbox.load_account(values(config)))
        assert wrong.send_later(letter("one")).wait(5).state == "failed"
        assert right.send_later(letter("two")).wait(5).state == "sent"
        monkeypatch.setattr(pauses, "REFUSED", 0.0)
        mailserver.add_user("ann@demo.test", "wrong")
        assert wrong.send_later(letter("three")).wait(5).state == "sent"


def test_what_waits_for_the_own_rate_keeps_no_thread_from_others(mailserver: MailServer) -> None:
    config = mailserver.config("ann@demo.test")
    with later_app(config, MAILBOX_RATE="1/minute", MAILBOX_OPERATION_TIMEOUT=60) as (_, mailbox):
        assert mailbox.send_later(letter("within the rate")).wait(5).state == "sent"
        paced = [mailbox.send_later(letter(f"{number}")) for number in range(5)]
        bob = mailbox.for_account(mailbox.load_account(values(mailserver.config("bob@demo.test"))))
        assert bob.send_later(letter("from Bob", sender="bob@demo.test")).wait(5).state == "sent"
        statuses = [ticket.status() for ticket in paced]
        for ticket in paced:
            ticket.cancel()

    assert {(status.state, status.attempts) for status in statuses} == {("queued", 0)}


def test_what_waits_for_the_own_rate_is_sent_in_its_order(mailserver: MailServer) -> None:
    config = mailserver.config("ann@demo.test") | {"MAILBOX_RATE": "10/second"}
    with later_app(config) as (_, mailbox):
        tickets = [mailbox.send_later(letter(f"{number}"), delay=0.1) for number in range(25)]
        assert {ticket.wait(10).state for ticket in tickets} == {"sent"}

    raws = mailserver.messages("bob@demo.test")
    order = [int(line[9:]) for raw in raws for line in raw.splitlines() if line.startswith(b"Subject: ")]
    assert len(order) == 25
    assert all(abs(number - place) <= 2 for place, number in enumerate(order))  # two threads send at a time


def test_who_waits_for_the_rate_in_vain_puts_the_message_back_until_it_allows_it(
    mailserver: MailServer, tmp_path: Path
) -> None:
    """So does a worker of Celery, which has other processes beside it."""
    limits = {"MAILBOX_RATE": "1/minute", "MAILBOX_OPERATION_TIMEOUT": 1, "MAILBOX_STORE": f"sqlite:///{tmp_path}/x"}
    with later_app(mailserver.config("ann@demo.test"), **limits) as (_, mailbox):
        later = mailbox.state.later
        later.workers.close(5)
        assert later.stored is not None
        mailbox.send(letter("within the rate"))
        ticket = mailbox.send_later(letter("beyond it"))
        entry = later.stored.claim(ticket.id)
        assert entry is not None
        due = later.sender.send(later.stored, entry)
        status = ticket.status()

    assert (status.state, status.attempts) == ("queued", 0)
    assert status.failure is not None
    assert "rate of 1/minute" in status.failure.text
    assert due == pytest.approx(time.time() + 60, abs=20)


def test_while_all_connections_are_in_use_a_message_waits_and_that_is_no_failed_attempt(
    mailserver: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_mailbox.services.later.outcome.CROWDED", 0.01)
    limits = {"MAILBOX_POOL_SIZE": 1, "MAILBOX_OPERATION_TIMEOUT": 0.3}
    with later_app(mailserver.config("ann@demo.test"), **limits) as (_, mailbox):
        with mailbox.smtp() as smtp:
            smtp.send(letter("by the app"))
            ticket = mailbox.send_later(letter("beside it"))
            assert wait_for(lambda: ticket.status().failure is not None, 5)
        status = ticket.wait(10)

    assert (status.state, status.attempts) == ("sent", 1)


def test_a_receiver_of_the_signal_is_not_called_for_a_message_that_waits_for_the_rate(mailserver: MailServer) -> None:
    called: list[object] = []

    def count(sender: object, message: object, **_: object) -> None:
        called.append(message)

    config = mailserver.config("ann@demo.test") | {"MAILBOX_RATE": "5/second"}
    with later_app(config) as (_, mailbox), signals.message_sending.connected_to(count):
        tickets = [mailbox.send_later(letter(f"{number}"), delay=0.1) for number in range(12)]
        assert {ticket.wait(10).state for ticket in tickets} == {"sent"}

    assert len(called) == 12
