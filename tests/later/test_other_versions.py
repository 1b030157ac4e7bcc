"""Rows that another version wrote, or that are damaged: each ends alone, and holds up no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from flask_mailbox import Mailbox, StoreError
from flask_mailbox.devserver import MailServer
from flask_mailbox.services.later import LaterQueue, Ticket
from flask_mailbox.services.later.sender import recover
from flask_mailbox.services.store import Entry, MemoryStore, Outbox, open_store

from .apps import later_app, letter

FAR = 3600.0
RECEIPT = {"message_id": "<1@demo.test>", "accepted": ["carol@demo.test"], "refused": {}, "unknown": []}

READABLE = {
    "more fields": {
        "receipt": {**RECEIPT, "warnings": [], "answered_at": None, "colour": "red"},
        "failure": {"text": "greylisted", "category": None, "hint": "", "transient": True, "colour": "red"},
        "pending": ["bob@demo.test"],
        "colour": "red",
    },
    "fewer fields": {"receipt": RECEIPT, "pending": ["bob@demo.test"]},
}

DAMAGED = [
    "nonsense",
    "null",
    "[]",
    '"x"',
    '{"receipt": 1}',
    '{"receipt": {"accepted": ["x"]}}',
    '{"receipt": {"message_id": "x", "refused": {"bob@demo.test": {"code": 450}}}}',
    '{"receipt": {"message_id": "x", "answered_at": "yesterday"}}',
    '{"failure": ["x"]}',
    '{"pending": 7}',
]

Change = Callable[..., None]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'outbox.sqlite'}"


@pytest.fixture
def mailbox(mailserver: MailServer, url: str) -> Iterator[Mailbox]:
    """Ann's mailbox, whose queue is in a file."""
    with later_app(mailserver.config("ann@demo.test"), MAILBOX_STORE=url) as (_, mailbox):
        yield mailbox


@pytest.fixture
def change(url: str) -> Iterator[Change]:
    """What changes a message's row behind the store's back."""
    engine = sa.create_engine(url)

    def change(ticket: Ticket, **values: object) -> None:
        table = sa.Table("mailbox_outbox", sa.MetaData(), autoload_with=engine)
        with engine.begin() as connection:
            connection.execute(table.update().where(table.c.id == ticket.id).values(values))

    yield change
    engine.dispose()


def queue_of(mailbox: Mailbox) -> LaterQueue:
    return mailbox.state.later


def look_now(mailbox: Mailbox) -> None:
    """Let the threads look for what others left."""
    workers = queue_of(mailbox).workers
    workers._look_at = 0.0
    workers.ring()


@pytest.mark.parametrize("outcome", READABLE.values(), ids=list(READABLE))
def test_what_a_near_version_wrote_is_understood(
    mailbox: Mailbox, mailserver: MailServer, change: Change, outcome: object
) -> None:
    ticket = mailbox.send_later(letter("x", "bob@demo.test", "carol@demo.test"), delay=FAR)
    change(ticket, outcome=json.dumps(outcome), due=0.0)
    look_now(mailbox)
    status = ticket.wait(5)

    assert status.state == "sent"
    assert status.receipt is not None
    assert status.receipt.accepted == ("carol@demo.test", "bob@demo.test")
    assert mailserver.received("smtp").count(b"RCPT TO") == 1


@pytest.mark.parametrize("outcome", DAMAGED)
def test_where_it_is_not_known_who_has_a_message_it_is_unknown_and_the_others_are_sent(
    mailbox: Mailbox, mailserver: MailServer, change: Change, outcome: str
) -> None:
    damaged = mailbox.send_later(letter("damaged"), delay=FAR)
    change(damaged, outcome=outcome, due=0.0)
    sound = mailbox.send_later(letter("sound"))

    assert sound.wait(5).state == "sent"
    status = damaged.wait(5)
    assert status.state == "unknown"
    assert status.failure is not None
    assert "another version" in status.failure.text
    assert len(mailserver.messages("bob@demo.test")) == 1

    assert damaged.send_again()
    assert damaged.wait(5).state == "sent"


@pytest.mark.parametrize("outcome", ["nonsense", '{"receipt": 1}'])
@pytest.mark.parametrize("message", [None, b"", b"{", b'{"message": []}', b'{"message": {"recipients": [7]}}'])
def test_of_what_killed_processes_left_a_damaged_row_keeps_none_of_the_others(
    mailbox: Mailbox, change: Change, outcome: str, message: bytes | None
) -> None:
    left = {"state": "sending", "owner": "elsewhere|1|x|y", "lease": 0.0}
    damaged = mailbox.send_later(letter("damaged"), delay=FAR)
    change(damaged, outcome=outcome, content_begun=True, **({} if message is None else {"message": message}), **left)
    sound = mailbox.send_later(letter("sound"), delay=FAR)
    change(sound, **left)
    look_now(mailbox)

    assert sound.wait(5).state == "sent"
    assert damaged.wait(5).state == "unknown"


def test_a_message_that_cannot_be_read_fails_and_says_why(mailbox: Mailbox, change: Change) -> None:
    ticket = mailbox.send_later(letter(), delay=FAR)
    change(ticket, message=b"{", due=0.0)
    look_now(mailbox)
    status = ticket.wait(5)

    assert status.state == "failed"
    assert status.failure is not None
    assert "another version" in status.failure.text


def test_a_state_that_is_not_known_here_is_left_alone(mailbox: Mailbox, change: Change) -> None:
    ticket = mailbox.send_later(letter(), key="order-17", delay=FAR)
    change(ticket, state="on paper", due=0.0)
    found = mailbox.ticket_of_key("order-17")

    assert found is not None
    assert found.state == "unknown"
    assert mailbox.send_later(letter(), key="order-17").id == ticket.id
    assert not found.send_again()
    assert not found.cancel()


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_an_entry_that_the_store_never_takes_is_an_error_and_no_endless_loop(kind: str, url: str) -> None:
    store = MemoryStore() if kind == "memory" else open_store(url)
    outbox = Outbox(store, size=5)
    entry = Entry(id="a", account="default", message=b"", fingerprint="f")
    outbox.add(entry)

    with pytest.raises(StoreError, match="takes no"):
        outbox.add(entry)
    if kind == "sqlite":
        store.close()  # type: ignore[union-attr]


def test_a_thread_survives_what_nobody_thought_of(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[Outbox] = []

    def fail_once(outbox: Outbox) -> int:
        looks.append(outbox)
        if len(looks) == 1:
            raise RuntimeError("nobody thought of this")
        return recover(outbox)

    monkeypatch.setattr("flask_mailbox.services.later.workers.TROUBLED", 0.01)
    monkeypatch.setattr("flask_mailbox.services.later.workers.recover", fail_once)

    assert mailbox.send_later(letter()).wait(5).state == "sent"
    assert "nobody thought of this" in caplog.text
