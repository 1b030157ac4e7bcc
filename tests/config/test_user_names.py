"""A user name for each protocol: by a key of its own, by the preset's form, else the account's."""

from __future__ import annotations

from typing import Any

import pytest

from flask_mailbox import Account, Message
from flask_mailbox.account import Protocol
from flask_mailbox.config import load_account
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_of

ICLOUD = {"provider": "icloud", "address": "me@icloud.com", "password": "x"}


def names(account: Account) -> list[str]:
    """Return what signs in over SMTP, IMAP and POP3."""
    found = [account.credential_for(protocol) for protocol in Protocol]
    return [each.username for each in found if each]


def test_one_user_name_counts_for_all_protocols() -> None:
    account = load_account({"imap": "imaps://mail.example.com", "username": "me", "password": "x"})

    assert names(account) == ["me", "me", "me"]


def test_a_protocol_may_have_a_user_name_of_its_own() -> None:
    account = load_account(
        {
            "address": "me@example.com",
            "password": "x",
            "smtp": "smtps://mail.example.com",
            "imap": "imaps://mail.example.com",
            "smtp_username": "relay-7",
        }
    )

    assert names(account) == ["relay-7", "me@example.com", "me@example.com"]


def test_a_preset_may_want_another_form_for_sending() -> None:
    assert names(load_account(ICLOUD)) == ["me@icloud.com", "me", "me"]


def test_what_the_user_says_comes_before_what_the_preset_says() -> None:
    assert names(load_account(ICLOUD | {"username": "you@icloud.com"})) == ["you@icloud.com"] * 3
    assert names(load_account(ICLOUD | {"smtp_username": "you@icloud.com"})) == ["you@icloud.com", "me", "me"]


def test_a_user_name_of_a_protocol_is_enough_to_sign_in_there() -> None:
    account = load_account({"smtp": "smtps://mail.example.com", "smtp_username": "relay-7", "password": "x"})

    credential = account.credential_for(Protocol.SMTP)
    assert credential is not None
    assert credential.username == "relay-7"


def test_each_server_is_signed_in_to_by_its_own_name() -> None:
    people = {"out@example.net": "code", "in": "code", "pop": "code"}
    with MailServer(people) as server:
        config: dict[str, Any] = server.config("out@example.net") | {
            "MAILBOX_SMTP_USERNAME": "out@example.net",
            "MAILBOX_IMAP_USERNAME": "in",
            "MAILBOX_POP3_USERNAME": "pop",
        }
        server.deliver(b"Subject: For IMAP\n\n", "in")
        server.deliver(b"Subject: For POP3\n\n", "pop")
        with mailbox_of(config) as mailbox:
            receipt = mailbox.send(Message("Hi", recipients=["out@example.net"], body="Hello"))
            with mailbox.imap() as imap:
                over_imap = [row.subject for row in imap.folder("INBOX").page()]
            with mailbox.pop3() as pop3:
                over_pop3 = [pop3.top(entry.uidl).subject for entry in pop3.entries()]

    assert receipt.ok
    assert (over_imap, over_pop3) == (["For IMAP"], ["For POP3"])


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({"provider": "163", "address": "alias@163.com", "username": "real@163.com"}, "real@163.com"),
        ({"provider": "163", "address": "me@163.com"}, "me@163.com"),
        ({"provider": "163", "address": "me@163.com", "smtp_username": "real@163.com"}, "real@163.com"),
        ({"provider": "icloud", "address": "me@icloud.com", "username": "me"}, "me@icloud.com"),
        ({"provider": "brevo", "address": "shop@example.com", "username": "7@smtp-brevo.com"}, "shop@example.com"),
    ],
)
def test_the_login_is_known_to_the_server_by_its_own_address(values: dict[str, Any], address: str) -> None:
    assert load_account(values | {"password": "x"}).login_address == address


def test_an_alias_sends_by_the_address_that_signs_in() -> None:
    with MailServer({"real@163.com": "code", "ann@163.com": "x"}, profile="163") as server:
        config = server.config("real@163.com") | {
            "MAILBOX_PROVIDER": "163",
            "MAILBOX_ADDRESS": "alias@163.com",
            "MAILBOX_USERNAME": "real@163.com",
        }
        with mailbox_of(config) as mailbox:
            receipt = mailbox.send(Message("Hi", recipients=["ann@163.com"], body="Hello"))

    assert receipt.accepted == ("ann@163.com",)
