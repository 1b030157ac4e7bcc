"""The small values of IMAP: names, sets, dates, cursors, roles, and data in parentheses."""

from __future__ import annotations

import base64
import datetime
import quopri
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailbox.errors import UsageError
from flask_mailbox.imap.answer import Status
from flask_mailbox.imap.arguments import number_sets, parse_set
from flask_mailbox.imap.decoding import decoder_for
from flask_mailbox.imap.fetch import format_date_time, parse_date_time, parse_number
from flask_mailbox.imap.login import ID_ARGUMENTS
from flask_mailbox.imap.names import decode_name, encode_name
from flask_mailbox.imap.page import Cursor
from flask_mailbox.imap.roles import ROLES, guessed_role, own_role, told_role
from flask_mailbox.imap.structure import is_complete, list_parts
from flask_mailbox.imap.tokens import MalformedDataError, parse_data
from flask_mailbox.providers import Provider, shipped

# Names


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"INBOX", "INBOX"),
        (b"inbox", "INBOX"),
        (b"&g0l6P3ux-", "草稿箱"),
        (b"Sent & Co", "Sent \uf726 Co"),
        (b"A&-B", "A&B"),
        (b"Entw&APw-rfe", "Entwürfe"),
        (b"a.b/c\\d", "a.b/c\\d"),
    ],
)
def test_a_folder_name_is_shown_decoded(raw: bytes, path: str) -> None:
    assert decode_name(raw) == path


@given(st.binary(min_size=1, max_size=60).filter(lambda raw: not set(raw) & {0, 10, 13}))
def test_every_name_that_a_server_lists_can_be_addressed(raw: bytes) -> None:
    path = decode_name(raw)

    path.encode()
    assert encode_name(path) == (b"INBOX" if raw.upper() == b"INBOX" else raw)


@given(st.text(min_size=1, max_size=60))
def test_every_name_goes_out_in_ascii_and_comes_back_or_is_refused(path: str) -> None:
    try:
        raw = encode_name(path)
    except UsageError:
        return
    if not any("\uf700" <= character <= "\uf7ff" for character in path):
        assert raw.isascii()
        assert decode_name(raw) == ("INBOX" if path.upper() == "INBOX" else path)


# Sets


@given(st.sets(st.integers(1, 2**32 - 1), max_size=200), st.integers(30, 200))
def test_sets_hold_each_number_once_within_the_line(numbers: set[int], length: int) -> None:
    sets = list(number_sets(numbers, length))

    assert all(len(text) <= length for text, _ in sets)
    assert [number for _, held in sets for number in held] == sorted(numbers)
    assert [number for text, _ in sets for number in parse_set(text)] == sorted(numbers)


def test_a_hundred_thousand_neighbours_are_one_range() -> None:
    assert [text for text, _ in number_sets(range(100_000, 0, -1))] == [b"1:100000"]


@pytest.mark.parametrize("text", [b"", b"x", b"1:", b"1:*", b"1:99999999", b",", b"1,,2"])
def test_a_set_that_is_none_is_empty(text: bytes) -> None:
    assert parse_set(text) == ()


# Dates and numbers


@pytest.mark.parametrize("text", [b" 9-Feb-2024 01:02:03 -0330", b"09-FEB-2024 01:02:03 -0330"])
def test_a_date_time_is_read(text: bytes) -> None:
    zone = datetime.timezone(-datetime.timedelta(hours=3, minutes=30))
    expected = datetime.datetime(2024, 2, 9, 1, 2, 3, tzinfo=zone)

    assert parse_date_time(text) == expected
    assert format_date_time(expected) == b'" 9-Feb-2024 01:02:03 -0330"'


@pytest.mark.parametrize("text", [b"00-Jan-0000 00:00:00 +0000", b"31-Feb-2024 01:02:03 +0000", b"", None, [b"x"]])
def test_a_date_time_that_is_none_is_none(text: object) -> None:
    assert parse_date_time(text) is None


@pytest.mark.parametrize(
    ("text", "number"), [(b"12", 12), (b"9.3736e+06", 9_373_600), (b"-1", 0), (b"x", 0), (b"1e999", 0), (None, 0)]
)
def test_numbers_are_read_as_servers_write_them(text: object, number: int) -> None:
    assert parse_number(text) == number


# Cursors


def test_a_cursor_comes_back() -> None:
    assert Cursor.parse(str(Cursor(7, 99, 3))) == Cursor(7, 99, 3)


@pytest.mark.parametrize("text", ["", "x", "W10", "WzFd", "é", "W251bGwsIDFd", "W1sxXSwxXQ", "WzEsMF0", "a" * 10_000])
def test_a_cursor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Cursor.parse(text)


# Data in parentheses


@pytest.mark.parametrize(
    ("pieces", "values"),
    [
        ([b'(UID 1 BODY[HEADER.FIELDS (A "b c")]<0> ', b"x(", b" FLAGS ())"], None),
        ([b'(NIL "NIL" nil "a\\"b\\\\" ""(x))'], [[None, b"NIL", None, b'a"b\\', b"", [b"x"]]]),
        ([b"  "], []),
    ],
)
def test_data_becomes_lists(pieces: list[bytes], values: object) -> None:
    expected = [[b"UID", b"1", b'BODY[HEADER.FIELDS (A "b c")]<0>', b"x(", b"FLAGS", []]] if values is None else values

    assert parse_data(pieces) == expected


@pytest.mark.parametrize("text", [b"(", b")", b'"x', b'"x\\"', b"(" * 200_000, b"()" * 3 + b")"])
def test_data_that_does_not_close_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_data([text])


@given(st.binary(max_size=300))
def test_no_data_does_more_than_be_refused(text: bytes) -> None:
    try:
        parse_data([text])
    except MalformedDataError:
        pass


def test_a_status_is_cut_into_code_and_words() -> None:
    status = Status.parse("OK", b"[COPYUID 7 1:2 3:4] Done [really]")

    assert (status.code, status.data, status.words) == ("COPYUID", b"7 1:2 3:4", b"Done [really]")
    assert Status.parse("OK", b"[HIGHESTMODSEQ 1]").code == "HIGHESTMODSEQ"
    assert Status.parse("NO", b"no code").text == "no code"
    assert Status.parse("NO", b"[UNFINISHED").text == "[UNFINISHED"


# Roles

LANGUAGES = tomllib.loads((files("flask_mailbox.imap") / "rolenames.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("path", "delimiter", "role"),
    [
        ("Sent", "/", "sent"),
        ("已发送", "/", "sent"),
        ("INBOX.Trash", ".", "trash"),
        ("[Google Mail]/Spam", "/", "junk"),
        ("Work/Sent", "/", None),
        ("Sent", None, "sent"),
        ("Essent", "/", None),
    ],
)
def test_a_role_is_guessed_from_the_name(path: str, delimiter: str | None, role: str | None) -> None:
    assert guessed_role(path, delimiter) == role


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_folders_of_a_role_are_known_in_forty_languages(language: str) -> None:
    names = LANGUAGES[language]

    assert {"sent", "drafts", "trash", "junk", "archive"} <= names.keys() <= set(ROLES)
    for role, known in names.items():
        assert {guessed_role(f"INBOX/{name}", "/") for name in known} == {role}
        assert guessed_role(known[0].upper(), "/") == role


def test_there_are_forty_languages_and_more() -> None:
    assert len(LANGUAGES) > 40


@pytest.mark.parametrize("path", ["Удалённые", "УДАЛЕННЫЕ", "Gelöscht", "Gelo\u0308scht"])
def test_letters_that_may_be_written_in_two_ways_are_one(path: str) -> None:
    assert guessed_role(path, "/") == "trash"


@pytest.mark.parametrize("provider", [each for each in shipped().all() if each.folders], ids=lambda each: each.id)
def test_the_folders_of_every_preset_are_known_by_its_names(provider: Provider) -> None:
    for role in set(ROLES) & provider.folders.keys():
        assert [own_role(name, "/", provider.folders) for name in provider.folders[role]] == [role] * len(
            provider.folders[role]
        )
    assert own_role("Work/Sent", "/", provider.folders) is None


def test_attributes_tell_roles_in_both_dialects() -> None:
    assert told_role(["\\HasNoChildren", "\\SPAM"]) == "junk"
    assert told_role(["\\AllMail"]) == "all"
    assert told_role(["\\Marked"]) is None


# Structures


def structure(text: bytes) -> object:
    return parse_data([text])[0]


@pytest.mark.parametrize(
    ("text", "attachment"),
    [
        (b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1 NIL NIL NIL NIL)', False),
        (b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1 NIL ("ATTACHMENT" NIL) NIL NIL)', True),
        (b'("TEXT" "PLAIN" ("NAME" "a.txt") NIL NIL "7BIT" 5 1)', True),
        (b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5)', True),
        (b'(("TEXT" "HTML" NIL NIL NIL "7BIT" 5 1)("IMAGE" "PNG" NIL "<a@b>" NIL "BASE64" 5) "RELATED")', False),
        (b'(("TEXT" "HTML" NIL NIL NIL "7BIT" 5 1)("IMAGE" "PNG" NIL NIL NIL "BASE64" 5) "MIXED")', True),
        (b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 5 (NIL) ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1) 3)', True),
        (b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1 NIL "inline" NIL)', False),
        (b'("TEXT")', False),
        (b'(NIL NIL NIL "MIXED")', True),
        (b"()", False),
        (b'("MIXED" ("BOUNDARY" "x") NIL NIL)', True),
        (b'(("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL) "RELATED")', False),
    ],
)
def test_attachments_are_seen_in_structures_of_all_kinds(text: bytes, attachment: bool) -> None:
    assert any(part.is_attachment for part in list_parts(structure(text))) is attachment


def test_parts_are_numbered_as_the_server_counts_them() -> None:
    text = b'((("T" "A")("T" "B") "X")("T" "C") "Y")'

    assert [(part.section, part.content_type) for part in list_parts(structure(text))] == [
        ("1.1", "t/a"),
        ("1.2", "t/b"),
        ("2", "t/c"),
    ]


# Decoding


@given(st.binary(max_size=400), st.integers(1, 50))
def test_base64_comes_out_whole_however_it_is_cut(data: bytes, size: int) -> None:
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    decoder = decoder_for("base64")

    pieces = [decoder.feed(encoded[start : start + size]) for start in range(0, len(encoded), size)]

    assert b"".join([*pieces, decoder.close()]) == data


@given(st.text(alphabet="aä= .\n", max_size=200), st.integers(1, 20))
def test_quoted_printable_comes_out_whole_however_it_is_cut(text: str, size: int) -> None:
    encoded = quopri.encodestring(text.encode())
    decoder = decoder_for("quoted-printable")

    pieces = [decoder.feed(encoded[start : start + size]) for start in range(0, len(encoded), size)]

    assert b"".join([*pieces, decoder.close()]) == quopri.decodestring(encoded)


def test_an_unpadded_end_is_decoded_as_far_as_it_goes() -> None:
    decoder = decoder_for("base64")

    assert decoder.feed(b"QUJDRA") + decoder.close() == b"ABCD"
    assert decoder_for("7bit").feed(b"as is") == b"as is"


def test_id_tells_the_version_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]

    assert f'("name" "flask-mailbox" "version" "{project["version"]}")'.encode() == ID_ARGUMENTS


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        (b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)', True),
        (b'((("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1) "ALTERNATIVE") "MIXED" ("BOUNDARY" "x") ("INLINE" NIL))', True),
        (b'(("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL)("IMAGE" "PNG" NIL NIL NIL "BASE64" 5) "MIXED")', False),
        (b'("ALTERNATIVE")', False),
        (b"()", True),
    ],
)
def test_a_multipart_that_came_without_its_parts_is_noticed(text: bytes, complete: bool) -> None:
    assert is_complete(structure(text)) is complete
