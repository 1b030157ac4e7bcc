"""A watcher that ends with its test, and leaves no thread and no socket behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from flask_mailbox.account import Account
from flask_mailbox.devserver import MailServer
from flask_mailbox.services.events import Event
from flask_mailbox.services.watch import Watcher
from flask_mailbox.services.watchline import Timing

from ..imap.accounts import ANN, imap_account

QUICK = Timing(renew=30.0, poll=0.2, retry=0.05, retry_most=0.5)

Open = Callable[..., Watcher]


@pytest.fixture
def account(mailserver: MailServer) -> Account:
    """Ann's account on the embedded server."""
    return imap_account(mailserver.imap)


@pytest.fixture
def open_watcher() -> Iterator[Open]:
    """Return watchers; in the end all are closed, and their threads are gone."""
    watchers: list[Watcher] = []

    def make(timing: Timing = QUICK, **options: object) -> Watcher:
        watchers.append(Watcher(timing=timing, **options))  # type: ignore[arg-type]
        return watchers[-1]

    yield make
    for watcher in watchers:
        watcher.close()

    assert watch_threads() == []


def watch_threads() -> list[str]:
    """The names of the threads that watch, once those that are ending have ended."""
    until = time.monotonic() + 3
    while (found := [each.name for each in threading.enumerate() if "watch" in each.name]) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(os.listdir("/proc/self/fd"))


def wait_until_idle(mailserver: MailServer, times: int = 1) -> None:
    """Wait until the server was told to IDLE so often since its start or reset."""
    until = time.monotonic() + 5
    while mailserver.received("imap").count(b" IDLE\r\n") < times:
        assert time.monotonic() < until, mailserver.received("imap")[-500:]
        time.sleep(0.01)


def events(watcher: Watcher, count: int, seconds: float = 2.0) -> list[Event]:
    """The next events, fewer if they do not come in time."""
    found = (watcher.next_event(seconds) for _ in range(count))
    return [event for event in found if event is not None]


def deliver(mailserver: MailServer, number: int = 1) -> int:
    """Let a message arrive for Ann."""
    return mailserver.deliver(f"Subject: {number}\r\n\r\n".encode(), ANN)
