"""Searches that find very many messages, and those of servers that exaggerate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from flask_mailbox.errors import ProtocolError
from flask_mailbox.imap import IMAPSession, Search
from flask_mailbox.imap.page import Cursor

from ..scripted import scripted
from .accounts import imap_account, session_of
from .scripts import GREETING, imap_script

MANY = 1_500_000
LISTED = b" ".join(b"%d" % uid for uid in range(1_000_000, 1_160_000))
"""More than a MiB of uids."""


def opened(exists: int) -> bytes:
    return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n" % exists


@contextmanager
def searching(capability: bytes, exists: int, **answers: bytes) -> Iterator[IMAPSession]:
    """A session with a server that answers searches so, names with a blank written ``UID_SEARCH``."""
    greeting = GREETING.replace(b"MOVE", b"MOVE " + capability)
    named = {name.replace("_", " "): answer for name, answer in answers.items()}
    script = imap_script({"EXAMINE": opened(exists), **named}, greeting=greeting)
    with scripted(script) as server, session_of(imap_account(server.port)) as imap:
        yield imap


def test_a_million_and_a_half_hits_are_found() -> None:
    with searching(b"ESEARCH", MANY, UID_SEARCH=b'* ESEARCH (TAG "A1") UID ALL 1:%d\r\n' % MANY) as imap:
        found = imap.folder("INBOX").search(Search(unseen=True))

    assert len(found) == MANY
    assert (found[0], found[-1]) == (1, MANY)


def test_more_hits_than_messages_are_no_answer() -> None:
    with searching(b"ESEARCH", 3, UID_SEARCH=b"* ESEARCH UID ALL 1:4294967295\r\n") as imap:
        with pytest.raises(ProtocolError, match="more messages"):
            imap.folder("INBOX").search(Search())

        assert not imap.is_reusable


def test_messages_that_came_meanwhile_are_found_too() -> None:
    with searching(b"ESEARCH", 3, UID_SEARCH=b"* SEARCH 7 7 1 2 3 4\r\n") as imap:
        assert imap.folder("INBOX").search(Search()).uids == (1, 2, 3, 4, 7)


CALLS: dict[str, Callable[[IMAPSession], int]] = {
    "search": lambda imap: len(imap.folder("INBOX").search(Search())),
    "sort": lambda imap: len(imap.folder("INBOX").sort("size")),
    "threads": lambda imap: len(imap.folder("INBOX").threads()),
    "cursor": lambda imap: imap.folder("INBOX").page(cursor=str(Cursor(7, 1_160_000))).total,
}
ROW = b"* 160000 FETCH (UID 1159999 FLAGS () BODY[HEADER.FIELDS (SUBJECT)] {10}\r\nSubject: x)\r\n"


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_of_more_than_a_megabyte_is_read_if_the_folder_is_that_large(name: str) -> None:
    threads = b"".join(b"(%b)" % uid for uid in LISTED.split())
    answers = {"UID_SEARCH": b"* SEARCH " + LISTED + b"\r\n", "SEARCH": b"* SEARCH " + LISTED + b"\r\n"}
    answers |= {"UID_SORT": b"* SORT " + LISTED + b"\r\n", "UID_THREAD": b"* THREAD " + threads + b"\r\n"}
    with searching(b"SORT THREAD=REFERENCES", 160_000, FETCH=ROW, **answers) as imap:
        assert CALLS[name](imap) == 160_000


def test_a_line_without_end_still_ends_in_a_small_folder() -> None:
    with searching(b"", 3, UID_SEARCH=b"* SEARCH " + LISTED + b"\r\n") as imap:
        with pytest.raises(ProtocolError, match="a line of more"):
            imap.folder("INBOX").search(Search())

        assert not imap.is_reusable
