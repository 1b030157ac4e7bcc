"""Servers that end the session in words of their own: the cause is told, and whether to come back."""

from __future__ import annotations

import time

import pytest

from flask_mailbox.errors import DisconnectedError
from flask_mailbox.providers import shipped

from ..apps import mailbox_of
from ..imap.accounts import imap_account, session_of
from ..imap.scripts import imap_script
from ..scripted import scripted
from .test_journey import ACCOUNTS


@pytest.mark.parametrize(
    ("provider", "words", "category"),
    [
        ("163", b"* BYE Unsafe Login. Please contact kefu@188.com for help\r\n", "id_required"),
        ("outlook", b"Server Unavailable. 15\r\n", "temporary"),
    ],
)
def test_a_goodbye_in_place_of_an_answer_is_told_with_its_cause(provider: str, words: bytes, category: str) -> None:
    with scripted(imap_script({"EXAMINE": words + b"{tag} NO\r\n"})) as server:
        account = imap_account(server.port, provider=shipped().get(provider), quirks=shipped().get(provider).quirks)
        with session_of(account) as session, pytest.raises(DisconnectedError) as goodbye:
            session.folder("INBOX").page()

    assert goodbye.value.category == category
    assert goodbye.value.hint
    assert goodbye.value.transient is (category == "temporary")


def test_a_goodbye_without_end_is_not_listened_to() -> None:
    account = ACCOUNTS["yandex"]
    with account.server() as server:
        with mailbox_of(account.config(server)) as mailbox:
            with mailbox.imap() as imap:
                imap.folder("INBOX").page()
            began = time.monotonic()
            imap.finish()
            seconds = time.monotonic() - began
        said = [line.line for line in server.log if b"LOGOUT" in line.line]

    assert said
    assert seconds < 1.5
