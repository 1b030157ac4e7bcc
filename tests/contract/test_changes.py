"""What changed in a folder, told by QRESYNC, CONDSTORE and by comparing flags, on the embedded server and Dovecot."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import imapclient
import pytest

from flask_mailbox.errors import FolderNotFoundError, UsageError
from flask_mailbox.imap import Changes, Folder, IMAPSession
from flask_mailbox.imap.connection import Connection

from ..imap.accounts import session_of
from .server import ReadingServer
from .test_imap import account_on, raw_message

Model = dict[int, frozenset[str]]
Other = imapclient.IMAPClient


@pytest.fixture(params=["all", "no QRESYNC", "no QRESYNC, no ESEARCH", "no CONDSTORE"])
def imap(
    request: pytest.FixtureRequest,
    reading_server: ReadingServer,
    user: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[IMAPSession]:
    """A session with a server that is said to have all extensions, or not all."""
    hidden = {word for part in request.param.split(", ") for word in part.split() if part.startswith("no ")} - {"no"}
    if "CONDSTORE" in hidden:
        hidden.add("QRESYNC")
    original = Connection.take_capabilities

    def take(self: Connection, text: bytes) -> None:
        original(self, text)
        self.capabilities = tuple(word for word in self.capabilities if word not in hidden)

    monkeypatch.setattr(Connection, "take_capabilities", take)
    with session_of(account_on(reading_server, *user)) as session:
        yield session


@pytest.fixture
def user(reading_server: ReadingServer) -> tuple[str, str]:
    """A user with an empty mailbox."""
    return reading_server.new_user()


@pytest.fixture
def inbox(imap: IMAPSession) -> Folder:
    """The user's inbox."""
    return imap.folder("INBOX")


@pytest.fixture
def arrive(reading_server: ReadingServer, user: tuple[str, str], other: Other) -> Callable[..., int]:
    """Deliver a message, let the other session see it, and return its uid."""

    def deliver(*flags: str) -> int:
        uid = reading_server.deliver(raw_message(), user[0], flags=flags)
        other.noop()
        return uid

    return deliver


@pytest.fixture
def other(reading_server: ReadingServer, user: tuple[str, str]) -> Iterator[Other]:
    """Somebody else's session with the same inbox."""
    context = imapclient.imapclient.ssl_lib.create_default_context(cafile=reading_server.ca_file)
    with Other("localhost", reading_server.ports["imaps"], ssl_context=context) as client:
        client.login(*user)
        client.select_folder("INBOX")
        yield client


def replay(model: Model, changes: Changes) -> Model:
    """Bring a copy of a folder up to date, as the docstring of ``Changes`` says."""
    kept = {} if changes.full else {uid: flags for uid, flags in model.items() if uid not in changes.vanished}
    return kept | dict(changes.new) | dict(changes.changed)


def state(other: Other) -> Model:
    """The folder as another client sees it."""
    other.noop()
    fetched = other.fetch(other.search("ALL"), ["FLAGS"])
    return {uid: frozenset(flag.decode() for flag in items[b"FLAGS"]) - {"\\Recent"} for uid, items in fetched.items()}


def test_without_a_cursor_the_whole_folder_is_new(inbox: Folder, arrive: Callable[..., int]) -> None:
    first, second = arrive("\\Seen"), arrive()

    changes = inbox.changes()

    assert changes.full
    assert dict(changes.new) == {first: frozenset(("\\Seen",)), second: frozenset()}
    assert not changes.changed
    assert not changes.vanished


def test_nothing_happened(inbox: Folder, arrive: Callable[..., int]) -> None:
    arrive()

    changes = inbox.changes(inbox.cursor())

    assert not changes
    assert not inbox.changes(changes.cursor)


def test_arrivals_flags_and_expunges_are_told_once(inbox: Folder, arrive: Callable[..., int], other: Other) -> None:
    kept, marked, gone = arrive(), arrive(), arrive()
    cursor = inbox.cursor()
    new = arrive("\\Flagged")
    other.add_flags([marked], ["\\Seen", "$Work"])
    other.delete_messages([gone])
    other.uid_expunge([gone])

    changes = inbox.changes(cursor)

    assert not changes.full
    assert dict(changes.new) == {new: frozenset(("\\Flagged",))}
    assert dict(changes.changed) == {marked: frozenset(("\\Seen", "$Work"))}
    assert list(changes.vanished) == [gone]
    assert kept in inbox.changes().new
    assert not inbox.changes(changes.cursor)


def test_an_empty_folder_fills_and_empties_again(inbox: Folder, arrive: Callable[..., int], other: Other) -> None:
    cursor = inbox.cursor()
    uid = arrive()
    filled = inbox.changes(cursor)
    other.delete_messages([uid])
    other.uid_expunge([uid])
    emptied = inbox.changes(filled.cursor)

    assert list(filled.new) == [uid]
    assert list(emptied.vanished) == [uid]


def test_a_folder_made_anew_is_told_in_full(
    imap: IMAPSession, reading_server: ReadingServer, user: tuple[str, str]
) -> None:
    folder = imap.create_folder("Work")
    reading_server.deliver(raw_message(), user[0], "Work")
    cursor = folder.cursor()
    imap.delete_folder("Work")
    uid = reading_server.deliver(raw_message(2), user[0], "Work")

    changes = folder.changes(cursor)

    assert changes.full
    assert list(changes.new) == [uid]


@pytest.mark.parametrize("seed", range(3))
def test_replayed_changes_give_the_folder_as_it_is(
    inbox: Folder, arrive: Callable[..., int], other: Other, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same course of things every time
    for _ in range(12):
        arrive(*chance.sample(["\\Seen", "\\Flagged", "$Work"], chance.randrange(3)))
    changes = inbox.changes()
    model = replay({}, changes)

    for _ in range(8):
        for _ in range(chance.randrange(5)):
            happen(chance, arrive, other)
        changes = inbox.changes(changes.cursor)
        model = replay(model, changes)

        assert model == state(other)
        assert not changes.full


def happen(chance: random.Random, arrive: Callable[..., int], other: Other) -> None:
    """Let one thing happen to a folder."""
    present = sorted(state(other))
    some = chance.sample(present, min(len(present), chance.randrange(1, 4)))
    kind = chance.choice(["arrive", "mark", "unmark", "expunge"])
    if kind == "arrive" or not some:
        arrive()
    elif kind == "expunge":
        other.delete_messages(some)
        other.uid_expunge(some)
    else:
        act = other.add_flags if kind == "mark" else other.remove_flags
        act(some, chance.sample(["\\Seen", "\\Answered", "$Work"], 2))


def test_a_cursor_that_holds_too_much_still_leads_on(
    inbox: Folder, arrive: Callable[..., int], other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_mailbox.imap.known.MAX_UIDS", 3)
    monkeypatch.setattr("flask_mailbox.imap.flagtable.MAX_GROUPS", 3)
    uids = [arrive() for _ in range(9)]
    other.delete_messages(uids[1::2])
    other.uid_expunge(uids[1::2])
    changes = inbox.changes()
    model = replay({}, changes)
    other.add_flags(uids[4:5], ["\\Seen"])
    other.delete_messages(uids[2:3])
    other.uid_expunge(uids[2:3])
    uids.append(arrive())

    changes = inbox.changes(changes.cursor)
    model = replay(model, changes)

    assert model == state(other)
    assert not changes.full
    assert len(changes.cursor) < 1_000


def test_a_missing_folder_is_told_as_such(imap: IMAPSession, inbox: Folder) -> None:
    cursor = inbox.cursor()

    for act in (lambda: imap.folder("nope").cursor(), lambda: imap.folder("nope").changes(cursor)):
        with pytest.raises(FolderNotFoundError):
            act()


@pytest.mark.parametrize("cursor", ["", "{}", "[]", "null", '{"uidvalidity":true}', "[" * 9_000, "x" * 99_999])
def test_what_is_no_cursor_is_refused(inbox: Folder, cursor: str) -> None:
    with pytest.raises(UsageError, match="no cursor"):
        inbox.changes(cursor)
