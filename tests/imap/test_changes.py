"""Changes told by servers that lose, cut or contradict them: always the right folder, never a false farewell."""

from __future__ import annotations

import dataclasses

import pytest

from flask_mailbox.errors import ProtocolError
from flask_mailbox.imap import Changes, UidSet
from flask_mailbox.imap.known import Known

from ..scripted import scripted
from .accounts import imap_account, session_of
from .scripts import imap_script

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE CONDSTORE QRESYNC ESEARCH] ready\r\n"
ONLY_CONDSTORE = GREETING.replace(b" QRESYNC", b"")
BARE = GREETING.replace(b" QRESYNC", b"").replace(b" CONDSTORE", b"")
KNOWN = Known(uidvalidity=7, uidnext=4, modseq=50, count=3, uids=UidSet.parse("1:3"))
ALL = b"* 1 FETCH (UID 1 FLAGS ())\r\n* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n* 3 FETCH (UID 3 FLAGS ())\r\n"


def opened(exists: int, uidvalidity: int = 7, uidnext: int = 4, modseq: object = 60, more: bytes = b"") -> bytes:
    """What a server says when it opens a folder."""
    said = f"* {exists} EXISTS\r\n* OK [UIDVALIDITY {uidvalidity}] ok\r\n* OK [UIDNEXT {uidnext}] ok\r\n"
    kept = f"* OK [HIGHESTMODSEQ {modseq}] ok\r\n" if modseq is not None else "* OK [NOMODSEQ] no\r\n"
    return (said + kept).encode() + more


def changes(greeting: bytes, known: Known | None = KNOWN, **answers: bytes) -> tuple[Changes, list[bytes]]:
    """Return the changes since ``KNOWN`` and the commands that it took, names with a blank written ``UID_FETCH``."""
    script = imap_script({name.replace("_", " "): answer for name, answer in answers.items()}, greeting=greeting)
    with scripted(script) as server, session_of(imap_account(server.port)) as imap:
        found = imap.folder("INBOX").changes(str(known) if known else None)
        commands = [line.partition(b" ")[2] for line in server.received[2:] if line]
    return found, commands


def test_qresync_tells_all_in_one_round_trip() -> None:
    told = (
        b"* VANISHED (EARLIER) 1,9:20\r\n"
        b"* 1 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (55))\r\n* 3 FETCH (UID 5 FLAGS () MODSEQ (60))\r\n"
    )

    found, commands = changes(GREETING, EXAMINE=opened(3, uidnext=6, more=told))

    assert (dict(found.new), dict(found.changed), list(found.vanished)) == (
        {5: frozenset()},
        {2: frozenset({"\\Seen"})},
        [1],
    )
    assert not found.full
    assert commands == [b"ENABLE QRESYNC", b'EXAMINE "INBOX" (QRESYNC (7 50))']


def test_condstore_looks_for_uids_only_if_some_are_gone() -> None:
    changed = b"* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (55))\r\n"

    found, commands = changes(ONLY_CONDSTORE, EXAMINE=opened(3), UID_FETCH=changed)

    assert dict(found.changed) == {2: frozenset({"\\Seen"})}
    assert commands == [b'EXAMINE "INBOX" (CONDSTORE)', b"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 50)"]


def test_condstore_asks_nothing_more_if_nothing_happened() -> None:
    found, commands = changes(ONLY_CONDSTORE, EXAMINE=opened(3, modseq=50))

    assert not found
    assert commands == [b'EXAMINE "INBOX" (CONDSTORE)']


VOID = {
    "another uidvalidity": opened(3, uidvalidity=8),
    "a modseq that went back": opened(3, modseq=49),
    "no modseq any more": opened(3, modseq=None),
    "a modseq of zero": opened(3, modseq=0),
    "a modseq that is none": opened(3, modseq=-1),
    "uids that went back": opened(3, uidnext=3),
    "fewer messages than told": opened(2),
    "more messages than told": opened(4),
}


@pytest.mark.parametrize("greeting", [GREETING, ONLY_CONDSTORE], ids=["QRESYNC", "CONDSTORE"])
@pytest.mark.parametrize("said", VOID.values(), ids=VOID.keys())
def test_where_nothing_fits_the_whole_folder_is_told(greeting: bytes, said: bytes) -> None:
    exists = int(said.split()[1])
    rows = ALL + b"* 4 FETCH (UID 9 FLAGS ())\r\n"
    rows = b"".join(rows.splitlines(keepends=True)[:exists])

    found, _ = changes(greeting, EXAMINE=said, FETCH=rows)

    assert found.full
    assert len(found.new) == exists
    assert not found.vanished


@pytest.mark.parametrize("greeting", [GREETING, ONLY_CONDSTORE, BARE], ids=["QRESYNC", "CONDSTORE", "neither"])
def test_a_list_that_is_too_short_is_an_error_and_no_farewell(greeting: bytes) -> None:
    cut = ALL.rpartition(b"* 3")[0]

    with pytest.raises(ProtocolError, match="does not list all messages") as caught:
        changes(greeting, EXAMINE=opened(3, uidvalidity=8), FETCH=cut)

    assert caught.value.transient


@pytest.mark.parametrize("greeting", [GREETING, ONLY_CONDSTORE], ids=["QRESYNC", "CONDSTORE"])
@pytest.mark.parametrize("uids", [KNOWN.uids, None], ids=["uids", "a number"])
def test_as_many_that_came_as_went_are_not_lost_by_a_server_that_tells_nothing(
    greeting: bytes, uids: UidSet | None
) -> None:
    known = dataclasses.replace(KNOWN, uids=uids)
    answers = {"UID_SEARCH": b"* SEARCH 2 3 4\r\n", "UID_FETCH": b""}

    found, _ = changes(greeting, known, EXAMINE=opened(3, uidnext=5), **answers)

    assert (set(found.new), set(found.vanished)) == ({4}, {1})


def test_what_came_and_went_meanwhile_costs_no_list_if_the_server_tells_it() -> None:
    told = b"* VANISHED (EARLIER) 4\r\n"

    found, commands = changes(GREETING, EXAMINE=opened(3, uidnext=5, more=told))

    assert not found
    assert len(commands) == 2


MANY = Known(uidvalidity=7, uidnext=4, modseq=50, count=3, uids=None)
LOST: dict[str, tuple[bytes, set[int]]] = {
    "both arrivals": (b"", {1, 2, 3}),
    "one of two arrivals": (b"* 4 FETCH (UID 4 FLAGS () MODSEQ (55))\r\n", {1, 2, 3}),
    "arrivals behind a farewell": (b"* VANISHED (EARLIER) 1\r\n", {2, 3}),
    "a farewell": (b"* 3 FETCH (UID 4 FLAGS ())\r\n* 4 FETCH (UID 5 FLAGS ())\r\n", {2, 3}),
    "farewells that were none": (b"* VANISHED (EARLIER) 1,3\r\n* 4 FETCH (UID 5 FLAGS ())\r\n", {2, 3}),
}


@pytest.mark.parametrize("lost", LOST)
def test_where_a_cursor_knows_only_a_number_what_was_lost_is_looked_up(lost: str) -> None:
    told, kept = LOST[lost]
    present = sorted(kept | {4, 5})
    uids = " ".join(map(str, present)).encode()
    rows = b"".join(b"* %d FETCH (UID %d FLAGS (\\Seen))\r\n" % row for row in enumerate(present, 1))

    found, _ = changes(
        GREETING,
        MANY,
        EXAMINE=opened(len(present), uidnext=6, more=told),
        UID_SEARCH=b"* SEARCH " + uids + b"\r\n",
        UID_FETCH=rows,
    )

    assert set(found.new) == {4, 5}
    assert set(found.vanished) == {1, 2, 3} - kept
    assert not found.full
    assert (found.known.count, found.known.uidnext) == (len(present), 6)


def test_what_a_cursor_of_a_number_is_told_whole_costs_no_look_up() -> None:
    told = b"* VANISHED (EARLIER) 1\r\n* 3 FETCH (UID 4 FLAGS () MODSEQ (55))\r\n"

    found, commands = changes(GREETING, MANY, EXAMINE=opened(3, uidnext=5, more=told))

    assert (set(found.new), set(found.vanished)) == ({4}, {1})
    assert len(commands) == 2


def test_qresync_that_is_refused_gives_way_to_condstore() -> None:
    def refuse(client: object, tag: bytes) -> None:
        line = client._received[-1]  # type: ignore[attr-defined]
        answer = b" BAD no\r\n" if b"QRESYNC" in line else b" OK done\r\n"
        client.send((b"" if b"QRESYNC" in line else opened(3, modseq=50)) + tag + answer)  # type: ignore[attr-defined]

    found, commands = changes(GREETING, EXAMINE=refuse)  # type: ignore[arg-type]

    assert not found
    assert commands[1:] == [b'EXAMINE "INBOX" (QRESYNC (7 50))', b'EXAMINE "INBOX" (CONDSTORE)']


def test_vanished_in_the_middle_of_a_session_lowers_the_number_of_messages() -> None:
    script = imap_script({"EXAMINE": opened(9), "NOOP": b"* VANISHED 2:4,8\r\n"}, greeting=GREETING)
    with scripted(script) as server, session_of(imap_account(server.port)) as imap:
        imap.select("INBOX")
        imap.noop()

        assert imap.client.wire.exists == 5
