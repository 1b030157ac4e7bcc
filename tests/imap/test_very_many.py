"""Commands about a hundred thousand messages: within the budgets of their answers, and few round trips."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count

import pytest

from flask_mailbox.account import Timeouts
from flask_mailbox.errors import CommandError
from flask_mailbox.imap import Folder, UidSet
from flask_mailbox.imap.arguments import number_sets

from ..scripted import Client, Script, scripted
from .accounts import imap_account, session_of
from .scripts import GREETING, imap_script

MANY = 100_000
ALL = range(1, MANY + 1)
SCATTERED = range(1, MANY, 2)
SELECTED = b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n" % MANY
PATIENT = Timeouts(connect=5.0, read=10.0, operation=30.0)


def each(line: bytes) -> Callable[[Client, bytes], None]:
    """An answer with a line about each uid that a command names; ``%d`` in it is the uid."""

    def answer(client: Client, tag: bytes) -> None:
        uids = asked(client)
        client.send(b"".join(line.replace(b"%d", b"%d" % uid) for uid in uids) + tag + b" OK done\r\n")

    return answer


def asked(client: Client) -> UidSet:
    return UidSet.parse(client._received[-1].split(b" ")[3].decode())


def many(greeting: bytes = GREETING) -> Script:
    """A server with very many messages, which says all that it may say about each."""
    expunged = each(b"* 1 EXPUNGE\r\n")

    def expunge_all(client: Client, tag: bytes) -> None:
        client.send(b"* 1 EXPUNGE\r\n" * MANY + tag + b" OK done\r\n")

    answers = {
        **dict.fromkeys(("SELECT", "EXAMINE"), SELECTED),
        "UID FETCH": each(b"* %d FETCH (UID %d RFC822.SIZE 99999999)\r\n"),
        "UID STORE": each(b"* %d FETCH (FLAGS (\\Seen $x) UID %d)\r\n"),
        "UID EXPUNGE": expunged,
        "UID MOVE": expunged,
        "UID SEARCH": b"* SEARCH " + b" ".join(b"%d" % uid for uid in ALL) + b"\r\n",
        "EXPUNGE": expunge_all,
    }
    return imap_script(answers, greeting=greeting)


ACTS: dict[str, Callable[[Folder], object]] = {
    "sizes": lambda folder: list(folder.messages(ALL)),
    "flags": lambda folder: folder.add_flags(ALL, ["\\Seen"]),
    "delete": lambda folder: folder.delete(ALL, permanently=True),
    "move": lambda folder: folder.move(ALL, "Other"),
    "copy": lambda folder: folder.copy(ALL, "Other"),
}


@pytest.mark.parametrize(
    ("act", "capabilities"), [*((act, "UIDPLUS MOVE") for act in ACTS), ("delete", ""), ("move", "")]
)
def test_a_hundred_thousand_messages_are_no_flood(act: str, capabilities: str) -> None:
    with (
        scripted(many(GREETING.replace(b"UIDPLUS MOVE", capabilities.encode()))) as server,
        session_of(imap_account(server.port, timeouts=PATIENT)) as imap,
    ):
        ACTS[act](imap.folder("INBOX"))

        assert imap.is_reusable


def together(size: int) -> Script:
    """A server that answers the first STORE, then so many at a time: one that sends each alone waits in vain."""
    waiting: list[bytes] = []
    seen = count()

    def store(client: Client, tag: bytes) -> None:
        waiting.append(tag)
        if next(seen) == 0 or len(waiting) == size:
            client.send(b"".join(tag + b" OK done\r\n" for tag in waiting))
            waiting.clear()

    return imap_script({"UID STORE": store})


def test_scattered_uids_take_few_round_trips() -> None:
    sets = list(number_sets(SCATTERED))[: 1 + 16 * 5]
    with scripted(together(16)) as server, session_of(imap_account(server.port)) as imap:
        imap.folder("INBOX").add_flags([uid for _, held in sets for uid in held], "\\Seen")

    assert sum(b"UID STORE" in line for line in server.received) == len(sets)


def test_every_uid_is_named_once_and_no_line_is_long() -> None:
    with scripted(many()) as server, session_of(imap_account(server.port, timeouts=PATIENT)) as imap:
        imap.folder("INBOX").add_flags(SCATTERED[:20_000], "\\Seen")

    stored = [line.split(b" ")[3].decode() for line in server.received if b"UID STORE" in line]
    assert sum(len(UidSet.parse(text)) for text in stored) == 20_000
    assert UidSet.parse(",".join(stored)) == UidSet.of(SCATTERED[:20_000])
    assert max(map(len, server.received)) < 1_000


def test_a_slow_server_has_the_time_of_a_read_for_each_window() -> None:
    pause = threading.Event()

    def slow(client: Client, tag: bytes) -> None:
        pause.wait(0.02)
        client.send(tag + b" OK done\r\n")

    timeouts = Timeouts(connect=2.0, read=0.9, operation=1.0)
    script = imap_script({"UID STORE": slow})
    with scripted(script) as server, session_of(imap_account(server.port, timeouts=timeouts)) as imap:
        imap.folder("INBOX").add_flags(SCATTERED[:15_000], "\\Seen")

    assert sum(b"UID STORE" in line for line in server.received) > 80


@pytest.mark.parametrize("place", [1, 5])
def test_a_refusal_is_told_and_ends_the_asking(place: int) -> None:
    seen = count(1)

    def copy(client: Client, tag: bytes) -> None:
        client.send(tag + (b" NO [OVERQUOTA] full\r\n" if next(seen) == place else b" OK done\r\n"))

    with scripted(imap_script({"UID COPY": copy})) as server, session_of(imap_account(server.port)) as imap:
        with pytest.raises(CommandError, match="full") as raised:
            imap.folder("INBOX").copy(SCATTERED, "Other")

        assert raised.value.code == "OVERQUOTA"
        assert imap.is_reusable
        assert sum(b"UID COPY" in line for line in server.received) == (1 if place == 1 else 17)


def test_without_move_what_was_copied_is_deleted_and_what_was_refused_stays() -> None:
    seen = count(1)
    refused: list[bytes] = []

    def copy(client: Client, tag: bytes) -> None:
        if next(seen) == 3:
            refused.append(client._received[-1].split(b" ")[3])
            client.send(tag + b" NO [OVERQUOTA] full\r\n")
        else:
            client.send(tag + b" OK done\r\n")

    script = imap_script({"UID COPY": copy}, greeting=GREETING.replace(b" MOVE", b""))
    with scripted(script) as server, session_of(imap_account(server.port)) as imap, pytest.raises(CommandError):
        imap.folder("INBOX").move(range(1, 1_000, 2), "Other")

    (stayed,) = refused
    sent = {name: [line for line in server.received if name in line] for name in (b"UID COPY", b"UID EXPUNGE")}
    copied, expunged = (
        UidSet.parse(",".join(line.split(b" ")[3].decode() for line in lines)) for lines in sent.values()
    )
    assert expunged == copied - UidSet.parse(stayed.decode())
    assert expunged


def test_move_that_a_server_cannot_do_gives_way_to_copying() -> None:
    script = imap_script({"UID MOVE": b"{tag} NO [CANNOT] not here\r\n"})
    with scripted(script) as server, session_of(imap_account(server.port)) as imap:
        imap.folder("INBOX").move(range(1, 1_000, 2), "Other")

    names = [line.split(b" ")[2] for line in server.received if b" UID " in line]
    assert names.count(b"MOVE") == 1
    assert names.count(b"COPY") == names.count(b"EXPUNGE") > 1
