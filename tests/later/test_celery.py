"""Sending later on Celery: real workers, Redis, PostgreSQL, and processes that are killed at each step."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis as redis_client
from celery import Celery

from flask_mailbox import Mailbox, Ticket
from flask_mailbox.services.later.outcome import LOSSES
from flask_mailbox.services.later.tasks import SEND, SWEEP

from ..servers.postgresql import PostgreSQL
from ..servers.process import last_lines, wait_for
from ..servers.redis import Redis
from .apps import BOB, later_app, letter, scripted_settings
from .stage import CONTENT, Stage, staged
from .test_killed import victim_environment

pytestmark = pytest.mark.xdist_group("celery")  # one worker for all

ROOT = Path(__file__).parents[2]
SECONDS = 20


@dataclass
class Place:
    """Where a worker and the tests meet.

    :param folder: A file here that is named like a step kills the process that comes to it.
    """

    folder: Path
    stage: Stage
    store: str
    broker: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self) -> None:
        """Start a worker with two processes."""
        told = {"VICTIM_QUEUE": "celery", "VICTIM_BROKER": self.broker}
        options = ["--concurrency=2", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
        log = self.folder / "worker.log"
        with log.open("ab") as sink:
            worker = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "tests.later.victim:celery", "worker", *options],
                cwd=ROOT,
                env=victim_environment(self.stage, self.store, self.folder, **told),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        self.workers.append(worker)
        started = wait_for(lambda: b" ready." in log.read_bytes() or worker.poll() is not None, SECONDS)
        assert started, last_lines(log)
        assert worker.poll() is None, last_lines(log)

    def kill_worker(self) -> None:
        """Kill the worker with all its processes."""
        worker = self.workers.pop()
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(10)
        (self.folder / "worker.log").unlink()

    @contextmanager
    def app(self, *, broker: str = "") -> Iterator[Mailbox]:
        """Give the mailbox of an app that queues for the worker."""
        config = scripted_settings(self.stage.server.port, MAILBOX_STORE=self.store, MAILBOX_QUEUE="celery")
        with later_app(config) as (host, mailbox):
            host.extensions["celery"] = Celery("victim", broker=broker or self.broker)
            yield mailbox
            host.extensions["celery"].close()


@pytest.fixture(scope="module")
def place(postgresql: PostgreSQL, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A worker that runs for all tests of this module, unless one kills it."""
    with staged() as stage, postgresql.new_database() as store:
        made = Place(tmp_path_factory.mktemp("celery"), stage, store, redis.url)
        try:
            made.start_worker()
            yield made
        finally:
            while made.workers:
                made.kill_worker()


@pytest.fixture
def mailbox(place: Place) -> Iterator[Mailbox]:
    """An app's mailbox; the stage is empty."""
    place.stage.contents.clear()
    with place.app() as mailbox:
        yield mailbox


def owner_of(mailbox: Mailbox, ticket: Ticket) -> int:
    """Return the id of the process that has a message in hand."""
    entry = mailbox.state.later.stored.store.get(ticket.id)  # type: ignore[union-attr]
    assert entry is not None
    return int(entry.owner.split("|")[1])


def test_a_worker_sends_and_the_queueing_process_does_not(mailbox: Mailbox, place: Place) -> None:
    ticket = mailbox.send_later(letter("by a worker"))
    status = ticket.wait(SECONDS)

    assert (status.state, status.attempts) == ("sent", 1)
    assert status.receipt is not None
    assert status.receipt.accepted == (BOB,)
    assert place.stage.subjects == ["by a worker"]


def test_a_task_carries_the_id_and_nothing_of_the_message(place: Place) -> None:
    with place.app() as mailbox:
        celery: Celery = mailbox.state.later._app.extensions["celery"]
        celery.conf.task_default_queue = "unread"
        ticket = mailbox.send_later(letter("a secret subject"))
        with redis_client.Redis.from_url(place.broker) as client:
            (task,) = client.lrange("unread", 0, -1)  # type: ignore[misc]
        ticket.cancel()

    arguments, options, _ = json.loads(base64.b64decode(json.loads(task)["body"]))
    assert (arguments, options) == ([ticket.id], {})
    assert b"secret" not in task


@pytest.mark.parametrize("step", ["before claim", "after claim"])
def test_a_worker_killed_before_it_sent_anything_loses_nothing(mailbox: Mailbox, place: Place, step: str) -> None:
    (place.folder / step).touch()
    status = mailbox.send_later(letter(step)).wait(SECONDS)

    assert status.state == "sent"
    assert not (place.folder / step).exists()
    assert place.stage.subjects == [step]


def test_a_message_that_ends_each_worker_that_takes_it_fails(mailbox: Mailbox, place: Place) -> None:
    celery: Celery = mailbox.state.later._app.extensions["celery"]
    step = place.folder / "after claim"
    step.write_text("each")

    def has_ended() -> bool:
        celery.tasks[SWEEP].apply_async()  # rather than in half a minute
        return ticket.status().is_final

    try:
        ticket = mailbox.send_later(letter("deadly"))
        assert wait_for(has_ended, SECONDS, interval=0.2)
    finally:
        step.unlink()
    status = ticket.status()

    assert (status.state, status.attempts) == ("failed", LOSSES)
    assert mailbox.send_later(letter("harmless")).wait(SECONDS).state == "sent"
    assert place.stage.subjects == ["harmless"]


def test_a_worker_killed_before_the_content_has_it_sent_by_another(mailbox: Mailbox, place: Place) -> None:
    place.stage.hold("RCPT")
    ticket = mailbox.send_later(letter("no content yet"))
    assert place.stage.wait_for_hold()
    os.kill(owner_of(mailbox, ticket), signal.SIGKILL)
    place.stage.go_on()

    status = ticket.wait(SECONDS)
    assert (status.state, status.attempts) == ("sent", 2)
    assert place.stage.subjects == ["no content yet"]


def test_a_worker_killed_after_the_final_dot_leaves_it_unknown(mailbox: Mailbox, place: Place) -> None:
    place.stage.hold(CONTENT)
    ticket = mailbox.send_later(letter("final dot"))
    assert place.stage.wait_for_hold()
    os.kill(owner_of(mailbox, ticket), signal.SIGKILL)
    place.stage.go_on()

    status = ticket.wait(SECONDS)
    assert (status.state, status.attempts) == ("unknown", 1)
    assert place.stage.subjects == ["final dot"]


def test_a_worker_killed_before_the_status_is_noted_leaves_it_unknown(mailbox: Mailbox, place: Place) -> None:
    (place.folder / "before the status is noted").touch()
    status = mailbox.send_later(letter("answered")).wait(SECONDS)

    assert status.state == "unknown"
    assert place.stage.subjects == ["answered"]


def test_the_mail_of_signed_in_users_is_sent_from_memory_by_the_process_that_has_it(
    mailbox: Mailbox, place: Place
) -> None:
    values = {"address": "carol@demo.test", "smtp": f"smtp://127.0.0.1:{place.stage.server.port}"}
    carol = mailbox.for_account(mailbox.load_account(values))
    ticket = carol.send_later(letter("from Carol"))

    assert not ticket.durable
    assert ticket.wait(SECONDS).state == "sent"
    assert place.stage.subjects == ["from Carol"]


def test_a_task_that_comes_many_times_sends_once(mailbox: Mailbox, place: Place) -> None:
    celery: Celery = mailbox.state.later._app.extensions["celery"]
    place.stage.hold("MAIL")
    ticket = mailbox.send_later(letter("once"))
    results = [celery.tasks[SEND].apply_async((ticket.id,)) for _ in range(10)]
    assert place.stage.wait_for_hold()
    place.stage.go_on()

    assert len(results) == 10
    assert ticket.wait(SECONDS).state == "sent"
    assert mailbox.send_later(letter("the next")).wait(SECONDS).state == "sent"
    assert place.stage.subjects == ["once", "the next"]


def test_what_is_refused_for_the_time_being_is_tried_again(mailbox: Mailbox, place: Place) -> None:
    place.stage.refuse_once(b"451 4.7.1 greylisted, come back\r\n")
    status = mailbox.send_later(letter("greylisted")).wait(SECONDS)

    assert (status.state, status.attempts) == ("sent", 2)
    assert place.stage.subjects == ["greylisted"]


def test_until_it_is_due_it_can_be_taken_back(mailbox: Mailbox, place: Place) -> None:
    kept, undone = (mailbox.send_later(letter(subject), delay=1) for subject in ("kept", "undone"))

    assert undone.cancel()
    assert kept.wait(SECONDS).state == "sent"
    assert undone.state == "cancelled"
    assert place.stage.subjects == ["kept"]


def test_while_the_broker_is_away_messages_wait_in_the_store(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.stage.contents.clear()
    with place.app(broker="redis://127.0.0.1:1/0") as mailbox:
        ticket = mailbox.send_later(letter("no broker"))
        assert ticket.state == "queued"
    assert "the broker took no task" in caplog.text

    with place.app() as mailbox:
        mailbox.state.later._app.extensions["celery"].tasks[SWEEP].apply_async()
        found = mailbox.ticket(ticket.id)
        assert found is not None
        assert found.wait(SECONDS).state == "sent"


def test_a_killed_machine_leaves_its_work_to_the_next(mailbox: Mailbox, place: Place) -> None:
    stage = place.stage
    stage.hold("RCPT")
    begun = mailbox.send_later(letter("begun"))
    assert stage.wait_for_hold()
    waiting = [mailbox.send_later(letter(f"waiting {number}")) for number in range(5)]
    done_by_the_other = [ticket.wait(SECONDS).state for ticket in waiting]
    place.kill_worker()
    stage.go_on()
    late = mailbox.send_later(letter("while nobody works"))
    place.start_worker()

    assert begun.wait(SECONDS).state == "sent"
    assert late.wait(SECONDS).state == "sent"
    assert set(done_by_the_other) == {"sent"}
    assert sorted(stage.subjects) == sorted(["begun", "while nobody works", *(f"waiting {n}" for n in range(5))])
