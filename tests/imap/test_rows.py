"""The rows of a page are cut quickly where they are ordinary, and never otherwise than any answer is read."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from flask_mailbox.imap.answer import Untagged
from flask_mailbox.imap.fetch import parse_items
from flask_mailbox.imap.rows import cut_row
from flask_mailbox.imap.shallow import Nested
from flask_mailbox.imap.tokens import parse_data

from ..scripted import Client, scripted
from .accounts import imap_account, session_of
from .scripts import imap_script

STRUCTURE = (
    b'(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 5 0 NIL NIL NIL NIL)("application" "pdf" NIL NIL NIL '
    b'"base64" 8 NIL ("attachment" ("filename" "UID 1 FLAGS (")) NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)'
)
HEADER = b"Subject: a ) b\r\nFrom: ann@demo.test\r\n\r\n"
SECTION = b"BODY[HEADER.FIELDS (SUBJECT FROM TO DATE MESSAGE-ID)]"


def answer(uid: int = 7, *, before: bytes = b"", after: bytes = b"", header: bytes = HEADER) -> bytes:
    head = b'* 3 FETCH (UID %d FLAGS (\\Seen $x) RFC822.SIZE 423 INTERNALDATE "23-Nov-2026 20:32:09 +0000"' % uid
    middle = b" BODYSTRUCTURE " + STRUCTURE + b" " + SECTION
    return head + before + middle + b" {%d}\r\n" % len(header) + header + after + b")\r\n"


PREVIEWS = [
    (b"", b""),
    (b" PREVIEW NIL", b""),
    (b' PREVIEW "Hello"', b""),
    (b" PREVIEW {5}\r\nHe)lo", b""),
    (b"", b" PREVIEW NIL"),
    (b"", b' PREVIEW ""'),
    (b"", b" PREVIEW {3}\r\na\r\n"),
]


@pytest.mark.parametrize(("before", "after"), PREVIEWS)
def test_a_row_is_read_as_the_parser_reads_it(before: bytes, after: bytes) -> None:
    data = answer(before=before, after=after)
    row = cut_row(bytearray(data + b"* 4 FETCH"), 1000)

    assert row is not None
    assert (row.number, row.size) == (3, len(data))
    read = {name: parse_data([value])[0] if isinstance(value, Nested) else value for name, value in row.items.items()}
    assert read == parse_items(Untagged("FETCH", 3, pieces_of(data)))


@pytest.mark.parametrize("modseq", [b"", b" MODSEQ (917)"])
def test_flags_alone_are_read_as_the_parser_reads_them(modseq: bytes) -> None:
    data = b"* 3 FETCH (UID 7 FLAGS (\\Seen $x)" + modseq + b")\r\n"
    row = cut_row(bytearray(data), 1000)

    assert row is not None
    assert row.size == len(data)
    read = {name: parse_data([value])[0] if isinstance(value, Nested) else value for name, value in row.items.items()}
    assert read == parse_items(Untagged("FETCH", 3, pieces_of(data)))


def pieces_of(data: bytes) -> tuple[bytes, ...]:
    """Cut an answer at its literals, as a connection does."""
    pieces, rest = [], data.removeprefix(b"* 3 FETCH ").removesuffix(b"\r\n")
    while (at := rest.find(b"}\r\n")) >= 0:
        begin = rest.rindex(b"{", 0, at)
        size = int(rest[begin + 1 : at])
        pieces += [rest[:begin], rest[at + 3 : at + 3 + size]]
        rest = rest[at + 3 + size :]
    return (*pieces, rest)


def test_what_is_not_there_to_its_end_is_left_alone() -> None:
    data = answer(before=b" PREVIEW {5}\r\nHello", after=b"")

    assert all(cut_row(bytearray(data[:end]), 1000) is None for end in range(len(data)))


def test_a_literal_over_the_limit_is_left_to_those_who_refuse_it() -> None:
    assert cut_row(bytearray(answer(header=b"x" * 1001)), 1000) is None


def test_a_damaged_answer_never_becomes_a_row_with_other_values() -> None:
    chance = random.Random(5)  # noqa: S311 - the same damage every time
    data = answer()
    for _ in range(3000):
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] = chance.randrange(256)
        row = cut_row(damaged, 1000)
        if row is not None:
            pieces = pieces_of(bytes(damaged).replace(b"* %d FETCH" % row.number, b"* 3 FETCH", 1))
            assert parse_items(Untagged("FETCH", 3, pieces))[b"UID"] == row.items[b"UID"]


def test_a_message_with_an_endless_header_spoils_no_page_and_costs_no_memory() -> None:
    megabyte = b"x" * 1_000_000
    announced = b"{%d}\r\nSubject: " % (len(b"Subject: ") + 8 * len(megabyte))

    def send(client: Client, tag: bytes) -> None:
        begin, end = answer(7).replace(b"* 3", b"* 2", 1).split(b"{%d}\r\n%b" % (len(HEADER), HEADER))
        client.send(begin + announced)
        for _ in range(8):
            client.send(megabyte)
        client.send(end + answer(8) + tag + b" OK done\r\n")

    with scripted(imap_script({"FETCH": send})) as server, session_of(imap_account(server.port)) as imap:
        tracemalloc.start()
        page = imap.folder("INBOX").page()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert [summary.uid for summary in page] == [8, 7]
    assert page[0].subject == "a ) b"
    assert page[1].subject.startswith("xxx")
    assert peak < 2_000_000
