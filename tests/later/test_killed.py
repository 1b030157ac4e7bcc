"""A process that is killed while it sends from a SQLite file: the next one sends what was not, and nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flask_mailbox import Mailbox, Ticket
from flask_mailbox.devserver import MailServer

from .apps import BOB, later_app, letter, scripted_settings
from .stage import CONTENT, Stage, staged

ROOT = Path(__file__).parents[2]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'outbox.sqlite'}"


@contextmanager
def victim(stage: Stage, store: str, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process that queues a message under the key ``Hello``."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.later.victim", "Hello", *arguments],
        cwd=ROOT,
        env=victim_environment(stage, store, folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it has queued the message, or is dead
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def victim_environment(stage: Stage, store: str, folder: Path, **more: str) -> dict[str, str]:
    """Return what a victim is told by its environment."""
    told = {"VICTIM_PORT": str(stage.server.port), "VICTIM_STORE": store, "VICTIM_FOLDER": str(folder)}
    return {**os.environ, **told, "VICTIM_QUEUE": "thread", **more}


@contextmanager
def survivor(stage: Stage, store: str) -> Iterator[Mailbox]:
    """Give the mailbox of another process's app, which looks after what the victim left."""
    with later_app(scripted_settings(stage.server.port, MAILBOX_STORE=store)) as (host, mailbox):
        host.test_client().get("/")  # the first request
        yield mailbox


def found(mailbox: Mailbox) -> Ticket:
    ticket = mailbox.ticket_of_key("Hello")
    assert ticket is not None
    return ticket


def test_what_waited_is_sent_by_the_next_process(stage: Stage, store: str, tmp_path: Path) -> None:
    with victim(stage, store, tmp_path, "0.5") as process:
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    with survivor(stage, store) as mailbox:
        assert found(mailbox).wait(10).state == "sent"
    assert stage.subjects == ["Hello"]


def test_killed_after_the_claim_it_is_sent_by_the_next_process(stage: Stage, store: str, tmp_path: Path) -> None:
    (tmp_path / "after claim").touch()
    with victim(stage, store, tmp_path) as process:
        assert process.wait(20) == -signal.SIGKILL

    with survivor(stage, store) as mailbox:
        assert found(mailbox).wait(10).state == "sent"
    assert stage.subjects == ["Hello"]


def test_killed_before_the_content_it_is_sent_by_the_next_process(stage: Stage, store: str, tmp_path: Path) -> None:
    stage.hold("RCPT")
    with victim(stage, store, tmp_path) as process:
        assert stage.wait_for_hold()
        process.kill()
        process.wait(10)
    stage.go_on()

    with survivor(stage, store) as mailbox:
        status = found(mailbox).wait(10)
        assert (status.state, status.attempts) == ("sent", 2)
    assert stage.subjects == ["Hello"]


def test_killed_after_the_final_dot_it_is_unknown_and_not_sent_again(stage: Stage, store: str, tmp_path: Path) -> None:
    stage.hold(CONTENT)
    with victim(stage, store, tmp_path) as process:
        assert stage.wait_for_hold()
        process.kill()
        process.wait(10)
    stage.go_on()

    with survivor(stage, store) as mailbox:
        status = found(mailbox).wait(10)
        assert (status.state, status.attempts) == ("unknown", 1)
        assert status.receipt is not None
        assert status.receipt.unknown == (BOB,)
        assert status.failure is not None
        assert status.failure.category == "sender_ended"
    assert stage.subjects == ["Hello"]


def test_killed_before_the_status_is_noted_it_is_unknown(stage: Stage, store: str, tmp_path: Path) -> None:
    (tmp_path / "before the status is noted").touch()
    with victim(stage, store, tmp_path) as process:
        assert process.wait(20) == -signal.SIGKILL

    with survivor(stage, store) as mailbox:
        assert found(mailbox).wait(10).state == "unknown"
    assert stage.subjects == ["Hello"]


def test_a_key_is_remembered_by_the_next_process(stage: Stage, store: str) -> None:
    for _ in range(2):
        with survivor(stage, store) as mailbox:
            ticket = mailbox.send_later(letter(), key="order-17")
            assert ticket.durable
            assert ticket.wait(10).state == "sent"

    assert not ticket.is_new
    assert stage.subjects == ["Hello"]


def test_what_waits_in_the_store_outlives_the_end_of_the_app(stage: Stage, store: str) -> None:
    with survivor(stage, store) as mailbox:
        mailbox.send_later(letter(), key="Hello", delay=60)

    assert stage.subjects == []
    with survivor(stage, store) as mailbox:
        assert found(mailbox).cancel()


def test_the_content_is_deleted_once_it_was_sent(stage: Stage, store: str) -> None:
    with survivor(stage, store) as mailbox:
        ticket = mailbox.send_later(letter())
        ticket.wait(10)
        kept = mailbox.state.later.stored.store.get(ticket.id)  # type: ignore[union-attr]

    assert kept is not None
    assert kept.message == b""


def test_the_mail_of_signed_in_users_stays_in_memory_and_their_passwords_out_of_the_store(
    mailserver: MailServer, store: str, tmp_path: Path
) -> None:
    config: dict[str, Any] = mailserver.config("ann@demo.test") | {"MAILBOX_STORE": store}
    with later_app(config) as (_, mailbox):
        mailbox.send_later(letter(), delay=60)
        values = {"address": BOB, "password": "bob-secret", "smtp": config["MAILBOX_SMTP"]}
        bob = mailbox.for_account(mailbox.load_account(values))
        ticket = bob.send_later(letter("private", sender=BOB))

        assert not ticket.durable
        assert ticket.wait(10).state == "sent"
        assert bob.ticket(ticket.id) is not None
        assert mailbox.ticket(ticket.id) is None

    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"bob-secret" not in written
    assert b"ann-secret" not in written
    assert b"private" not in written
