"""The quick way to read FETCH answers gives what the parser gives, or leaves the answer to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from imapclient.response_parser import parse_response

from flask_mailbox.imap.answer import Untagged
from flask_mailbox.imap.fetch import parse_items, read_items
from flask_mailbox.imap.shallow import Nested, cut_items
from flask_mailbox.imap.tokens import MalformedDataError, parse_data

from ..scripted import scripted
from .accounts import imap_account, session_of
from .scripts import imap_script
from .test_transcripts import answer_of, transcripts


def read_fully(response: Untagged) -> dict[bytes, object]:
    """Read by the quick way, and all that it left unread."""
    items = read_items(response)
    return {name: parse_data([value])[0] if isinstance(value, Nested) else value for name, value in items.items()}


def test_both_ways_agree_on_recorded_answers() -> None:
    quick = 0
    for path in transcripts():
        if b" FETCH (" not in (answer := answer_of(path)):
            continue
        with scripted(imap_script({"NOOP": answer})) as server, session_of(imap_account(server.port)) as imap:
            read = [read_fully(response) for response in imap.client.ask("NOOP").of("FETCH")]
            imap.client.wire._cut_row = lambda buffer: None  # type: ignore[method-assign]
            for response, items in zip(imap.client.ask("NOOP").of("FETCH"), read, strict=True):
                assert items == read_fully(response) == parse_items(response), path
                quick += cut_items(response.pieces) is not None

    assert quick > 20


def test_recorded_answers_are_read_as_imapclient_reads_them() -> None:
    compared = 0
    for path in transcripts():
        if b" FETCH (" not in (answer := answer_of(path)):
            continue
        with scripted(imap_script({"NOOP": answer})) as server, session_of(imap_account(server.port)) as imap:
            ours = [read_fully(response) for response in imap.client.ask("NOOP").of("FETCH")]
            imap.client.wire._cut_row = lambda buffer: None  # type: ignore[method-assign]
            pieces = [response.pieces for response in imap.client.ask("NOOP").of("FETCH")]
        for items, text in zip(ours, pieces, strict=True):
            theirs = read_by_imapclient(text)
            assert {name: plain(value) for name, value in items.items() if name[:1] != b"<"} == theirs, path
            compared += 1

    assert compared > 50


def read_by_imapclient(pieces: Sequence[bytes]) -> dict[bytes, object]:
    """Read a FETCH answer with the parser that imapclient brings, in our form."""
    *pairs, last = pieces
    texts = [(text + b"{%d}" % len(data), data) for text, data in zip(pairs[::2], pairs[1::2], strict=True)]
    (values,) = parse_response([*texts, last])
    names = [re.sub(rb"<\d+>$", b"", name.upper()) for name in values[::2]]
    return {name: plain(value) for name, value in zip(names, values[1::2], strict=True)}


def plain(value: object) -> object:
    """Lists for tuples, and numbers as text: imapclient makes numbers of all that look so."""
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return b"%d" % int(value) if isinstance(value, int) or (isinstance(value, bytes) and value.isdigit()) else value


_WORDS = (
    *(b"UID", b"12", b"FLAGS", b"(", b")", b" ", b"NIL", b'"a"', b'"a\\"(b"'),
    *(b"BODY[HEADER]<0>", b"BODY[]", b'"', b"\\", b"()", b"[", b"]"),
)
_TOKENS = st.sampled_from(_WORDS)


@given(st.lists(st.lists(_TOKENS, max_size=14).map(b"".join), min_size=1, max_size=3))
def test_both_ways_agree_on_anything(texts: list[bytes]) -> None:
    pieces = [b"(" + texts[0]]
    for text in texts[1:]:
        pieces += [b"literal(", text]
    pieces[-1] += b")"
    response = Untagged("FETCH", 1, tuple(pieces))
    if cut_items(pieces) is None:
        return

    try:
        expected = parse_items(response)
    except MalformedDataError:  # the quick way may take what the parser refuses, but never read it otherwise
        return

    assert read_fully(response) == expected


def test_a_file_name_cannot_pass_for_an_item() -> None:
    text = b'(UID 1 BODYSTRUCTURE ("IMAGE" "PNG" ("NAME" "x) UID 2 FLAGS (\\\\Deleted") NIL NIL "BASE64" 5) FLAGS ())'

    items = cut_items([text])

    assert items is not None
    assert (items[b"UID"], items[b"FLAGS"]) == (b"1", b"()")
