"""Watching a folder: what happens is told within two seconds and once, whatever connections do meanwhile."""

from __future__ import annotations

import dataclasses
import threading
import time

import pytest

from flask_mailbox.account import Account, Credential, Endpoint, Secret, Timeouts
from flask_mailbox.devserver import MailServer
from flask_mailbox.errors import AuthenticationError, FolderNotFoundError, UsageError
from flask_mailbox.services.events import Arrived, Changed, Failed, Gone, Reset
from flask_mailbox.services.watchline import Timing

from ..imap.accounts import ANN, session_of
from .conftest import Open, deliver, descriptors, events, wait_until_idle, watch_threads


def drop_clients(mailserver: MailServer) -> None:
    """Close all connections of the server's clients, and keep their mail."""
    mailserver._call(mailserver._listeners.drop_all)


def test_an_arrival_is_told_within_two_seconds(mailserver: MailServer, account: Account, open_watcher: Open) -> None:
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)
    started = time.monotonic()
    uid = deliver(mailserver)

    (event,) = events(watcher, 1)

    assert isinstance(event, Arrived)
    assert (event.account, event.folder, event.uids) == (account, "INBOX", (uid,))
    assert time.monotonic() - started < 2
    assert watcher.next_event(0.3) is None


def test_flags_and_expunges_are_told(mailserver: MailServer, account: Account, open_watcher: Open) -> None:
    kept, gone = deliver(mailserver), deliver(mailserver, 2)
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)
    with session_of(account) as imap:
        imap.folder("INBOX").add_flags(kept, ["\\Seen"])
        (changed,) = events(watcher, 1)
        imap.folder("INBOX").delete(gone, permanently=True)
        told = events(watcher, 2, 0.5)

    assert isinstance(changed, Changed)
    assert dict(changed.flags) == {kept: frozenset(("\\Seen",))}
    assert [each.uids for each in told if isinstance(each, Gone)] == [(gone,)]


def test_what_is_there_already_is_not_told(mailserver: MailServer, account: Account, open_watcher: Open) -> None:
    deliver(mailserver)
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)

    assert watcher.next_event(0.3) is None


def test_a_cursor_tells_what_came_since(mailserver: MailServer, account: Account, open_watcher: Open) -> None:
    first = open_watcher()
    first.add(account)
    wait_until_idle(mailserver)
    deliver(mailserver)
    (event,) = events(first, 1)
    first.close()
    missed = deliver(mailserver, 2)

    second = open_watcher()
    second.add(account, "INBOX", cursors={"INBOX": event.cursor or ""})

    assert [each.uids for each in events(second, 2, 0.5) if isinstance(each, Arrived)] == [(missed,)]


def test_after_a_dropped_connection_what_came_meanwhile_is_told_once(
    mailserver: MailServer, account: Account, open_watcher: Open
) -> None:
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)
    mailserver.faults.set("imap", drop_before="CONNECT", times=2)
    drop_clients(mailserver)
    uids = {deliver(mailserver, number) for number in range(3)}

    told = events(watcher, 4, 1.0)

    assert all(isinstance(event, Arrived) for event in told)
    assert sorted(uid for event in told for uid in event.uids) == sorted(uids)  # type: ignore[attr-defined]


@pytest.mark.parametrize("step", ["CONNECT", "AUTHENTICATE", "EXAMINE", "FETCH", "IDLE"])
def test_nothing_is_lost_or_told_twice_wherever_a_connection_breaks(
    mailserver: MailServer, account: Account, open_watcher: Open, step: str
) -> None:
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)
    expected: list[int] = []
    told: list[int] = []
    for kind in ("drop_before", "cut", "drop_after"):
        mailserver.faults.set("imap", **{kind: (step, 12) if kind == "cut" else step}, times=1)
        expected += [deliver(mailserver, number) for number in range(3)]
        drop_clients(mailserver)
        while len(told) < len(expected) and (event := watcher.next_event(2.0)) is not None:
            assert isinstance(event, Arrived)
            told += event.uids

    assert told == expected
    assert watcher.next_event(0.3) is None


def test_a_folder_that_begins_anew_is_told_as_such(
    mailserver: MailServer, account: Account, open_watcher: Open
) -> None:
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)
    mailserver.reset()
    uid = deliver(mailserver)

    first, *later = events(watcher, 2, 1.0)

    assert isinstance(first, Reset)
    told = [*first.uids, *(number for event in later for number in event.uids)]  # type: ignore[attr-defined]
    assert told == [uid]


def test_several_folders_are_watched(mailserver: MailServer, account: Account, open_watcher: Open) -> None:
    mailserver.deliver(b"Subject: old\r\n\r\n", ANN, "Work")
    watcher = open_watcher()
    watcher.add(account, "INBOX", "Work")
    wait_until_idle(mailserver, 2)
    uid = mailserver.deliver(b"Subject: new\r\n\r\n", ANN, "Work")

    (event,) = events(watcher, 1)

    assert (event.folder, event.uids) == ("Work", (uid,))  # type: ignore[attr-defined]


def test_a_folder_is_named_by_its_role(mailserver: MailServer, account: Account, open_watcher: Open) -> None:
    watcher = open_watcher()
    watcher.add(account, "sent")
    wait_until_idle(mailserver)
    mailserver.deliver(b"Subject: new\r\n\r\n", ANN, "Sent")

    assert [event.folder for event in events(watcher, 1)] == ["Sent"]


def test_without_idle_the_folder_is_polled(account: Account, open_watcher: Open) -> None:
    with MailServer(profile="coremail") as mailserver:
        watcher = open_watcher()
        quirks = dataclasses.replace(account.quirks, requires_imap_id=True, sasl_ir_broken=True)
        watcher.add(account.replace(imap=_port(account, mailserver.imap), quirks=quirks))
        _wait_for(mailserver, b"EXAMINE", 2)
        uid = deliver(mailserver)
        (event,) = events(watcher, 1)
        time.sleep(0.5)
        watcher.close()

        assert event.uids == (uid,)  # type: ignore[attr-defined]
        assert b" IDLE\r\n" not in mailserver.received("imap")
        assert mailserver.connections["imap"][0] == 1


def test_idle_that_is_known_to_be_bad_is_not_used(mailserver: MailServer, account: Account, open_watcher: Open) -> None:
    watcher = open_watcher()
    watcher.add(account.replace(quirks=dataclasses.replace(account.quirks, idle=False)))
    _wait_for(mailserver, b"EXAMINE", 2)
    uid = deliver(mailserver)

    assert [event.uids for event in events(watcher, 1)] == [(uid,)]  # type: ignore[attr-defined]
    assert b" IDLE\r\n" not in mailserver.received("imap")


def test_idle_that_is_refused_gives_way_to_polling(
    mailserver: MailServer, account: Account, open_watcher: Open
) -> None:
    mailserver.faults.set("imap", refuse={"IDLE": "NO not today"})
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)
    uid = deliver(mailserver)

    assert [event.uids for event in events(watcher, 1)] == [(uid,)]  # type: ignore[attr-defined]


def test_idle_is_renewed(mailserver: MailServer, account: Account, open_watcher: Open) -> None:
    watcher = open_watcher(Timing(renew=0.2))
    watcher.add(account)
    wait_until_idle(mailserver, 4)

    assert mailserver.connections["imap"] == (1, 1)
    assert mailserver.received("imap").count(b"DONE\r\n") >= 3


def test_a_wrong_password_ends_the_watching(account: Account, open_watcher: Open) -> None:
    watcher = open_watcher()
    wrong = account.replace(credential=_wrong(account))
    watcher.add(wrong)

    (event,) = events(watcher, 1)

    assert isinstance(event, Failed)
    assert isinstance(event.error, AuthenticationError)
    assert watch_threads() == []


def test_a_missing_folder_is_raised_where_that_is_wanted(account: Account, open_watcher: Open) -> None:
    watcher = open_watcher(raises=True)
    watcher.add(account, "nope")

    with pytest.raises(FolderNotFoundError):
        next(watcher)


def test_what_cannot_be_watched_is_refused_at_once(account: Account, open_watcher: Open) -> None:
    watcher = open_watcher()

    with pytest.raises(UsageError, match="no IMAP server"):
        watcher.add(account.replace(imap=None))
    with pytest.raises(UsageError, match="no cursor"):
        watcher.add(account, cursors={"INBOX": "?"})
    watcher.close()
    with pytest.raises(UsageError, match="closed"):
        watcher.add(account)


def test_close_ends_the_iteration_and_leaves_nothing(
    mailserver: MailServer, account: Account, open_watcher: Open
) -> None:
    mailserver.received("imap")
    before = descriptors()
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)
    threading.Timer(0.2, watcher.close).start()
    started = time.monotonic()

    assert list(watcher) == []
    assert time.monotonic() - started < 2
    assert watch_threads() == []
    assert mailserver.connections["imap"][1] == 0
    assert descriptors() <= before


def test_close_does_not_wait_for_a_server_that_is_silent(
    mailserver: MailServer, account: Account, open_watcher: Open
) -> None:
    mailserver.faults.set("imap", stall="EXAMINE")
    watcher = open_watcher()
    watcher.add(account.replace(timeouts=Timeouts(2, 30, 30)))
    _wait_for(mailserver, b"EXAMINE", 1)
    started = time.monotonic()
    watcher.close()

    assert time.monotonic() - started < 1
    assert watch_threads() == []


def test_an_account_is_watched_no_more(mailserver: MailServer, account: Account, open_watcher: Open) -> None:
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)
    watcher.remove(account)
    deliver(mailserver)

    assert watcher.next_event(0.3) is None
    assert mailserver.connections["imap"][1] == 0


def test_a_reader_that_does_not_keep_up_loses_nothing(
    mailserver: MailServer, account: Account, open_watcher: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_mailbox.services.watch.MOST_WAITING", 1)
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)
    uids = [deliver(mailserver)]
    wait_until_idle(mailserver, 2)
    uids += [deliver(mailserver, number) for number in (2, 3)]
    time.sleep(0.3)
    told = [event.uids for event in events(watcher, 2)]  # type: ignore[attr-defined]

    assert [uid for each in told for uid in each] == uids


def _port(account: Account, port: int) -> Endpoint:
    assert account.imap is not None
    return dataclasses.replace(account.imap, port=port)


def _wrong(account: Account) -> Credential:
    assert account.credential is not None
    return dataclasses.replace(account.credential, secret=Secret("wrong"))


def _wait_for(mailserver: MailServer, word: bytes, times: int) -> None:
    until = time.monotonic() + 5
    while mailserver.received("imap").count(word) < times:
        assert time.monotonic() < until
        time.sleep(0.01)
