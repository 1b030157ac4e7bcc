"""Watching as an app and the command line do it."""

from __future__ import annotations

import json
import os
import threading
import time
from itertools import chain, repeat

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import FlaskGroup

from flask_mailbox import Arrived, AuthenticationError, ConfigurationError, Failed, Mailbox
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app, mailbox_of
from ..imap.scripts import imap_script
from ..scripted import Client, scripted
from .conftest import deliver, events, wait_until_idle, watch_threads

ANN = "ann@demo.test"


def test_a_mailbox_is_watched_outside_of_the_app_context(mailserver: MailServer) -> None:
    with mailbox_of(mailserver.config(ANN)) as mailbox:
        watcher = mailbox.watch()
    with watcher:
        wait_until_idle(mailserver)
        uid = deliver(mailserver)
        event = next(watcher)

    assert isinstance(event, Arrived)
    assert event.uids == (uid,)
    assert watch_threads() == []


def test_a_wrong_password_is_raised(mailserver: MailServer) -> None:
    with (
        mailbox_of(mailserver.config(ANN) | {"MAILBOX_PASSWORD": "wrong"}) as mailbox,
        mailbox.watch() as watcher,
        pytest.raises(AuthenticationError),
    ):
        next(watcher)


def test_many_accounts_are_watched_by_one_watcher(mailserver: MailServer) -> None:
    with mailbox_of(mailserver.config(ANN)) as mailbox, mailbox.watcher() as watcher:
        imap = mailserver.config(ANN)["MAILBOX_IMAP"]
        wrong = mailbox.load_account({"address": ANN, "password": "wrong", "imap": imap})
        watcher.add(mailbox.account)
        watcher.add(wrong)
        wait_until_idle(mailserver)
        deliver(mailserver)
        found = events(watcher, 2)

    assert {type(event) for event in found} == {Arrived, Failed}


def test_watchers_of_one_app_share_their_threads(mailserver: MailServer) -> None:
    with mailbox_of(mailserver.config(ANN)) as mailbox, mailbox.watch() as one, mailbox.watch("sent") as two:
        wait_until_idle(mailserver, 2)
        names = [thread.name for thread in threading.enumerate()]
        one.close()
        mailserver.deliver(b"Subject: x\r\n\r\n", ANN, "Sent")

        assert names.count("flask-mailbox-watch") == 1
        assert [event.folder for event in events(two, 1)] == ["Sent"]
    assert watch_threads() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_forked_child_watches_by_itself(mailserver: MailServer) -> None:
    with mailbox_of(mailserver.config(ANN)) as mailbox, mailbox.watch() as ours:
        child = os.fork()
        if child == 0:
            told = False
            try:
                with mailbox.watch() as theirs:
                    told = isinstance(theirs.next_event(3), Arrived)
            finally:
                os._exit(0 if told else 1)
        wait_until_idle(mailserver, 2)
        deliver(mailserver)

        assert os.waitpid(child, 0)[1] == 0
        assert isinstance(ours.next_event(2), Arrived)


@pytest.mark.parametrize("key", ["MAILBOX_WATCH_POLL", "MAILBOX_WATCH_RENEW"])
def test_the_times_are_settings(mailserver: MailServer, key: str) -> None:
    with mailbox_of(mailserver.config(ANN) | {key: 7}) as mailbox:
        assert 7.0 in (mailbox.state.settings.watch_poll, mailbox.state.settings.watch_renew)
    with pytest.raises(ConfigurationError, match=key):
        mailbox_app({key: 0})


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_what_comes(mailserver: MailServer, as_json: bool) -> None:
    host = Flask("host")
    host.config.update(mailserver.config(ANN))
    mailbox = Mailbox(host)
    raw = b"From: Bob <bob@demo.test>\r\nSubject: Lunch?\r\n\r\n"
    thread = threading.Thread(target=lambda: (wait_until_idle(mailserver), mailserver.deliver(raw, ANN)))
    thread.start()
    arguments = ["mailbox", "watch", "--count", "1", *(["--json"] if as_json else [])]
    result = CliRunner().invoke(FlaskGroup(create_app=lambda: host), arguments)
    thread.join()
    with host.app_context():
        mailbox.state.pool.close()

    assert result.exit_code == 0
    if as_json:
        event = json.loads(result.stdout)
        assert (event["event"], event["folder"], event["uids"]) == ("arrived", "INBOX", [1])
        assert json.loads(event["cursor"])["uidnext"] == 2
    else:
        assert "INBOX  arrived  1  Bob <bob@demo.test>  Lunch?" in result.stdout
    assert watch_threads() == []


def test_the_command_prints_nothing_that_a_terminal_obeys() -> None:
    flags = chain([b""], repeat(b"\x1b[31m"))

    def fetch(client: Client, tag: bytes) -> None:
        client.send(b"* 1 FETCH (UID 3 FLAGS (%b))\r\n" % next(flags) + tag + b" OK done\r\n")

    def idle(client: Client, tag: bytes) -> None:
        client.send(b"+ idling\r\n* 1 FETCH (FLAGS (changed))\r\n")
        client.line()
        client.send(tag + b" OK done\r\n")

    selected = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 4] ok\r\n"
    greeting = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE] ready\r\n"
    host = Flask("host")
    with scripted(imap_script({"EXAMINE": selected, "FETCH": fetch, "IDLE": idle}, greeting=greeting)) as server:
        host.config.update(MAILBOX_ADDRESS=ANN, MAILBOX_PASSWORD="x", MAILBOX_IMAP=f"imap://localhost:{server.port}")
        Mailbox(host)
        result = CliRunner().invoke(
            FlaskGroup(create_app=lambda: host), ["mailbox", "watch", "--count", "1"], color=True
        )

    assert "INBOX  changed  3" in result.stdout
    assert "\x1b" not in result.stdout


def test_the_command_says_what_is_wrong(mailserver: MailServer) -> None:
    host = Flask("host")
    host.config.update(mailserver.config(ANN))
    Mailbox(host)
    started = time.monotonic()
    result = CliRunner().invoke(FlaskGroup(create_app=lambda: host), ["mailbox", "watch", "--folder", "nope"])

    assert result.exit_code == 1
    assert "no such folder" in result.output
    assert time.monotonic() - started < 5
