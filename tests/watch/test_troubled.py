"""Servers that hang or speak without end: each costs little, and keeps nobody else waiting."""

from __future__ import annotations

import os
import threading
import time
from functools import partial

import pytest

from flask_mailbox.account import Timeouts
from flask_mailbox.devserver import MailServer
from flask_mailbox.errors import UsageError
from flask_mailbox.services.events import Arrived, Changed
from flask_mailbox.services.watch import Watcher
from flask_mailbox.services.watchline import Timing
from flask_mailbox.services.watchloop import WatchLoop
from flask_mailbox.services.watchworkers import Workers

from ..imap.accounts import imap_account
from ..imap.scripts import imap_script
from ..scripted import Client, Script, scripted
from .conftest import Open, deliver, events, wait_until_idle

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE] ready\r\n"
STALLED = 20


class Chatterbox:
    """A scripted inbox of one message that says something whenever IDLE begins, though nothing happened."""

    def __init__(self, *, before: bytes = b"", after: bytes = b"") -> None:
        self.before, self.after = before, after
        self.total, self.flags = 1, b""
        self.idles = 0
        self.client: Client | None = None
        self.idling = threading.Event()

    def script(self) -> Script:
        """Return a server of this folder."""
        return imap_script({"EXAMINE": self.examine, "FETCH": self.fetch, "IDLE": self.idle}, greeting=GREETING)

    def examine(self, client: Client, tag: bytes) -> None:
        said = b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT %d] ok\r\n" % (self.total, self.total + 1)
        client.send(said + tag + b" OK done\r\n")

    def fetch(self, client: Client, tag: bytes) -> None:
        lines = (b"* %d FETCH (UID %d FLAGS (%b))\r\n" % (uid, uid, self.flags) for uid in range(1, self.total + 1))
        client.send(b"".join(lines) + tag + b" OK done\r\n")

    def idle(self, client: Client, tag: bytes) -> None:
        self.idles += 1
        number = b"%d" % self.idles
        client.send(self.before.replace(b"{n}", number) + b"+ idling\r\n" + self.after.replace(b"{n}", number))
        self.client = client
        self.idling.set()
        if client.line().upper() == b"DONE":
            client.send(tag + b" OK done\r\n")


CHATTER = {
    "the same flags": {"after": b"* 1 FETCH (FLAGS (\\Seen))\r\n"},
    "the same flags before": {"before": b"* 1 FETCH (FLAGS (\\Seen))\r\n"},
    "other words each time": {"after": b"* 1 FETCH (MODSEQ ({n}))\r\n"},
    "a number that is not so": {"after": b"* 2 EXISTS\r\n"},
}


@pytest.mark.parametrize("kind", CHATTER)
def test_a_server_that_speaks_without_need_is_looked_at_now_and_then(kind: str, open_watcher: Open) -> None:
    folder = Chatterbox(**CHATTER[kind])
    with scripted(folder.script()) as server:
        watcher = open_watcher()
        watcher.add(imap_account(server.port))
        assert folder.idling.wait(5)
        assert watcher.next_event(2.5) is None

        assert 2 <= folder.idles <= 8


@pytest.mark.parametrize("kind", CHATTER)
def test_what_happens_there_is_told_in_time(kind: str, open_watcher: Open) -> None:
    folder = Chatterbox(**CHATTER[kind])
    with scripted(folder.script()) as server:
        watcher = open_watcher()
        watcher.add(imap_account(server.port))
        assert watcher.next_event(2.0) is None
        folder.total += 1
        started = time.monotonic()
        assert folder.client is not None
        folder.client.send(b"* 2 EXISTS\r\n")
        (arrived,) = events(watcher, 1, 4.0)

        assert isinstance(arrived, Arrived)
        assert time.monotonic() - started < 2


def test_words_that_led_to_nothing_are_heard_again_once_something_happened(open_watcher: Open) -> None:
    folder = Chatterbox(**CHATTER["the same flags"])
    with scripted(folder.script()) as server:
        watcher = open_watcher()
        watcher.add(imap_account(server.port))
        assert watcher.next_event(2.0) is None
        before = folder.idles
        folder.flags = b"\\Flagged"
        assert folder.client is not None
        folder.client.send(b"* 1 FETCH (FLAGS (\\Flagged))\r\n")
        (first,) = events(watcher, 1, 3.0)
        folder.flags = b"\\Seen"
        (second,) = events(watcher, 1, 3.0)

        assert before <= 5
        assert isinstance(first, Changed)
        assert isinstance(second, Changed)
        assert second.flags == {1: frozenset({"\\Seen"})}


def stall(client: Client) -> None:
    """Accept the connection and say nothing."""
    client.until_closed()


def test_servers_that_hang_do_not_keep_a_new_account_waiting(mailserver: MailServer) -> None:
    loop = WatchLoop()
    with scripted(stall) as dead, Watcher(loop=loop) as stalled, Watcher(loop=loop) as watcher:
        for number in range(STALLED):
            account = imap_account(dead.port, timeouts=Timeouts(5.0, 6.0, 6.0))
            stalled.add(account.replace(name=f"stalled{number}"))
        started = time.monotonic()
        watcher.add(imap_account(mailserver.imap))
        assert watcher.wait_ready(5)
        assert time.monotonic() - started < 2
        wait_until_idle(mailserver)
        threads = sum("watch" in thread.name for thread in threading.enumerate())
        uid = deliver(mailserver)

        assert [event.uids for event in events(watcher, 1)] == [(uid,)]  # type: ignore[attr-defined]
        assert time.monotonic() - started < 3
        assert threads <= STALLED + 10


def test_servers_that_hang_again_and_again_do_not_keep_polling_waiting(
    mailserver: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_mailbox.services.watchline.SLOW_SECONDS", 0.3)
    mailserver.faults.set("imap", refuse={"IDLE": "NO not today"})
    timing = Timing(poll=0.1, retry=0.01, retry_most=0.01)
    loop = WatchLoop()
    with (
        scripted(stall) as dead,
        Watcher(loop=loop, timing=timing) as stalled,
        Watcher(loop=loop, timing=timing) as watcher,
    ):
        for number in range(60):
            account = imap_account(dead.port, timeouts=Timeouts(5.0, 0.5, 6.0))
            stalled.add(account.replace(name=f"stalled{number}"))
        assert stalled.wait_ready(20)
        watcher.add(imap_account(mailserver.imap))
        assert watcher.wait_ready(5)
        waits = []
        for number in range(5):
            started = time.monotonic()
            deliver(mailserver, number)
            assert len(events(watcher, 1, 5.0)) == 1
            waits.append(time.monotonic() - started)

        assert max(waits) < 2


def test_threads_take_the_place_of_those_that_hang_and_end_when_there_is_no_more_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flask_mailbox.services.watchworkers.HANGS_SECONDS", 0.05)
    monkeypatch.setattr("flask_mailbox.services.watchworkers.REST_SECONDS", 0.1)
    workers = Workers("some-workers", 1, 3)
    going_on = threading.Event()
    done: list[int] = []

    def job(number: int) -> None:
        going_on.wait(5)
        done.append(number)

    for number in range(5):
        workers.submit(partial(job, number))
    until = time.monotonic() + 5
    while workers.relieve() and workers.threads < 3 and time.monotonic() < until:
        time.sleep(0.01)
    most = workers.threads
    time.sleep(0.1)
    workers.relieve()
    assert workers.threads == most == 3
    going_on.set()
    while workers.threads and time.monotonic() < until:
        time.sleep(0.01)

    assert workers.threads == 0
    assert sorted(done) == list(range(5))
    workers.submit(lambda: done.append(9))
    for thread in workers.stop():
        thread.join(5)
    assert done[-1] == 9


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_watcher_belongs_to_the_process_that_made_it(mailserver: MailServer, open_watcher: Open) -> None:
    watcher = open_watcher()
    watcher.add(imap_account(mailserver.imap))
    wait_until_idle(mailserver)
    child = os.fork()
    if child == 0:
        right = False
        try:
            try:
                watcher.next_event(1)
            except UsageError:
                watcher.close()
                right = True
        finally:
            os._exit(0 if right else 1)

    assert os.waitpid(child, 0)[1] == 0
    uid = deliver(mailserver)
    assert [event.uids for event in events(watcher, 1)] == [(uid,)]  # type: ignore[attr-defined]
    assert mailserver.connections["imap"] == (1, 1)
