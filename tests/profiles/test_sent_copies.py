"""A sent message lies in Sent once, whoever files it: the server always, if the user chose so, or never."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

import pytest

from flask_mailbox import Message, Receipt
from flask_mailbox.devserver import MailServer
from flask_mailbox.devserver.profiles import profile_for

from ..apps import mailbox_of
from .journey import Account
from .test_journey import ACCOUNTS


def server_of(account: Account, **manners: object) -> MailServer:
    """Return the server of an account's provider that treats sent mail in another manner."""
    profile = profile_for(account.provider)
    chosen = dataclasses.replace(profile, smtp=dataclasses.replace(profile.smtp, **manners))
    return MailServer({account.address: account.password}, profile=chosen)


def copies_in_sent(account: Account, server: MailServer) -> Sequence[bytes]:
    """Return what lies in the folder Sent."""
    sent = server.store.users[account.address].by_role("\\Sent")
    return server.messages(account.address, sent.path if sent else "")


def send(account: Account, server: MailServer, times: int) -> tuple[list[Receipt], list[float]]:
    """Send messages one after the other, and return the receipts and how long each took."""
    receipts, seconds = [], []
    with mailbox_of(account.config(server)) as mailbox:
        for number in range(times):
            began = time.monotonic()
            receipts.append(mailbox.send(Message(f"Hi {number}", recipients=[account.address], body="Hello")))
            seconds.append(time.monotonic() - began)
    return receipts, seconds


@pytest.mark.parametrize("saves", [True, False], ids=["the server files it", "the server does not"])
@pytest.mark.parametrize("family", ["coremail", "qqmail"])
def test_where_it_is_not_known_who_files_it_the_copy_is_looked_for_first(family: str, saves: bool) -> None:
    account = ACCOUNTS[family]
    with server_of(account, saves_sent=saves) as server:
        receipts, seconds = send(account, server, 2)
        copies = copies_in_sent(account, server)

    assert all(receipt.ok and not receipt.warnings for receipt in receipts)
    assert len(copies) == 2
    assert [sum(receipt.message_id.encode() in copy for copy in copies) for receipt in receipts] == [1, 1]
    assert seconds[1] < 1.5  # whether the server files copies is waited for once, if at all


@pytest.mark.parametrize("family", ["coremail", "qqmail"])
def test_a_copy_that_the_server_files_some_seconds_later_is_waited_for(family: str) -> None:
    account = ACCOUNTS[family]
    with server_of(account, saves_sent=True, saves_sent_after=2.0) as server:
        filed_by = time.monotonic() + 2.5
        receipts, _ = send(account, server, 1)
        while time.monotonic() < filed_by and len(copies_in_sent(account, server)) < 2:
            time.sleep(0.05)
        copies = copies_in_sent(account, server)

    assert receipts[0].ok
    assert len(copies) == 1


@pytest.mark.parametrize("family", ["gmail", "exchange"])
def test_where_the_server_always_files_it_nobody_looks(family: str) -> None:
    account = ACCOUNTS[family]
    with account.server() as server:
        receipts, _ = send(account, server, 1)
        opened, _ = server.connections["imap"]

    assert receipts[0].ok
    assert opened == 0
