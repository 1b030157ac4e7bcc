"""A server that refuses to search in most fields of the header is not asked to: the field is read and compared here."""

from __future__ import annotations

import pytest

from flask_mailbox.imap import Search
from flask_mailbox.providers import Quirks

from ..scripted import scripted
from .accounts import imap_account, session_of
from .scripts import imap_script

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+ UIDPLUS SORT THREAD=REFERENCES] ready\r\n"
HEADERS = {1: b"List-Id: <x.example>\r\n\r\n", 2: b"Subject: x\r\n\r\n", 3: b"List-Id: <y.example>\r\n\r\n"}
UNEXPECTED = b"{tag} NO [UNAVAILABLE] Unexpected exception\r\n"
FETCHED = b"".join(
    b"* %d FETCH (UID %d FLAGS () RFC822.SIZE 9 BODY[HEADER]<0> {%d}\r\n%b)\r\n" % (uid, uid, len(header), header)
    for uid, header in HEADERS.items()
)
LIST = Search(header=("List-Id", "x.example"))


def ask(criteria: Search, how: str) -> tuple[tuple[int, ...], list[bytes]]:
    """Return what a search finds at a server like iCloud's, and the commands that it was sent to find it."""
    answers = {
        "UID SEARCH": b"* SEARCH 1 2 3\r\n" if criteria is LIST else b"* SEARCH 2\r\n",
        "UID SORT": UNEXPECTED,
        "UID THREAD": UNEXPECTED,
        "UID FETCH": FETCHED,
    }
    with scripted(imap_script(answers, greeting=GREETING)) as server:
        account = imap_account(server.port, quirks=Quirks(search_text="limited"))
        with session_of(account) as imap:
            folder = imap.folder("INBOX")
            if how == "threads":
                found = tuple(reply.uid for thread in folder.threads(criteria) for reply in thread)
            else:
                found = tuple(folder.sort("date", criteria) if how == "sort" else folder.search(criteria))
        words = [line.partition(b" ")[2] for line in server.received]
        return found, [line for line in words if line.startswith((b"UID SEARCH", b"UID SORT", b"UID THREAD"))]


@pytest.mark.parametrize("how", ["search", "sort", "threads"])
def test_a_field_of_the_header_is_compared_here(how: str) -> None:
    assert ask(LIST, how) == ((1,), [b"UID SEARCH ALL"])


def test_the_message_id_is_asked_for() -> None:
    assert ask(Search(header=("Message-ID", "<2@x>")), "search")[0] == (2,)


def test_other_words_are_left_to_the_server() -> None:
    found, asked = ask(Search(subject="x"), "search")

    assert found == (2,)
    assert asked == [b'UID SEARCH SUBJECT "x"']
