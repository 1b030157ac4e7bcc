"""Watchers that share a connection: each hears everything, and who comes back within a minute opens nothing."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator

import pytest

from flask_mailbox.account import Account, Credential, Secret
from flask_mailbox.devserver import MailServer
from flask_mailbox.errors import AuthenticationError
from flask_mailbox.services import sharedlines
from flask_mailbox.services.events import Arrived, Changed, Failed
from flask_mailbox.services.watch import MOST_WAITING, Watcher
from flask_mailbox.services.watchline import Line, Timing
from flask_mailbox.services.watchloop import WatchLoop

from ..imap.accounts import ANN, session_of
from .conftest import Open, deliver, descriptors, events, wait_until_idle, watch_threads


@pytest.fixture
def loop() -> WatchLoop:
    return WatchLoop()


@pytest.fixture
def share(loop: WatchLoop, account: Account, open_watcher: Open) -> Iterator[Open]:
    """Return watchers of the inbox that share; in the end nothing stays open."""

    def make(whose: Account = account) -> Watcher:
        watcher = open_watcher(loop=loop, shared=True)
        watcher.add(whose)
        assert watcher.wait_ready(5)
        return watcher

    yield make
    loop.forget(account)


def sign_ins(mailserver: MailServer) -> int:
    return mailserver.connections["imap"][0]


def test_two_watchers_hear_the_same_over_one_connection(mailserver: MailServer, share: Open) -> None:
    first, second = share(), share()
    wait_until_idle(mailserver)
    uid = deliver(mailserver)

    told = [events(watcher, 2, 0.5) for watcher in (first, second)]

    assert [[each.uids for each in heard if isinstance(each, Arrived)] for heard in told] == [[(uid,)], [(uid,)]]
    assert sign_ins(mailserver) == 1


def test_who_leaves_takes_nothing_from_who_stays(mailserver: MailServer, share: Open) -> None:
    first, second = share(), share()
    first.close()
    uid = deliver(mailserver)

    assert [each.uids for each in events(second, 1) if isinstance(each, Arrived)] == [(uid,)]
    assert list(first) == []


def test_an_account_that_was_removed_is_heard_of_no_more(mailserver: MailServer, account: Account, share: Open) -> None:
    first, second = share(), share()
    first.remove(account)
    deliver(mailserver)
    (arrived,) = events(second, 1)
    first.hear(arrived)  # as a line does that was about to tell it

    assert first.next_event(0.2) is None


def test_who_comes_back_opens_nothing_and_missed_nothing_that_is_told_later(
    mailserver: MailServer, share: Open
) -> None:
    share().close()
    began = time.monotonic()
    second = share()
    ready_after = time.monotonic() - began
    uid = deliver(mailserver)

    assert [each.uids for each in events(second, 1) if isinstance(each, Arrived)] == [(uid,)]
    assert sign_ins(mailserver) == 1
    assert ready_after < 0.1


def test_after_the_last_one_left_the_connection_ends_in_time(
    monkeypatch: pytest.MonkeyPatch, mailserver: MailServer, share: Open
) -> None:
    monkeypatch.setattr(sharedlines, "STAYS_SECONDS", 0.3)
    before = descriptors()
    share().close()

    assert mailserver.connections["imap"][1] == 1
    assert watch_threads() == []
    assert descriptors() <= before + 1


def test_who_came_back_keeps_the_connection_from_ending(
    monkeypatch: pytest.MonkeyPatch, mailserver: MailServer, share: Open
) -> None:
    monkeypatch.setattr(sharedlines, "STAYS_SECONDS", 0.2)
    share().close()
    second = share()
    time.sleep(0.5)
    uid = deliver(mailserver)

    assert [each.uids for each in events(second, 1) if isinstance(each, Arrived)] == [(uid,)]
    assert sign_ins(mailserver) == 1


def test_for_nobody_a_broken_connection_is_not_opened_again(
    mailserver: MailServer, loop: WatchLoop, share: Open
) -> None:
    share().close()
    mailserver._call(mailserver._listeners.drop_all)

    assert watch_threads() == []
    assert (sign_ins(mailserver), loop.lines) == (1, 0)


def test_of_many_folders_that_were_left_two_stay(
    mailserver: MailServer, account: Account, loop: WatchLoop, open_watcher: Open, share: Open
) -> None:
    with session_of(account) as imap:
        for number in range(6):
            imap.create_folder(f"Work{number}")
    for number in range(6):
        watcher = open_watcher(loop=loop, shared=True)
        watcher.add(account, f"Work{number}")
        assert watcher.wait_ready(5)
        watcher.close()
    until = time.monotonic() + 3
    while loop.lines > 2 and time.monotonic() < until:
        time.sleep(0.01)

    assert loop.lines == 2
    assert [line.folder for lines in loop.shared._lines.values() for line in lines.values()] == ["Work4", "Work5"]


def test_who_leaves_while_adding_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, account: Account, loop: WatchLoop, open_watcher: Open, share: Open
) -> None:
    monkeypatch.setattr(sharedlines, "STAYS_SECONDS", 0.2)
    watcher = open_watcher(loop=loop, shared=True)
    add = loop.add

    def add_late(lines: Iterable[Line]) -> None:
        watcher.close()
        time.sleep(0.3)
        add(lines)

    monkeypatch.setattr(loop, "add", add_late)
    watcher.add(account)

    assert watch_threads() == []


def test_who_comes_while_a_connection_is_broken_tries_at_once(
    mailserver: MailServer, account: Account, loop: WatchLoop, open_watcher: Open, share: Open
) -> None:
    slow = Timing(retry=60.0, retry_most=60.0)
    first = open_watcher(timing=slow, loop=loop, shared=True)
    first.add(account)
    assert first.wait_ready(5)
    mailserver._call(mailserver._listeners.drop_all)
    until = time.monotonic() + 5
    while first.trouble is None and time.monotonic() < until:
        time.sleep(0.01)
    second = share()
    uid = deliver(mailserver)

    assert [each.uids for each in events(second, 1) if isinstance(each, Arrived)] == [(uid,)]


def test_what_is_forgotten_does_not_outlive_its_last_watcher(
    mailserver: MailServer, loop: WatchLoop, account: Account, share: Open
) -> None:
    first, second = share(), share()
    loop.forget(account)
    first.close()
    uid = deliver(mailserver)

    assert [each.uids for each in events(second, 1) if isinstance(each, Arrived)] == [(uid,)]
    second.close()
    assert watch_threads() == []
    assert loop.shared._lines == {}


def test_another_password_hears_nothing(mailserver: MailServer, account: Account, share: Open) -> None:
    share()
    wrong = dataclasses.replace(account, credential=Credential(ANN, Secret("wrong")))
    stranger = share(wrong)

    (event,) = events(stranger, 1)

    assert isinstance(event, Failed)
    assert isinstance(event.error, AuthenticationError)


def test_a_failure_is_told_to_all_and_the_next_one_tries_anew(
    mailserver: MailServer, account: Account, loop: WatchLoop, open_watcher: Open, share: Open
) -> None:
    watchers = [open_watcher(loop=loop, shared=True) for _ in range(2)]
    for watcher in watchers:
        watcher.add(account, "Work")
    told = [events(watcher, 1) for watcher in watchers]
    with session_of(account) as imap:
        imap.create_folder("Work")
    watchers[0].add(account, "Work")

    assert [[type(each) for each in heard] for heard in told] == [[Failed], [Failed]]
    assert watchers[0].wait_ready(5)
    assert watchers[0].next_event(0.3) is None


def test_cursors_are_followed_on_a_connection_of_their_own(
    mailserver: MailServer, account: Account, loop: WatchLoop, open_watcher: Open, share: Open
) -> None:
    with session_of(account) as imap:
        cursor = imap.folder("INBOX").cursor()
    uid = deliver(mailserver)
    share()
    late = open_watcher(loop=loop, shared=True)
    late.add(account, cursors={"INBOX": cursor})

    assert [each.uids for each in events(late, 1) if isinstance(each, Arrived)] == [(uid,)]


def test_nothing_is_lost_while_one_of_them_does_not_read(mailserver: MailServer, account: Account, share: Open) -> None:
    slow, quick = share(), share()
    uid = deliver(mailserver)
    (arrived,) = events(quick, 1)
    for _ in range(MOST_WAITING):
        slow.hear(arrived)
    with session_of(account) as imap:
        imap.folder("INBOX").add_flags(uid, ["\\Seen"])
    held_back = events(quick, 1, 0.5)
    while slow.next_event(0.0) is not None:
        pass

    assert held_back == []
    assert [type(each) for each in events(quick, 1) + events(slow, 1)] == [Changed, Changed]


def test_watchers_that_come_and_go_leave_nothing_behind(mailserver: MailServer, share: Open, loop: WatchLoop) -> None:
    kept = share()
    before = descriptors()
    for _ in range(50):
        share().close()

    assert descriptors() == before
    assert loop.lines == 1
    assert sign_ins(mailserver) == 1
    kept.close()
