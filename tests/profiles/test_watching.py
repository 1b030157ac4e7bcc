"""New, changed and deleted messages are told on every provider's servers, whatever they offer for it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import pytest

from flask_mailbox import Account
from flask_mailbox.devserver import MailServer
from flask_mailbox.providers import Quirks
from flask_mailbox.services.events import Arrived, Changed, Gone
from flask_mailbox.services.watch import Watcher
from flask_mailbox.services.watchline import Timing

from ..apps import mailbox_of
from .test_journey import ACCOUNTS

SPEED = 25
"""How much faster than in real life the minute passes after which some servers close a connection."""

QUICK = Timing(renew=0.3, poll=0.1, retry=0.05, retry_most=0.5)


@pytest.mark.parametrize("family", ACCOUNTS)
def test_what_happens_to_a_message_is_told(family: str) -> None:
    account = ACCOUNTS[family]
    with account.server() as server, mailbox_of(account.config(server)) as mailbox:
        server.deliver(b"Subject: old\n\n", account.address)
        watcher = Watcher(timing=QUICK)
        try:
            watcher.add(mailbox.account, "INBOX")
            watcher.wait_ready(5)
            uid = server.deliver(b"Subject: new\n\n", account.address)
            arrived = watcher.next_event(5)
            with mailbox.imap() as imap:
                imap.folder("INBOX").add_flags([uid], ["\\Seen"])
            changed = watcher.next_event(5)
            server.expunge(account.address, uid)
            gone = watcher.next_event(5)
        finally:
            watcher.close()

    assert isinstance(arrived, Arrived)
    assert isinstance(changed, Changed)
    assert isinstance(gone, Gone)


@pytest.mark.parametrize(("remedy", "held"), [(True, True), (False, False)], ids=["55 seconds", "600 seconds"])
def test_idle_is_begun_anew_before_ramblers_servers_cut_it_off(remedy: bool, held: bool) -> None:
    account = ACCOUNTS["rambler"]
    with account.server(speed=SPEED) as server, mailbox_of(account.config(server)) as mailbox:
        seconds = (mailbox.account.quirks if remedy else Quirks()).idle_seconds
        quirks = dataclasses.replace(mailbox.account.quirks, idle_seconds=seconds / SPEED)
        opened = watched(server, mailbox.account.replace(quirks=quirks), Timing(retry=0.05), b"IDLE", 2)

    assert (opened == 1) is held


@pytest.mark.parametrize(("seconds", "held"), [(Timing().poll, True), (90.0, False)])
def test_a_look_within_the_minute_keeps_the_connection_to_neteases_servers(seconds: float, held: bool) -> None:
    account = ACCOUNTS["coremail"]
    with account.server(speed=SPEED) as server, mailbox_of(account.config(server)) as mailbox:
        opened = watched(server, mailbox.account, Timing(poll=seconds / SPEED), b"EXAMINE", 2)

    assert (opened == 1) is held


@pytest.mark.parametrize(("idle", "held"), [(False, True), (None, False)])
def test_where_idle_is_offered_but_known_not_to_work_it_is_not_tried(idle: bool | None, held: bool) -> None:
    account = ACCOUNTS["dovecot"]
    with account.server() as server, mailbox_of(account.config(server)) as mailbox:
        server.faults.set("imap", stall="IDLE")
        quirks = dataclasses.replace(mailbox.account.quirks, idle=idle)
        opened = watched(server, mailbox.account.replace(quirks=quirks), QUICK, b"EXAMINE", 2)

    assert (opened == 1) is held


def test_new_uids_under_the_old_uidvalidity_are_told_as_other_messages() -> None:
    """Some say of QQ's servers that they do this."""
    account = ACCOUNTS["qqmail"]
    with account.server() as server, mailbox_of(account.config(server)) as mailbox, Watcher(timing=QUICK) as watcher:
        server.deliver(b"Subject: old\n\n", account.address)
        watcher.add(mailbox.account, "INBOX")
        watcher.wait_ready(5)
        server.renew_uids(account.address)
        events = [watcher.next_event(5) for _ in range(2)]
        with mailbox.imap() as imap:
            subject = imap.folder("INBOX").message(2).subject

    assert {type(event): event.uids for event in events if event} == {Gone: (1,), Arrived: (2,)}
    assert subject == "old"


def watched(server: MailServer, account: Account, timing: Timing, command: bytes, times: int) -> int:
    """Watch the inbox until a command came so often, and return how many connections that took."""
    with Watcher(timing=timing) as watcher:
        watcher.add(account, "INBOX")
        _wait(watcher, lambda: _count(server, command) >= times)
        return server.connections["imap"][0]


def _count(server: MailServer, command: bytes) -> int:
    sent = [line.line.split() for line in server.log if line.protocol == "imap" and line.direction == "C"]
    return sum(words[1:2] == [command] for words in sent)


def _wait(watcher: Watcher, is_over: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_over():
        assert time.monotonic() < until, "It takes too long"
        watcher.next_event(0.05)
