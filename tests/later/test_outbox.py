"""The steps of a message in each kind of store: each is taken by one process only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flask_mailbox import KeyReusedError, QueueFullError, StoreError
from flask_mailbox.services.store import Entry, MemoryStore, Outbox, State, open_store

MakeOutbox = Callable[[], Outbox]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make_outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeOutbox]:
    """What gives an outbox as another process would have it: on the same store."""
    if request.param == "memory":
        memory = MemoryStore()
        yield lambda: Outbox(memory, size=5)
        return
    url = f"sqlite:///{tmp_path / 'outbox.sqlite'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    stores = []

    def make() -> Outbox:
        stores.append(open_store(url))
        return Outbox(stores[-1], size=5)

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def outbox(make_outbox: MakeOutbox) -> Outbox:
    return make_outbox()


def entry(entry_id: str, **changes: object) -> Entry:
    now = time.time()
    made = Entry(
        id=entry_id, account="default", message=b"\x00\xff", fingerprint="f", due=now, created=now, updated=now
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_an_entry_is_kept_as_it_is(outbox: Outbox) -> None:
    added = entry("a", key="k")
    outbox.add(added)

    assert outbox.store.get("a") == added
    assert outbox.store.by_key("default", "k") == added
    assert outbox.store.by_key("other", "k") is None


def test_entries_of_a_state_come_without_their_content(outbox: Outbox) -> None:
    added = entry("a", key="k")
    outbox.add(added)

    assert outbox.store.in_state(State.QUEUED, 10) == [replace(added, message=b"")]
    assert outbox.store.in_state(State.SENDING, 10) == []


def test_of_many_who_claim_one_gets_it(make_outbox: MakeOutbox) -> None:
    outboxes = [make_outbox() for _ in range(4)]
    for number in range(5):
        outboxes[0].add(entry(f"{number}"))
    claimed: list[str] = []
    start = threading.Barrier(4)

    def claim(outbox: Outbox) -> None:
        start.wait()
        while (taken := outbox.claim_due()) is not None:
            claimed.append(taken.id)

    threads = [threading.Thread(target=claim, args=(outbox,)) for outbox in outboxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(claimed) == [f"{number}" for number in range(5)]


def test_a_key_is_taken_once_by_whoever_is_first(make_outbox: MakeOutbox) -> None:
    outboxes = [make_outbox() for _ in range(4)]
    start = threading.Barrier(4)
    results: list[tuple[str, bool]] = []

    def add(number: int) -> None:
        start.wait()
        added, is_new = outboxes[number].add(entry(f"{number}", key="k"))
        results.append((added.id, is_new))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len({entry_id for entry_id, _ in results}) == 1
    assert [is_new for _, is_new in results].count(True) == 1


def test_a_key_for_another_message_is_refused(outbox: Outbox) -> None:
    outbox.add(entry("a", key="k"))

    with pytest.raises(KeyReusedError):
        outbox.add(entry("b", key="k", fingerprint="other"))


def test_a_full_outbox_refuses_but_knows_its_keys(outbox: Outbox) -> None:
    for number in range(5):
        outbox.add(entry(f"{number}", key=f"{number}"))

    with pytest.raises(QueueFullError):
        outbox.add(entry("5"))
    assert outbox.add(entry("6", key="0"))[0].id == "0"


def test_what_is_not_due_is_not_claimed(outbox: Outbox) -> None:
    later = time.time() + 60
    outbox.add(entry("a", due=later))

    assert outbox.claim("a") is None
    assert outbox.claim_due() is None
    assert outbox.store.next_due() == pytest.approx(later)


def test_who_read_a_message_before_it_was_sent_and_queued_anew_may_not_claim_it(
    make_outbox: MakeOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, other = make_outbox(), make_outbox()
    slow.add(entry("a"))
    read = slow.store.get("a")
    taken = other.claim("a")
    assert taken is not None
    assert other.finish(taken, State.FAILED, "some accepted")
    failed = other.store.get("a")
    assert failed is not None
    assert other.send_again(failed, "ask the others")

    with monkeypatch.context() as patch:
        patch.setattr(slow.store, "get", lambda entry_id: read)
        assert slow.claim("a") is None
    claimed = slow.claim("a")
    assert claimed is not None
    assert (claimed.outcome, claimed.attempts) == ("ask the others", 1)


def test_who_lost_a_message_to_another_may_not_begin_the_content(make_outbox: MakeOutbox) -> None:
    slow, other = make_outbox(), make_outbox()
    slow.add(entry("a"))
    taken = slow.claim("a")
    assert taken is not None
    other.store.change("a", {}, lease=0.0)  # as if the time had passed

    (abandoned,) = other.abandoned()
    assert other.take_back(abandoned, State.QUEUED, "")
    assert other.claim("a") is not None
    assert not slow.begin_content(taken)
    assert not slow.finish(taken, State.SENT, "")


def test_who_was_given_up_after_the_content_still_tells_the_answer(make_outbox: MakeOutbox) -> None:
    slow, other = make_outbox(), make_outbox()
    slow.add(entry("a"))
    taken = slow.claim("a")
    assert taken is not None
    assert slow.begin_content(taken)
    other.store.change("a", {}, lease=0.0)

    (abandoned,) = other.abandoned()
    assert not other.take_back(abandoned, State.QUEUED, "")
    assert other.give_up(abandoned, "lost")
    assert slow.finish(taken, State.SENT, "accepted")

    found = other.store.get("a")
    assert found is not None
    assert (found.state, found.outcome, found.message) == (State.SENT, "accepted", b"")


def test_what_waits_can_be_cancelled_and_what_is_sent_cannot(outbox: Outbox) -> None:
    outbox.add(entry("a"))
    outbox.add(entry("b"))
    outbox.claim("b")

    assert outbox.cancel("a")
    assert not outbox.cancel("b")
    assert outbox.claim("a") is None


def test_the_old_is_forgotten_and_the_waiting_never(outbox: Outbox) -> None:
    for name in ("old", "new", "waiting"):
        outbox.add(entry(name, key=name))
    for name in ("old", "new"):
        taken = outbox.claim(name)
        assert taken is not None
        outbox.finish(taken, State.FAILED, "")
    outbox.store.change("old", {}, updated=time.time() - 100)
    outbox.store.change("waiting", {}, updated=time.time() - 100)

    assert outbox.purge(older_than=50)
    assert [outbox.store.get(name) is None for name in ("old", "new", "waiting")] == [True, False, False]
    assert outbox.add(entry("again", key="old", fingerprint="other"))[1]


def test_memory_remembers_so_many_finished_messages() -> None:
    outbox = Outbox(MemoryStore(kept=2), size=5)
    for number in range(4):
        outbox.add(entry(f"{number}", key=f"{number}"))
        outbox.cancel(f"{number}")

    assert [outbox.store.get(f"{number}") is None for number in range(4)] == [True, True, False, False]
    assert outbox.store.by_key("default", "0") is None


def test_a_database_that_is_away_is_told_without_its_password() -> None:
    store = open_store("postgresql+psycopg://me:s3cr3t@127.0.0.1:1/x")

    with pytest.raises(StoreError, match="cannot be used") as raised:
        store.get("a")
    assert "s3cr3t" not in str(raised.value)
    store.close()
