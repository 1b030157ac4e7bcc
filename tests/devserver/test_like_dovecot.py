"""The embedded server gives the answers that Dovecot gives, for the same messages."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator

import pytest

from .conftest import ANN, PASSWORD
from .test_imap_fetch import NESTED, PLAIN

MESSAGES = {
    "plain": PLAIN,
    "nested": NESTED,
    "html": b"Subject: x\r\nContent-Type: text/html\r\nContent-Disposition: inline; filename=a\r\n\r\n<p>\r\n",
    "eight-bit": "Subject: 你好\r\nFrom: 王 <w@x.test>\r\n\r\n正文\r\n".encode(),
    "header only": b"Subject: x\r\nX-Folded: a\r\n\tb\r\n\r\n",
    "attachment": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHi\r\n--x\r\nContent-ID: <c>\r\n"
    b"Content-Type: application/pdf; name=a.pdf\r\nContent-Language: en, zh\r\n\r\nJVBERg==\r\n--x--\r\n",
}
ITEMS = (
    "ENVELOPE",
    "BODYSTRUCTURE",
    "BODY",
    "RFC822.SIZE",
    "BODY[]",
    "BODY[HEADER]",
    "BODY[TEXT]",
    "BODY[1]",
    "BODY[HEADER.FIELDS (Subject From)]",
    "BODY[HEADER.FIELDS.NOT (Subject)]",
    "BODY[]<7.20>",
)
NESTED_ITEMS = ("BODY[2]", "BODY[2.HEADER]", "BODY[2.TEXT]", "BODY[2.1]", "BODY[2.2.MIME]", "BODY[3.1]")
SEARCHES = (
    "SUBJECT X",
    "TEXT inner",
    "BODY flat",
    "FROM ann",
    "TO bob",
    "CC d@demo",
    "HEADER X-Folded b",
    "LARGER 400",
)


@pytest.fixture
def ours(server) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4("127.0.0.1", server.imap, timeout=5)
    client.login(ANN, PASSWORD)
    client.select()
    yield client
    client.logout()


@pytest.fixture
def theirs(dovecot) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4("127.0.0.1", dovecot.imap, timeout=5)
    client.login(*dovecot.new_user())
    client.select()
    yield client
    client.logout()


def fetch(client: imaplib.IMAP4, number: int, item: str) -> bytes:
    """Return an answer with its literals as quoted strings, in one case of letters."""
    parts = client.fetch(str(number), f"({item})")[1]
    if item.startswith("BODY["):
        return b"".join(part[1] for part in parts if isinstance(part, tuple))
    pieces = [b'%b"%b"' % (part[0].rpartition(b"{")[0], part[1]) if isinstance(part, tuple) else part for part in parts]
    return b"".join(pieces).lower().replace(b'\\"', b'"')


def append(clients: tuple[imaplib.IMAP4, imaplib.IMAP4], raw: bytes) -> None:
    for client in clients:
        assert client.append("INBOX", None, None, raw)[0] == "OK"
        client.noop()


@pytest.mark.parametrize("name", list(MESSAGES))
def test_fetch_answers_are_equal(ours, theirs, name):
    append((ours, theirs), MESSAGES[name])
    items = ITEMS + (NESTED_ITEMS if name == "nested" else ())

    assert {item: fetch(ours, 1, item) for item in items} == {item: fetch(theirs, 1, item) for item in items}


def test_search_answers_are_equal(ours, theirs):
    for raw in MESSAGES.values():
        append((ours, theirs), raw)
    answers = [{text: client.search(None, text)[1] for text in SEARCHES} for client in (ours, theirs)]

    assert answers[0] == answers[1]
