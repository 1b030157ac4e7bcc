"""Recorded conversations that are no answer to one command, or not what was sent: a greeting, a miscounted literal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from flask_mailbox.account import Account, Security
from flask_mailbox.errors import ProtocolError, TLSError
from flask_mailbox.imap import IMAPSession
from flask_mailbox.imap.fetch import by_uid

from ..message.corpora import corpora_root
from ..scripted import scripted
from .accounts import imap_account, session_of
from .scripts import imap_script


def recorded(name: str) -> bytes:
    """A recorded answer with CR LF line ends and a place for our tag."""
    path = next(Path(corpora_root()).glob(f"mailkit-transcripts/expected/UnitTests/Net/Imap/Resources/{name}"))
    return re.sub(rb"A#{4,}", b"{tag}", re.sub(rb"\r?\n", b"\r\n", path.read_bytes()))


def test_a_server_that_signs_in_by_itself_is_taken_as_it_is() -> None:
    greeting = recorded("common/preauth-capability-greeting.txt")
    with scripted(imap_script({}, greeting=greeting)) as server, session_of(without_password(server.port)) as imap:
        assert imap.folder("INBOX").uidvalidity == 7
        assert imap.capabilities >= {"IMAP4REV1"}

    commands = [line.split(b" ")[1] for line in server.received if line]
    assert not {b"LOGIN", b"AUTHENTICATE"} & set(commands)


def without_password(port: int) -> Account:
    return imap_account(port, password=None)


@pytest.mark.parametrize("make", [imap_account, lambda port: imap_account(port, security=Security.STARTTLS)])
def test_a_server_that_signs_somebody_in_is_left_by_who_wanted_to(make: Callable[[int], Account]) -> None:
    greeting = recorded("common/preauth-capability-greeting.txt")
    with scripted(imap_script({}, greeting=greeting)) as server, pytest.raises(TLSError):
        IMAPSession.open(make(server.port))

    assert [line for line in server.received if line] == []


def test_unasked_items_around_headers_are_told_apart() -> None:
    answer = recorded("gmail/headers.1+unsolicited-info.txt").replace(b"{515}", b"{518}")  # as long as it is
    with (
        scripted(imap_script({"NOOP": answer})) as server,
        session_of(imap_account(server.port)) as imap,
        imap.operation() as client,
    ):
        (items,) = by_uid(client.run("NOOP").of("FETCH")).values()

    assert items[b"BODY[HEADER]"].startswith(b"Return-Path: <nsb>\r\n")
    assert items[b"BODY[HEADER]"].endswith(b"boundary=Outermost_Trek\r\n \r\n")
    assert {b"UID", b"MODSEQ", b"ANNOTATION", b"FLAGS", b"X-GM-LABELS"} <= items.keys()


def test_a_literal_that_is_longer_than_it_says_is_refused() -> None:
    answer = recorded("gmail/headers.1+unsolicited-info.txt")
    with scripted(imap_script({"NOOP": answer})) as server, session_of(imap_account(server.port)) as imap:
        with pytest.raises(ProtocolError), imap.operation() as client:
            by_uid(client.run("NOOP").of("FETCH"))

        assert not imap.is_reusable
