"""Watching on servers that say goodbye, fall silent, or speak out of turn; and on a real one."""

from __future__ import annotations

import threading
import time

import pytest

from flask_mailbox.account import Account, Security, Timeouts
from flask_mailbox.devserver import MailServer
from flask_mailbox.imap.connection import Connection
from flask_mailbox.services.events import Arrived, Changed, Gone
from flask_mailbox.services.watchline import Timing

from ..contract.test_imap import account_on, raw_message
from ..imap.accounts import imap_account, session_of
from ..imap.scripts import imap_script
from ..scripted import Client, Script, ScriptedServer, scripted
from ..servers.dovecot import Dovecot
from .conftest import QUICK, Open, deliver, events, wait_until_idle, watch_threads

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE] ready\r\n"
FETCHED = [b"* %d FETCH (UID %d FLAGS ())\r\n" % (number, number) for number in range(1, 6)]


class Folder:
    """A scripted inbox whose number of messages a test changes; ``idle`` says what happens in IDLE."""

    def __init__(self, *idles: str) -> None:
        self.total = 1
        self.idles = list(idles)
        self.idling = threading.Event()
        self.client: Client | None = None

    def script(self) -> Script:
        """Return a server of this folder."""
        return imap_script({"EXAMINE": self.examine, "FETCH": self.fetch, "IDLE": self.idle}, greeting=GREETING)

    def examine(self, client: Client, tag: bytes) -> None:
        said = b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT %d] ok\r\n" % (self.total, self.total + 1)
        client.send(said + tag + b" OK done\r\n")

    def fetch(self, client: Client, tag: bytes) -> None:
        client.send(b"".join(FETCHED[: self.total]) + tag + b" OK done\r\n")

    def idle(self, client: Client, tag: bytes) -> None:
        kind = self.idles.pop(0) if self.idles else "quiet"
        if kind == "early":  # somebody came before the server was ready to tell
            self.total += 1
            client.send(b"* %d EXISTS\r\n" % self.total)
        if kind == "known":
            client.send(b"* %d EXISTS\r\n* 0 RECENT\r\n+ idling\r\n* %d EXISTS\r\n" % (self.total, self.total))
        else:
            client.send(b"+ idling\r\n")
        self.client = client
        self.idling.set()
        if kind == "bye":
            self.total += 1
            client.send(b"* BYE going down\r\n")
            client.socket.close()
            return
        if kind == "deaf":
            client.until_closed()
            return
        if kind == "told in pieces":
            self.total += 1
            for piece in (b"* OK Still here\r\n* O", b"K and here\r\n* 2 EX", b"ISTS\r\n"):
                client.send(piece)
                time.sleep(0.05)
        if client.line().upper() == b"DONE":
            client.send(tag + b" OK done\r\n")


@pytest.fixture
def folder() -> Folder:
    """A scripted folder with one message."""
    return Folder()


def watched(server: ScriptedServer, open_watcher: Open, timing: Timing = QUICK) -> list[int]:
    """Watch the scripted inbox and return the uids that are told to have come."""
    watcher = open_watcher(timing)
    watcher.add(imap_account(server.port))
    told = events(watcher, 1, 4.0)
    assert watcher.next_event(0.3) is None
    assert all(isinstance(event, Arrived) for event in told)
    return [uid for event in told for uid in event.uids]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["early", "bye", "told in pieces"])
def test_what_comes_at_an_odd_moment_is_told(kind: str, open_watcher: Open) -> None:
    with scripted(Folder(kind).script()) as server:
        assert watched(server, open_watcher) == [2]


def test_a_goodbye_leads_to_a_new_connection(folder: Folder, open_watcher: Open) -> None:
    folder.idles = ["bye"]
    with scripted(folder.script()) as server:
        assert watched(server, open_watcher) == [2]
        assert server.connections == 2


def test_a_silent_server_is_noticed_when_idle_is_renewed(folder: Folder, open_watcher: Open) -> None:
    folder.idles = ["deaf"]
    with scripted(folder.script()) as server:
        watcher = open_watcher(Timing(renew=0.3, retry=0.05))
        watcher.add(imap_account(server.port))
        assert folder.idling.wait(5)
        folder.total += 1
        (event,) = events(watcher, 1, 4.0)

        assert event.uids == (2,)  # type: ignore[attr-defined]
        assert server.connections == 2


def test_what_idle_keeps_to_itself_is_found_when_it_is_renewed(folder: Folder, open_watcher: Open) -> None:
    with scripted(folder.script()) as server:
        watcher = open_watcher(Timing(renew=0.3))
        watcher.add(imap_account(server.port))
        assert folder.idling.wait(5)
        folder.total += 1
        (event,) = events(watcher, 1, 4.0)

        assert event.uids == (2,)  # type: ignore[attr-defined]
        assert server.connections == 1


def test_a_number_of_messages_that_is_known_already_costs_nothing(folder: Folder, open_watcher: Open) -> None:
    folder.idles = ["known"] * 1_000
    with scripted(folder.script()) as server:
        watcher = open_watcher()
        watcher.add(imap_account(server.port))
        assert folder.idling.wait(5)
        time.sleep(0.3)
        assert server.received.count(b"DONE") == 0
        folder.total += 1
        assert folder.client is not None
        folder.client.send(b"* 2 EXISTS\r\n")

        assert [event.uids for event in events(watcher, 1)] == [(2,)]  # type: ignore[attr-defined]


def test_nothing_is_told_of_an_account_that_was_removed_while_it_connected(
    folder: Folder, open_watcher: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_mailbox.services.watch.CLOSE_SECONDS", 0.1)
    connected, going_on = threading.Event(), threading.Event()
    play = folder.script()

    def hesitate(client: Client) -> None:
        connected.set()
        going_on.wait(5)
        play(client)

    with scripted(folder.script(), hesitate) as server:
        account = imap_account(server.port)
        with session_of(account) as imap:
            cursor = imap.folder("INBOX").cursor()
        folder.total += 1
        watcher = open_watcher()
        watcher.add(account, "INBOX", cursors={"INBOX": cursor})
        assert connected.wait(5)
        watcher.remove(account)
        going_on.set()

        assert watcher.next_event(0.5) is None
        assert watch_threads() == []


def test_servers_that_dawdle_do_not_keep_others_waiting(open_watcher: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_mailbox.services.watchline.SLOW_SECONDS", 0.1)
    monkeypatch.setattr("flask_mailbox.services.watchloop.FAST_WORKERS", (1, 1))
    slow, quick = Folder(), Folder()
    waits = threading.Event()

    def dawdle(client: Client, tag: bytes) -> None:
        waits.wait(0.3 if slow.total < 3 else 5)
        slow.examine(client, tag)

    answers = {"EXAMINE": dawdle, "FETCH": slow.fetch, "IDLE": slow.idle}
    with scripted(imap_script(answers, greeting=GREETING)) as far, scripted(quick.script()) as near:
        watcher = open_watcher()
        watcher.add(imap_account(far.port, timeouts=Timeouts(5.0, 8.0, 8.0)))
        assert watcher.wait_ready(5)
        watcher.add(imap_account(near.port).replace(name="near"))
        assert quick.idling.wait(5)
        slow.total = 3
        assert slow.client is not None
        assert quick.client is not None
        slow.client.send(b"* 3 EXISTS\r\n")
        quick.total += 1
        quick.client.send(b"* 2 EXISTS\r\n")

        assert [event.account.name for event in events(watcher, 1)] == ["near"]
        waits.set()
        assert [event.account.name for event in events(watcher, 1)] == ["test"]


def test_signs_of_life_cost_nothing(folder: Folder, open_watcher: Open) -> None:
    with scripted(folder.script()) as server:
        watcher = open_watcher()
        watcher.add(imap_account(server.port))
        assert folder.idling.wait(5)
        assert folder.client is not None
        for _ in range(5):
            folder.client.send(b"* OK Still here\r\n")
        time.sleep(0.3)

        assert server.received.count(b"DONE") == 0


def test_idle_that_is_never_begun_gives_way_to_polling(mailserver: MailServer, open_watcher: Open) -> None:
    mailserver.faults.set("imap", stall="IDLE")
    account = imap_account(mailserver.imap)
    watcher = open_watcher()
    watcher.add(account.replace(timeouts=Timeouts(2.0, 0.2, 2.0)))
    wait_until_idle(mailserver, 2)
    uid = deliver(mailserver)

    assert [event.uids for event in events(watcher, 1)] == [(uid,)]  # type: ignore[attr-defined]


def test_failures_are_tried_again_with_longer_pauses(open_watcher: Open) -> None:
    with scripted(imap_script({}, greeting=b"* BYE overloaded\r\n")) as server:
        watcher = open_watcher(Timing(retry=0.1, retry_most=10.0))
        watcher.add(imap_account(server.port))
        assert watcher.next_event(1.5) is None

        assert 3 <= server.connections <= 6


@pytest.fixture
def dovecot_account(dovecot: Dovecot) -> tuple[Dovecot, Account]:
    """A user of Dovecot with an empty mailbox."""
    return dovecot, account_on(dovecot, *dovecot.new_user())


@pytest.mark.parametrize("hidden", [(), ("QRESYNC",), ("QRESYNC", "CONDSTORE")], ids=["all", "CONDSTORE", "neither"])
def test_dovecot_tells_arrivals_flags_and_expunges(
    dovecot_account: tuple[Dovecot, Account],
    open_watcher: Open,
    hidden: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dovecot, account = dovecot_account
    original = Connection.take_capabilities

    def take(self: Connection, text: bytes) -> None:
        original(self, text)
        self.capabilities = tuple(word for word in self.capabilities if word not in hidden)

    monkeypatch.setattr(Connection, "take_capabilities", take)
    watcher = open_watcher()
    watcher.add(account)
    assert watcher.wait_ready(10)
    started = time.monotonic()
    uid = dovecot.deliver(raw_message(), account.address)
    (arrived,) = events(watcher, 1)
    assert time.monotonic() - started < 2
    with session_of(account) as imap:
        imap.folder("INBOX").add_flags(uid, ["\\Seen"])
        (changed,) = events(watcher, 1)
        imap.folder("INBOX").delete(uid, permanently=True)
        *_, gone = events(watcher, 2, 1.0)

    assert isinstance(arrived, Arrived)
    assert arrived.uids == (uid,)
    assert isinstance(changed, Changed)
    assert dict(changed.flags) == {uid: frozenset({"\\Seen"})}
    assert isinstance(gone, Gone)
    assert gone.uids == (uid,)


def test_over_tls_all_is_the_same(mailserver: MailServer, open_watcher: Open) -> None:
    account = imap_account(mailserver.imaps, security=Security.TLS, ca_file=mailserver.ca_file)
    watcher = open_watcher()
    watcher.add(account)
    wait_until_idle(mailserver)
    uid = deliver(mailserver)

    assert [event.uids for event in events(watcher, 1)] == [(uid,)]  # type: ignore[attr-defined]


def test_a_flood_of_signs_of_life_ends_the_connection(folder: Folder, open_watcher: Open) -> None:
    with scripted(folder.script()) as server:
        watcher = open_watcher(Timing(retry=5.0))
        watcher.add(imap_account(server.port))
        assert folder.idling.wait(5)
        assert folder.client is not None
        started = time.monotonic()
        with pytest.raises(OSError):
            for _ in range(10_000):
                folder.client.send(b"* OK Still here\r\n" * 1_000)

        assert time.monotonic() - started < 5
