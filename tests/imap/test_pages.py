"""Pages of servers that refuse or break off: an error, or all that there is, never a page with holes."""

from __future__ import annotations

import pytest

from flask_mailbox.errors import CommandError
from flask_mailbox.imap import Search
from flask_mailbox.providers import Quirks

from ..scripted import Client, scripted
from .accounts import imap_account, session_of
from .scripts import imap_script

ROW = b"* %d FETCH (UID %d FLAGS () RFC822.SIZE 9 BODY[HEADER.FIELDS (SUBJECT)] {10}\r\nSubject: x)\r\n"
ROWS = b"".join(ROW % (number, number * 10) for number in (1, 2, 3))


@pytest.mark.parametrize("part", [b"", ROW % (1, 10)])
def test_a_refused_page_of_an_open_folder_is_an_error(part: bytes) -> None:
    answers = iter([ROWS + b"{tag} OK done\r\n", *[part + b"{tag} NO [UNAVAILABLE] later\r\n"] * 2])

    def fetch(client: Client, tag: bytes) -> None:
        client.send(next(answers).replace(b"{tag}", tag))

    with scripted(imap_script({"FETCH": fetch})) as server, session_of(imap_account(server.port)) as imap:
        assert [row.uid for row in imap.folder("INBOX").page()] == [30, 20, 10]
        with pytest.raises(CommandError) as raised:
            imap.folder("INBOX").page()

        assert raised.value.code == "UNAVAILABLE"
        assert imap.is_reusable


def test_a_page_that_breaks_off_once_is_read_again() -> None:
    answers = iter([ROWS + b"{tag} OK done\r\n", ROW % (1, 10) + b"{tag} NO once\r\n", ROWS + b"{tag} OK done\r\n"])

    def fetch(client: Client, tag: bytes) -> None:
        client.send(next(answers).replace(b"{tag}", tag))

    with scripted(imap_script({"FETCH": fetch})) as server, session_of(imap_account(server.port)) as imap:
        pages = [[row.uid for row in imap.folder("INBOX").page()] for _ in range(2)]

    assert pages == [[30, 20, 10]] * 2


def test_a_page_says_how_far_its_search_can_be_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_mailbox.imap.found.MAX_HEADERS", 2)
    header = b"* %d FETCH (UID %d FLAGS () BODY[HEADER] {10}\r\nSubject: x)\r\n"
    rows = ROWS.replace(b"HEADER.FIELDS (SUBJECT)", b"HEADER.FIELDS (SUBJECT FROM TO DATE MESSAGE-ID)")

    def fetch(client: Client, tag: bytes) -> None:
        headers = b"".join(header % (number, number * 10) for number in (1, 2, 3))
        client.send((headers if b"HEADER]" in client._received[-1] else rows) + tag + b" OK done\r\n")

    script = imap_script({"UID SEARCH": b"* SEARCH 10 20 30\r\n", "UID FETCH": fetch, "FETCH": ROWS})
    with scripted(script) as server:
        account = imap_account(server.port, quirks=Quirks(search_text="ignored"))
        with session_of(account) as imap:
            page = imap.folder("INBOX").page(search=Search(subject="x"))
            plain = imap.folder("INBOX").page()

    assert (len(page), page.total, page.verified, page.complete) == (2, 2, True, False)
    assert (plain.verified, plain.complete) == (False, True)
