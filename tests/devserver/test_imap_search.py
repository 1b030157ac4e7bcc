"""SEARCH with every key, UTF-8, literals and ESEARCH."""

from __future__ import annotations

import datetime

import pytest
from imapclient.exceptions import IMAPClientError

from .conftest import ANN

JANUARY = datetime.datetime(2026, 1, 15, tzinfo=datetime.UTC)
FEBRUARY = datetime.datetime(2026, 2, 15, tzinfo=datetime.UTC)


@pytest.fixture
def three(server, inbox):
    server.deliver(
        b"From: Ann <ann@demo.test>\r\nTo: bob@demo.test\r\nSubject: Hello\r\nDate: Thu, 1 Jan 2026 23:00:00 -0500\r\n"
        b"X-Colour: Red\r\n\r\nThe quick brown fox\r\n",
        ANN,
        flags=["\\Seen", "\\Answered", "Work"],
        date=JANUARY,
    )
    server.deliver(
        b"From: =?gb18030?B?zfU=?= <wang@demo.test>\r\nCc: carl@demo.test\r\n"
        b"Subject: =?utf-8?B?5L2g?= =?utf-8?B?5aW9?=\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"5rWL6K+V5Lit5paH\r\n",
        ANN,
        flags=["\\Flagged", "\\Draft"],
        date=FEBRUARY,
    )
    server.deliver(
        "Subject: Grüße\r\nBcc: dora@demo.test\r\nContent-Type: text/html; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>M=FCnchen</p>".encode()
        + b"x" * 2_000,
        ANN,
        flags=["\\Deleted"],
        date=FEBRUARY,
    )
    inbox.noop()
    return inbox


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ("ALL", [1, 2, 3]),
        ("SEEN", [1]),
        ("UNSEEN", [2, 3]),
        ("ANSWERED", [1]),
        ("UNANSWERED", [2, 3]),
        ("FLAGGED", [2]),
        ("UNFLAGGED", [1, 3]),
        ("DRAFT", [2]),
        ("UNDRAFT", [1, 3]),
        ("DELETED", [3]),
        ("UNDELETED", [1, 2]),
        ("RECENT", []),
        ("NEW", []),
        ("OLD", [1, 2, 3]),
        ("KEYWORD Work", [1]),
        ("UNKEYWORD Work", [2, 3]),
        ("FROM ann@", [1]),
        ("TO bob", [1]),
        ("CC carl", [2]),
        ("BCC dora", [3]),
        ("SUBJECT hello", [1]),
        ('SUBJECT "HELLO"', [1]),
        ("HEADER X-Colour red", [1]),
        ('HEADER X-Colour ""', [1]),
        ("BODY fox", [1]),
        ("BODY hello", []),
        ("TEXT hello", [1]),
        ("TEXT red", [1]),
        ("LARGER 1000", [3]),
        ("SMALLER 1000", [1, 2]),
        ("SINCE 1-Feb-2026", [2, 3]),
        ("BEFORE 1-Feb-2026", [1]),
        ('ON "15-Jan-2026"', [1]),
        ("SENTON 1-Jan-2026", [1]),
        ("SENTSINCE 2-Jan-2026", []),
        ("SENTBEFORE 2-Jan-2026", [1]),
        ("2:3", [2, 3]),
        ("*", [3]),
        ("UID 1,3", [1, 3]),
        ("UID 3:*", [3]),
        ("NOT SEEN", [2, 3]),
        ("NOT (SEEN ANSWERED)", [2, 3]),
        ("OR SEEN FLAGGED", [1, 2]),
        ("OR (SEEN) (OR FLAGGED DELETED)", [1, 2, 3]),
        ("UNSEEN SINCE 1-Feb-2026 NOT DELETED", [2]),
    ],
)
def test_each_key(three, criteria, expected):
    assert three.search(criteria) == expected


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (["SUBJECT", "你好"], [2]),
        (["FROM", "王"], [2]),
        (["BODY", "测试"], [2]),
        (["TEXT", "münchen"], [3]),
        (["SUBJECT", "GRÜSSE"], [3]),
        (["OR", "SUBJECT", "你好", "SUBJECT", "grü"], [2, 3]),
    ],
)
def test_text_beyond_ascii_by_literals(three, criteria, expected):
    assert three.search(criteria, "UTF-8") == expected


def test_an_unknown_charset_is_refused_with_those_that_are_known(three):
    with pytest.raises(IMAPClientError, match=r"\[BADCHARSET \(US-ASCII UTF-8\)\]"):
        three.search(["SUBJECT", "x"], "KOI8-R")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"UID SEARCH RETURN (MIN MAX COUNT) ALL", b'* ESEARCH (TAG "t") UID MIN 1 MAX 3 COUNT 3\r\n'),
        (b"SEARCH RETURN (ALL) UNSEEN", b'* ESEARCH (TAG "t") ALL 2:3\r\n'),
        (b"SEARCH RETURN () SEEN", b'* ESEARCH (TAG "t") ALL 1\r\n'),
        (b"SEARCH RETURN (COUNT) KEYWORD none", b'* ESEARCH (TAG "t") COUNT 0\r\n'),
        (b"SEARCH RETURN (MIN) KEYWORD none", b'* ESEARCH (TAG "t")\r\n'),
        (b"SEARCH KEYWORD none", b"* SEARCH\r\n"),
    ],
)
def test_esearch(three, selected, command, answer):
    assert selected.command(command)[0] == answer


@pytest.mark.parametrize(
    "criteria",
    [b"", b"NONSENSE", b"SUBJECT", b"(SEEN", b"SEEN)", b"SINCE 40-Foo-2026", b"LARGER x", b"99", b"RETURN (X) ALL"],
)
def test_bad_criteria_are_refused(three, selected, criteria):
    assert selected.command(b"SEARCH " + criteria)[-1].startswith(b"t BAD")


@pytest.mark.parametrize("opening", [b"(", b"NOT ", b"OR ALL "])
def test_bottomless_nesting_is_refused(selected, opening):
    assert selected.command(b"SEARCH " + opening * 50_000 + b"ALL")[-1].startswith(b"t BAD")
