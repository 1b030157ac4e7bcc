"""Many threads on few connections while connections break: nothing foreign, nothing lost, nothing doubled, no leak.

A tenth of the figures runs in the suite, all of them with ``make soak``.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from flask_mailbox import Mailbox, Message, Receipt, ServiceError, parse_message
from flask_mailbox.devserver import MailServer

from .apps import mailbox_app

FULL = pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])
PATIENT = {"MAILBOX_READ_TIMEOUT": 5, "MAILBOX_OPERATION_TIMEOUT": 60, "MAILBOX_POOL_SIZE": 4}
STEPS = {
    "smtp": ("EHLO", "AUTH", "MAIL", "RCPT", "DATA", "CONTENT"),
    "imap": ("CAPABILITY", "EXAMINE", "FETCH", "LIST"),
}


@contextmanager
def sabotage(server: MailServer, protocol: str) -> Iterator[Counter[str]]:
    """Break a connection now and then, at random steps, for the length of a block."""
    chance = random.Random(7)  # noqa: S311 - the same sabotage every time
    over = threading.Event()
    done: Counter[str] = Counter()

    def run() -> None:
        while not over.wait(chance.uniform(0.005, 0.05)):
            kind = chance.choice(("drop_before", "drop_after"))
            step = chance.choice(STEPS[protocol])
            server.faults.set(protocol, **{kind: step, "times": 1})
            done[step] += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()
        server.faults.clear()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def resident_megabytes() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def log_megabytes(server: MailServer) -> float:
    """What the server, which runs in this process, keeps of what was said."""
    return sum(sys.getsizeof(line) + sys.getsizeof(line.line) for line in server.log) / 1e6


@pytest.mark.parametrize("count", [1_000, FULL])
def test_what_is_sent_arrives_once_or_is_reported(mailserver: MailServer, count: int) -> None:
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test") | PATIENT)
    outcomes: dict[str, Receipt | ServiceError] = {}

    def send(number: int) -> None:
        subject = f"message {number}"
        with host.app_context():
            try:
                outcomes[subject] = mailbox.send(Message(subject, recipients=["bob@demo.test"], body="x"))
            except ServiceError as error:
                outcomes[subject] = error

    for number in range(32):
        send(-1 - number)
    outcomes.clear()
    before, memory = descriptors(), resident_megabytes()
    with sabotage(mailserver, "smtp") as broken, ThreadPoolExecutor(8) as threads:
        list(threads.map(send, range(count)))
    close(host, mailbox)
    grown = resident_megabytes() - memory
    arrived = Counter(parse_message(raw).subject for raw in mailserver.messages("bob@demo.test"))

    assert len(outcomes) == count
    assert sum(broken.values()) > 10
    assert_each_arrived_as_told(outcomes, arrived)
    assert descriptors() <= before + 4
    assert grown < 60


@pytest.mark.parametrize("count", [1_000, FULL])
def test_what_is_sent_in_series_arrives_once_or_is_reported(mailserver: MailServer, count: int) -> None:
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test") | PATIENT | {"MAILBOX_POOL_SIZE": 8})
    outcomes: dict[str, Receipt | ServiceError] = {}

    def send(first: int, last: int) -> None:
        """Send a stretch of messages; a series that gave up is followed by another."""
        while first < last:
            subjects = [f"message {number}" for number in range(first, last)]
            drafts = (Message(subject, recipients=["bob@demo.test"], body="x") for subject in subjects)
            with host.app_context():
                try:
                    for subject, receipt in zip(subjects, mailbox.send_many(drafts), strict=False):
                        outcomes[subject] = receipt
                        first += 1
                except ServiceError:
                    continue

    send(-32, 0)
    outcomes.clear()
    before, memory = descriptors(), resident_megabytes()
    share = count // 8
    with sabotage(mailserver, "smtp") as broken, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: send(number * share, (number + 1) * share), range(8)))
    close(host, mailbox)
    grown = resident_megabytes() - memory
    arrived = Counter(parse_message(raw).subject for raw in mailserver.messages("bob@demo.test"))

    assert len(outcomes) == count
    assert sum(broken.values()) > 10
    assert_each_arrived_as_told(outcomes, arrived)
    assert descriptors() <= before + 4
    assert grown < 60


def assert_each_arrived_as_told(outcomes: dict[str, Receipt | ServiceError], arrived: Counter[str]) -> None:
    for subject, outcome in outcomes.items():
        accepted = isinstance(outcome, Receipt) and bool(outcome.accepted)
        unknown = isinstance(outcome, Receipt) and bool(outcome.unknown)
        assert arrived[subject] in ((1,) if accepted else (0, 1) if unknown else (0,)), (subject, outcome)
    assert sum(isinstance(outcome, Receipt) and outcome.ok for outcome in outcomes.values()) > len(outcomes) * 0.5


@pytest.mark.parametrize("count", [1_000, FULL])
def test_every_answer_belongs_to_its_request(mailserver: MailServer, count: int) -> None:
    for name in ("One", "Two"):
        for uid in range(1, 6):
            assert mailserver.deliver(letter(name, uid), "ann@demo.test", name) == uid
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test") | PATIENT)
    wrong: list[str] = []
    failed: list[str] = []

    def read(turn: int) -> None:
        name = ("One", "Two")[turn % 2]
        with host.app_context():
            try:
                with mailbox.imap() as imap:
                    page = imap.folder(name).page(limit=3)
                    uid = page[turn % 3].uid
                    message = imap.folder(name).message(uid)
            except ServiceError as error:
                failed.append(str(error))
                return
        if message.raw != letter(name, uid):
            wrong.append(f"{name} {uid}: {message.raw!r}")
        if [(row.uid, row.subject) for row in page] != [(uid, f"{name} {uid}") for uid in (5, 4, 3)]:
            wrong.append(f"{name}: {page}")

    for turn in range(32):
        read(turn)
    before, opened = descriptors(), mailserver.connections["imap"][0]
    memory = resident_megabytes() - log_megabytes(mailserver)
    with sabotage(mailserver, "imap"), ThreadPoolExecutor(16) as threads:
        list(threads.map(read, range(count)))
    broken = mailserver.connections["imap"][0] - opened - PATIENT["MAILBOX_POOL_SIZE"]
    close(host, mailbox)

    assert wrong == []
    assert broken > 10
    assert len(failed) < count * 0.2
    assert descriptors() <= before + 4
    kept = 16 + count / 500  # threads have a share of memory each, and pytest keeps what is logged
    assert resident_megabytes() - log_megabytes(mailserver) < memory + kept


def letter(folder: str, uid: int) -> bytes:
    """A message that names its folder and uid, so that another one in its place is seen."""
    return f"Subject: {folder} {uid}\r\n\r\n{folder} {uid}\r\n".encode()


def close(host: object, mailbox: Mailbox) -> None:
    with host.app_context():  # type: ignore[attr-defined]
        pool = mailbox.state.pool
        pool.close()
        until = time.monotonic() + 5
        while pool.connections and time.monotonic() < until:
            time.sleep(0.01)

        assert pool.connections == 0
