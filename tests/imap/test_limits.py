"""How large a message may be that is read whole."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from flask_mailbox.devserver import MailServer
from flask_mailbox.errors import MessageError

from ..scripted import Client, Script, scripted
from .accounts import imap_account, session_of
from .scripts import imap_script


def test_the_account_says_how_large_a_message_may_be(mail_server: MailServer) -> None:
    with session_of(imap_account(mail_server.imap, max_message_size=20)) as imap:
        folder = imap.folder("INBOX")
        uid = folder.page()[0].uid

        assert list(folder.messages([uid])) == []
        assert folder.message(uid, limit=1000).subject == "one"
        with pytest.raises(MessageError, match="at most 20 are read"):
            folder.message(uid)


def ranging(answer: Callable[[int, int], bytes]) -> Script:
    """A server that answers so to offset and size of a range."""

    def fetch(client: Client, tag: bytes) -> None:
        asked = re.search(rb"<(\d+)\.(\d+)>", client._received[-1])
        assert asked is not None
        client.send(answer(int(asked[1]), int(asked[2])) + tag + b" OK done\r\n")

    return imap_script({"UID FETCH": fetch})


TEXT = b"Subject: x\r\n\r\nbody\r\n"


def cut(told: int, most: int) -> Callable[[int, int], bytes]:
    """Answer as a server that says some size and sends at most so much at once."""

    def answer(offset: int, size: int) -> bytes:
        data = TEXT[offset : offset + min(size, most)]
        return b"* 1 FETCH (UID 1 RFC822.SIZE %d BODY[]<%d> {%d}\r\n%b)\r\n" % (told, offset, len(data), data)

    return answer


@pytest.mark.parametrize(
    ("told", "most", "asked"), [(len(TEXT), 999, 1), (9_999, 999, 2), (0, 999, 1), (len(TEXT), 7, 3), (9_999, 7, 4)]
)
def test_a_message_is_whole_whatever_size_a_server_says_and_however_it_cuts(told: int, most: int, asked: int) -> None:
    with scripted(ranging(cut(told, most))) as server, session_of(imap_account(server.port)) as imap:
        assert imap.folder("INBOX").raw(1) == TEXT
        assert sum(b"UID FETCH" in line for line in server.received) == asked


def test_one_that_ends_in_nil_is_whole_too() -> None:
    def answer(offset: int, size: int) -> bytes:
        return cut(9_999, 999)(offset, size) if offset == 0 else b"* 1 FETCH (UID 1 BODY[]<%d> NIL)\r\n" % offset

    with scripted(ranging(answer)) as server, session_of(imap_account(server.port)) as imap:
        assert imap.folder("INBOX").raw(1) == TEXT


def test_a_server_without_ranges_gives_the_whole_message_or_ends_the_session() -> None:
    whole = b"* 1 FETCH (UID 1 RFC822.SIZE 99 BODY[] {%d}\r\n%b)\r\n" % (len(TEXT), TEXT)
    with scripted(ranging(lambda offset, size: whole)) as server, session_of(imap_account(server.port)) as imap:
        assert imap.folder("INBOX").raw(1) == TEXT
        with pytest.raises(MessageError, match="over a new connection"):
            imap.folder("INBOX").raw(1, limit=1)
        assert not imap.is_reusable
