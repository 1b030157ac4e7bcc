"""Lists of folders with lines against the grammar: the others are told all the same, and odd names stay addressable."""

from __future__ import annotations

import pytest

from flask_mailbox.imap import FolderInfo

from ..scripted import scripted
from .accounts import imap_account, session_of
from .scripts import GREETING, SELECTED, imap_script

GOOD = b'* LIST (\\Sent) "/" Sent\r\n'

ODD: dict[str, tuple[bytes, str | None, bytes]] = {
    "a delimiter in parentheses": (b"() (x) y", "y", b'"y"'),
    "a quote in an atom": (b'() "/" a"b', 'a"b', b'"a\\"b"'),
    "a quote in a string": (b'() "/" "a"b"', 'a"b', b'"a\\"b"'),
    "a bracket in an atom": (b'() "/" a(b', "a(b", b'"a(b"'),
    "a blank in an atom": (b'() "/" Sent Items', "Sent Items", b'"Sent Items"'),
    "a backslash at the end": (b'() "/" "a\\"', "a\\", b'"a\\\\"'),
    "something behind the name": (b'() "/" y ("CHILDINFO" ("SUBSCRIBED"))', "y", b'"y"'),
    "no name": (b'() "/"', None, b""),
    "no flags": (b'"/" y', None, b""),
    "flags without end": (b'(\\Noselect "/" y', None, b""),
    "nothing": (b"", None, b""),
    "a list for a name": (b'() "/" (y)', None, b""),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_line_spoils_no_other_and_its_folder_can_be_opened(name: str) -> None:
    line, path, sent = ODD[name]
    script = imap_script({"LIST": b"* LIST " + line + b"\r\n" + GOOD, "EXAMINE": SELECTED})
    with scripted(script) as server, session_of(imap_account(server.port)) as imap:
        paths = [info.path for info in imap.folders()]
        if path is not None:
            assert imap.folder(path).total == 3
            assert server.received[-1].endswith(b" EXAMINE " + sent)
        assert imap.is_reusable

    assert paths == ([path] if path is not None else []) + ["Sent"]


def test_counts_of_odd_names_are_told_too() -> None:
    answer = (
        b'* LIST () "/" a"b\r\n'
        + GOOD
        + b'* STATUS a"b (MESSAGES 3 UNSEEN 1)\r\n* STATUS Sent (MESSAGES 2 UNSEEN 0)\r\n'
    )
    script = imap_script({"LIST": answer + b"* STATUS (\r\n"}, greeting=GREETING.replace(b"MOVE", b"LIST-STATUS"))
    with scripted(script) as server, session_of(imap_account(server.port)) as imap:
        folders = {info.path: info for info in imap.folders(counts=True)}

    assert counts(folders['a"b']) == (3, 1)
    assert counts(folders["Sent"]) == (2, 0)


def counts(info: FolderInfo) -> tuple[int | None, int | None]:
    return info.messages, info.unseen
