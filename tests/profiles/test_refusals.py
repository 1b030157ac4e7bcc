"""What a provider's servers refuse in passing arrives with its cause, and is never taken for something else."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from flask_mailbox import Message
from flask_mailbox.devserver import SPAM_TEXT
from flask_mailbox.errors import AuthenticationError, BusyError, CommandError, PoolTimeoutError
from flask_mailbox.imap import Search

from ..apps import mailbox_of
from .journey import Account
from .test_journey import ACCOUNTS

GMAIL, NETEASE, OUTLOOK = (ACCOUNTS[family] for family in ("gmail", "coremail", "exchange"))


def test_one_imap_connection_too_many_is_told_as_such() -> None:
    with GMAIL.server() as server, ExitStack() as others:
        config = GMAIL.config(server) | {"MAILBOX_POOL_SIZE": 15}
        theirs = others.enter_context(mailbox_of(config))
        for _ in range(15):
            others.enter_context(theirs.imap())
        with mailbox_of(config) as ours, pytest.raises(BusyError) as refusal, ours.imap():
            pass

    assert refusal.value.category == "too_many_connections"
    assert refusal.value.transient


def test_one_smtp_connection_too_many_is_told_as_such() -> None:
    with OUTLOOK.server() as server, ExitStack() as others:
        theirs = others.enter_context(mailbox_of(OUTLOOK.config(server)))
        for _ in range(3):
            others.enter_context(theirs.smtp()).send(_letter(OUTLOOK))
        with mailbox_of(OUTLOOK.config(server)) as ours, pytest.raises(CommandError) as refusal:
            ours.send(_letter(OUTLOOK))

    assert refusal.value.code == "432"
    assert refusal.value.category == "too_many_connections"
    assert refusal.value.transient


def test_the_pool_opens_no_more_connections_than_the_provider_allows() -> None:
    impatient = {"MAILBOX_POOL_SIZE": 16, "MAILBOX_OPERATION_TIMEOUT": 0.3}
    with GMAIL.server() as server, mailbox_of(GMAIL.config(server) | impatient) as mailbox, ExitStack() as held:
        for _ in range(15):
            held.enter_context(mailbox.imap())
        with pytest.raises(PoolTimeoutError, match="the provider allows 15 at a time"), mailbox.imap():
            pass


def _letter(account: Account, body: str = "Hello") -> Message:
    return Message("Hi", recipients=[account.address], body=body)


def test_a_token_that_gmail_refuses_is_not_waited_for() -> None:
    """The server tells in JSON what is wrong, and says no only when that was answered."""
    with GMAIL.server() as server:
        config = GMAIL.config(server) | {"MAILBOX_OAUTH2": "old"}
        del config["MAILBOX_PASSWORD"]
        with mailbox_of(config) as mailbox:
            with pytest.raises(AuthenticationError) as over_imap, mailbox.imap():
                pass
            with pytest.raises(AuthenticationError) as over_pop3, mailbox.pop3():
                pass
            with pytest.raises(AuthenticationError) as over_smtp:
                mailbox.send(_letter(GMAIL))

    assert {refusal.value.category for refusal in (over_imap, over_pop3, over_smtp)} == {"token_refused"}


def test_what_netease_takes_for_spam_is_refused_for_good() -> None:
    with NETEASE.server() as server, mailbox_of(NETEASE.config(server)) as mailbox:
        receipt = mailbox.send(_letter(NETEASE, SPAM_TEXT.decode()))
    refusal = receipt.refused[NETEASE.address]

    assert receipt.accepted == ()
    assert (refusal.code, refusal.permanent) == (554, True)
    assert refusal.text.startswith("DT:SPM")


def test_gmails_own_search_takes_words_of_any_language() -> None:
    with GMAIL.server() as server, mailbox_of(GMAIL.config(server)) as mailbox, mailbox.imap() as imap:
        server.deliver("Subject: 发票 2026\n\n".encode(), GMAIL.address)
        server.deliver(b"Subject: Lunch\n\n", GMAIL.address)

        assert tuple(imap.folder("INBOX").search(Search(gmail="发票"))) == (1,)
