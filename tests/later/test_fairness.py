"""One account whose server does not answer holds up no other account's mail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flask_mailbox import Mailbox
from flask_mailbox.services.later.workers import COUNT

from ..scripted import Client, scripted
from ..servers.process import wait_for
from ..smtp.scripts import smtp_script
from .apps import later_app, letter, scripted_settings

PATIENT = {"MAILBOX_READ_TIMEOUT": 30, "MAILBOX_OPERATION_TIMEOUT": 60}


@pytest.fixture(params=["memory", "store"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    return {"MAILBOX_STORE": f"sqlite:///{tmp_path}/outbox.sqlite"} if request.param == "store" else {}


@contextmanager
def app_of_two(store: dict[str, Any]) -> Iterator[Mailbox]:
    """Give a mailbox whose default account has a silent server, and whose account ``bob`` has one that answers."""
    leave = threading.Event()

    def silent(client: Client) -> None:
        leave.wait(30)

    with scripted(smtp_script()) as quick, scripted(silent) as mute:
        bob = scripted_settings(quick.port)
        accounts = {"bob": {key.removeprefix("MAILBOX_"): value for key, value in bob.items()}}
        with later_app(scripted_settings(mute.port), **PATIENT, **store, MAILBOX_ACCOUNTS=accounts) as (_, mailbox):
            try:
                yield mailbox
            finally:
                leave.set()


def test_a_silent_server_holds_up_no_other_account(store: dict[str, Any]) -> None:
    with app_of_two(store) as mailbox:
        held_up = [mailbox.send_later(letter(f"{number}")) for number in range(2 * COUNT)]
        states = [mailbox["bob"].send_later(letter(f"from Bob {number}")).wait(5).state for number in range(3)]

        assert states == ["sent"] * 3
        assert sum(ticket.state == "sending" for ticket in held_up) == COUNT - 1


def test_what_falls_due_while_a_server_is_silent_is_sent_in_time(
    store: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_mailbox.services.later.workers.IDLE", 0.01)
    with app_of_two(store) as mailbox:
        delayed = mailbox["bob"].send_later(letter("from Bob"), delay=1)
        held_up = [mailbox.send_later(letter(f"{number}")) for number in range(2 * COUNT)]
        assert wait_for(lambda: sum(ticket.state == "sending" for ticket in held_up) == COUNT - 1, 5)

        assert delayed.wait(5).state == "sent"
