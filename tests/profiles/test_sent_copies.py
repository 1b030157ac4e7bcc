"""A sent message lies in Sent once, whoever files it: the server always, if the user chose so, or never."""

from __future__ import annotations

import dataclasses

import pytest

from flask_mailbox import Message
from flask_mailbox.devserver import MailServer
from flask_mailbox.devserver.profiles import profile_for

from ..apps import mailbox_of
from .test_journey import ACCOUNTS


@pytest.mark.parametrize("saves", [True, False], ids=["the server files it", "the server does not"])
@pytest.mark.parametrize("family", ["coremail", "qqmail"])
def test_where_it_is_not_known_who_files_it_the_copy_is_looked_for_first(family: str, saves: bool) -> None:
    account = ACCOUNTS[family]
    profile = profile_for(account.provider)
    chosen = dataclasses.replace(profile, smtp=dataclasses.replace(profile.smtp, saves_sent=saves))
    with MailServer({account.address: account.password}, profile=chosen) as server:
        sent = server.store.users[account.address].by_role("\\Sent")
        with mailbox_of(account.config(server)) as mailbox:
            receipts = [
                mailbox.send(Message(f"Hi {number}", recipients=[account.address], body="Hello")) for number in range(2)
            ]
        copies = server.messages(account.address, sent.path if sent else "")

    assert all(receipt.ok and not receipt.warnings for receipt in receipts)
    assert len(copies) == 2
    assert [sum(receipt.message_id.encode() in copy for copy in copies) for receipt in receipts] == [1, 1]


@pytest.mark.parametrize("family", ["gmail", "exchange"])
def test_where_the_server_always_files_it_nobody_looks(family: str) -> None:
    account = ACCOUNTS[family]
    with account.server() as server:
        with mailbox_of(account.config(server)) as mailbox:
            receipt = mailbox.send(Message("Hi", recipients=[account.address], body="Hello"))
        opened, _ = server.connections["imap"]

    assert receipt.ok
    assert opened == 0
