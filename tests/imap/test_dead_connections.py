"""A connection that ended unnoticed while it waited in the pool costs a reader nothing, and a writer no second copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from flask_mailbox.account import Protocol
from flask_mailbox.accountmailbox import AccountMailbox
from flask_mailbox.devserver import MailServer
from flask_mailbox.errors import DisconnectedError
from flask_mailbox.imap import IMAPSession, Search
from flask_mailbox.net import Pool

from ..apps import mailbox_of
from .accounts import ANN, imap_account

READS: dict[str, Callable[[IMAPSession], object]] = {
    "page": lambda imap: imap.folder("INBOX").page().total,
    "message": lambda imap: imap.folder("INBOX").message(1).subject,
    "changes": lambda imap: len(imap.folder("INBOX").changes(None).new),
    "search": lambda imap: len(imap.folder("INBOX").search(Search())),
    "folders": lambda imap: len(imap.folders()),
    "namespaces": lambda imap: len(imap.namespaces()),
}


@pytest.fixture
def mailbox(mail_server: MailServer) -> Iterator[AccountMailbox]:
    """A mailbox whose pool holds a connection that answered before."""
    with mailbox_of(mail_server.config(ANN)) as mailbox:
        with mailbox.imap() as imap:
            imap.folder("INBOX").page()
        yield mailbox.current


def drop(mail_server: MailServer, step: str, times: int = 1) -> None:
    mail_server.faults.set("imap", drop_before=step, times=times)


@pytest.mark.parametrize("read", READS)
def test_a_read_is_repeated_over_a_new_connection(mailbox: AccountMailbox, mail_server: MailServer, read: str) -> None:
    step = {"folders": "LIST", "namespaces": "NAMESPACE"}.get(read, "EXAMINE")
    drop(mail_server, step)
    with mailbox.imap() as imap:
        found = READS[read](imap)
        again = READS[read](imap)

    assert found == again
    assert mail_server.received("imap").count(b" AUTHENTICATE ") == 2


def test_what_is_dead_twice_is_told(mailbox: AccountMailbox, mail_server: MailServer) -> None:
    drop(mail_server, "EXAMINE", times=2)
    with mailbox.imap() as imap, pytest.raises(DisconnectedError):
        imap.folder("INBOX").page()


@pytest.mark.parametrize("step", ["APPEND", "STORE", "CREATE"])
def test_what_changes_anything_is_never_repeated(mailbox: AccountMailbox, mail_server: MailServer, step: str) -> None:
    changes: dict[str, Callable[[IMAPSession], object]] = {
        "APPEND": lambda imap: imap.folder("INBOX").append(b"Subject: two\r\n\r\n"),
        "STORE": lambda imap: imap.folder("INBOX").add_flags(1, ["\\Seen"]),
        "CREATE": lambda imap: imap.create_folder("New"),
    }
    drop(mail_server, step)
    with mailbox.imap() as imap, pytest.raises(DisconnectedError):
        changes[step](imap)

    assert mail_server.received("imap").count(b" AUTHENTICATE ") == 1


def test_an_answer_that_had_begun_is_not_asked_for_again(mailbox: AccountMailbox, mail_server: MailServer) -> None:
    mail_server.faults.set("imap", cut=("EXAMINE", 9), times=1)
    with mailbox.imap() as imap, pytest.raises(DisconnectedError):
        imap.folder("INBOX").page()


def test_only_a_connection_that_waited_is_replaced(mailbox: AccountMailbox, mail_server: MailServer) -> None:
    with mailbox.imap() as imap:
        imap.folder("INBOX").page()
        drop(mail_server, "EXAMINE")
        with pytest.raises(DisconnectedError):
            imap.folder("INBOX").page()


def test_the_new_connection_goes_back_to_the_pool(mail_server: MailServer) -> None:
    pool = Pool({Protocol.IMAP: IMAPSession.open})
    account = imap_account(mail_server.imap, ca_file=mail_server.ca_file)
    with pool.lease(account, Protocol.IMAP) as imap:
        imap.folder("INBOX").page()
    drop(mail_server, "EXAMINE")
    with pool.lease(account, Protocol.IMAP) as imap:
        imap.may_have_ended = True
        imap.folder("INBOX").page()

    assert pool.connections == 1
    with pool.lease(account, Protocol.IMAP) as again:
        assert again is imap
        assert again.folder("INBOX").page().total >= 1
    pool.close()
