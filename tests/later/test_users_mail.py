"""Mail of accounts that are in no configuration: in memory, unless the app gives such accounts back by their names."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import current_app

from flask_mailbox import Account, Mailbox
from flask_mailbox.accountmailbox import AccountMailbox
from flask_mailbox.devserver import MailServer

from .apps import BOB, later_app, letter

Users = dict[str, dict[str, Any]]


@pytest.fixture
def config(mailserver: MailServer, tmp_path: Path) -> dict[str, Any]:
    return mailserver.config("ann@demo.test") | {"MAILBOX_STORE": f"sqlite:///{tmp_path / 'outbox.sqlite'}"}


@pytest.fixture
def users(mailserver: MailServer) -> Users:
    """The app's own table of its users' mailboxes, by the names of their accounts."""
    smtp = mailserver.config(BOB)["MAILBOX_SMTP"]
    return {"user-17": {"address": BOB, "password": "bob-secret", "smtp": smtp}}


@pytest.fixture
def mailbox(config: dict[str, Any], users: Users) -> Iterator[Mailbox]:
    """Ann's mailbox, in an app that finds its users' accounts."""
    with later_app(config) as (_, mailbox):
        find_in(mailbox, users)
        yield mailbox


def find_in(mailbox: Mailbox, users: Users) -> None:
    @mailbox.account_finder
    def find(name: str) -> Account | None:
        return mailbox.load_account(users[name], name=name) if name in users else None


def bob_of(mailbox: Mailbox, users: Users, **changes: str) -> AccountMailbox:
    return mailbox.for_account(mailbox.load_account(users["user-17"] | changes, name="user-17"))


def test_what_an_account_sends_that_is_found_by_its_name_survives_the_process(
    config: dict[str, Any], users: Users, mailserver: MailServer, tmp_path: Path
) -> None:
    with later_app(config) as (_, mailbox):
        find_in(mailbox, users)
        ticket = bob_of(mailbox, users).send_later(letter("kept", sender=BOB), delay=0.3)
        assert ticket.durable
        mailbox.state.later.workers.close(0)

    with later_app(config) as (host, mailbox):
        find_in(mailbox, users)
        host.test_client().get("/")  # the first request
        again = bob_of(mailbox, users).ticket(ticket.id)
        assert again is not None
        assert again.wait(10).state == "sent"
        assert mailbox.ticket(ticket.id) is None

    assert len(mailserver.messages(BOB)) == 1
    assert b"bob-secret" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_the_password_of_the_moment_is_the_one_that_is_used(mailbox: Mailbox, users: Users) -> None:
    ticket = bob_of(mailbox, users).send_later(letter(sender=BOB), delay=0.3)
    users["user-17"]["password"] = "changed meanwhile"
    status = ticket.wait(10)

    assert status.state == "failed"
    assert status.failure is not None
    assert "refused the sign-in" in status.failure.text


def test_with_another_password_it_is_another_account_that_waits_in_memory(mailbox: Mailbox, users: Users) -> None:
    ticket = bob_of(mailbox, users).send_later(letter(sender=BOB), key="order-17", delay=60)
    eve = bob_of(mailbox, users, password="guessed")

    assert eve.ticket(ticket.id) is None
    assert eve.ticket_of_key("order-17") is None
    assert not eve.send_later(letter(sender=BOB), delay=60).durable
    assert ticket.cancel()


def test_a_user_who_is_gone_is_said_to_be(mailbox: Mailbox, users: Users) -> None:
    ticket = bob_of(mailbox, users).send_later(letter(sender=BOB), delay=0.3)
    del users["user-17"]
    status = ticket.wait(10)

    assert status.state == "failed"
    assert status.failure is not None
    assert "user-17" in status.failure.text


def test_what_keeps_the_app_from_finding_an_account_is_taken_to_pass(
    mailbox: Mailbox, users: Users, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = bob_of(mailbox, users).send_later(letter(sender=BOB), delay=0.3)
    calls: list[str] = []

    @mailbox.account_finder
    def find(name: str) -> Account:
        calls.append(name)
        if len(calls) == 1:
            raise OSError("private words")
        return mailbox.load_account(users[name], name=name)

    status = ticket.wait(10)

    assert (status.state, status.attempts) == ("sent", 2)
    assert "private words" in caplog.text
    assert "private words" not in repr(status)


def test_the_finder_is_asked_in_the_apps_context(mailbox: Mailbox, users: Users) -> None:
    seen: list[str] = []
    ticket = bob_of(mailbox, users).send_later(letter(sender=BOB), delay=0.3)

    @mailbox.account_finder
    def find(name: str) -> Account:
        seen.append(current_app.name)
        return mailbox.load_account(users[name], name=name)

    assert ticket.wait(10).state == "sent"
    assert seen == ["host"]


def test_the_configuration_comes_first(mailbox: Mailbox) -> None:
    @mailbox.account_finder
    def find(name: str) -> Account:
        raise AssertionError(f"{name} is configured")

    assert mailbox.send_later(letter()).durable


def test_mail_that_waits_in_memory_beside_a_store_is_told_in_the_log_once(
    config: dict[str, Any], users: Users, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="flask_mailbox"), later_app(config) as (_, mailbox):
        bob = bob_of(mailbox, users)
        tickets = [bob.send_later(letter(f"{number}", sender=BOB)) for number in range(3)]
        states = {ticket.wait(10).state for ticket in tickets}

    assert states == {"sent"}
    assert not any(ticket.durable for ticket in tickets)
    assert [record.message for record in caplog.records if "account_finder" in record.message] == [
        "What account 'user-17' sends later waits in this process's memory and not in MAILBOX_STORE, since neither the "
        "configuration nor @mailbox.account_finder gives this account: it is lost with the process."
    ]
