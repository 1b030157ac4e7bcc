"""A process that is killed while it sends from a SQLite file: the next one sends what was not, and nothing twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flask_mailbox import Mailbox, StoreError, Ticket
from flask_mailbox.devserver import MailServer
from flask_mailbox.services.later.outcome import LOSSES

from ..servers.process import wait_for
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
def victim(
    stage: Stage, store: str, folder: Path, *subjects: str, delay: float = 0.0
) -> Iterator[subprocess.Popen[str]]:
    """Run a process that queues a message for each subject (``Hello`` if there is none), which is its key as well.

    When it has done so, it says a line.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.later.victim", str(delay), *(subjects or ("Hello",))],
        cwd=ROOT,
        env=victim_environment(stage, store, folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
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
    with victim(stage, store, tmp_path, delay=0.5) as process:
        assert process.stdout is not None
        process.stdout.readline()
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


def test_a_message_that_ends_each_process_that_takes_it_fails_and_can_be_sent_by_order(
    stage: Stage, store: str, tmp_path: Path
) -> None:
    (tmp_path / "after claim").write_text("each")
    for _ in range(LOSSES):
        with victim(stage, store, tmp_path) as process:
            assert process.wait(20) == -signal.SIGKILL

    with survivor(stage, store) as mailbox:
        ticket = found(mailbox)
        status = ticket.wait(10)
        assert (status.state, status.attempts) == ("failed", LOSSES)
        assert status.failure is not None
        assert f"Each of {LOSSES} processes" in status.failure.text
        assert stage.subjects == []

        assert ticket.send_again()
        assert ticket.wait(10).state == "sent"
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


def test_a_thread_keeps_looking_for_what_other_processes_queue(
    stage: Stage, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_mailbox.services.later.workers.LOOK", 0.05)
    monkeypatch.setattr("flask_mailbox.services.later.workers.IDLE", 0.02)
    with survivor(stage, store) as looking:
        for ticket in [looking.send_later(letter(f"own {number}")) for number in range(6)]:
            ticket.wait(10)
        with later_app(scripted_settings(stage.server.port, MAILBOX_STORE=store)) as (_, other):
            other.state.later.workers.close(0)  # it only queues
            ticket = other.send_later(letter("from the other"))
            assert ticket.wait(10).state == "sent"

    assert stage.subjects[-1] == "from the other"


def test_the_old_is_forgotten_however_much_it_is(stage: Stage, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_mailbox.services.later.workers.LOOK", 0.05)
    monkeypatch.setattr("flask_mailbox.services.store.outbox.PURGED_AT_ONCE", 2)
    with survivor(stage, store) as mailbox:
        mailbox.state.later.workers.close(5)
        tickets = [mailbox.send_later(letter(f"{number}")) for number in range(7)]
        outbox = mailbox.state.later.stored
        assert outbox is not None
        for ticket in tickets:
            assert ticket.cancel()
            outbox.store.change(ticket.id, {}, updated=0.0)

    with survivor(stage, store) as mailbox:
        assert wait_for(lambda: all(mailbox.ticket(ticket.id) is None for ticket in tickets), 10)


def test_a_store_that_cannot_be_written_is_told_at_the_call(stage: Stage, tmp_path: Path) -> None:
    with (
        later_app(scripted_settings(stage.server.port, MAILBOX_STORE=f"sqlite:///{tmp_path}/no/such/folder")) as made,
        pytest.raises(StoreError, match="cannot be used"),
    ):
        made[1].send_later(letter())


def test_parent_and_forked_child_share_the_store_and_not_its_connections(
    stage: Stage, postgresql_url: str, tmp_path: Path
) -> None:
    program = """
import os, sys
from tests.later.victim import letter, mailbox, app
with app.app_context():
    mailbox.send_later(letter("before")).wait(10)
    child = os.fork()
    status = mailbox.send_later(letter("child" if child == 0 else "parent")).wait(10)
    if child == 0:
        os._exit(0 if status.state == "sent" else 1)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or status.state != "sent")
"""
    environment = victim_environment(stage, postgresql_url, tmp_path)
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]  # of forks beside threads
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=40, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(stage.subjects) == ["before", "child", "parent"]


@pytest.mark.parametrize("rounds", [4, pytest.param(60, marks=pytest.mark.soak)])
def test_killed_at_random_nothing_is_lost_and_nothing_is_sent_twice(
    stage: Stage, store: str, tmp_path: Path, rounds: int
) -> None:
    names = [f"{number}" for number in range(rounds * 10)]
    for at in range(rounds):
        until = len(stage.contents) + random.randint(1, 9)  # noqa: S311
        with victim(stage, store, tmp_path, *names[at * 10 : at * 10 + 10]) as process:
            stage.wait_for_contents(until)
            process.kill()
            process.wait(10)

    with survivor(stage, store) as mailbox:
        tickets = {name: mailbox.ticket_of_key(name) for name in names}
        states = {name: ticket.wait(20).state if ticket else "not queued" for name, ticket in tickets.items()}
    copies = {name: stage.subjects.count(name) for name in names}

    assert set(states.values()) <= {"sent", "unknown", "not queued"}
    assert all(copies[name] == 1 for name in names if states[name] == "sent")
    assert all(copies[name] <= 1 for name in names if states[name] == "unknown")
    assert all(copies[name] == 0 for name in names if states[name] == "not queued")
