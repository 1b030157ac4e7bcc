"""What the bare libraries make of each family's quirks, and what we make of them, on the same servers.

Some remedies cannot be switched off, since no server is hurt by them: that they are needed is seen where a client
without them fails.
"""

from __future__ import annotations

import imaplib
import poplib
import smtplib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import ProtocolError

from flask_mailbox.devserver import MailServer
from flask_mailbox.errors import AuthenticationError

from ..apps import mailbox_of
from .journey import LETTER, OTHER
from .test_journey import ACCOUNTS

EMPTY = b"Subject: Empty\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\n--a--\n"
LARGE = b"Subject: Large\n\n" + b"x" * 2_000_000
LETTERS = (LETTER.format(number=1).encode(), OTHER.encode(), EMPTY, LARGE)


class Peer:
    """The bare libraries, at the servers of one family."""

    def __init__(self, family: str, server: MailServer, stack: ExitStack) -> None:
        self.account = ACCOUNTS[family]
        self.server = server
        self._stack = stack

    @property
    def imap(self) -> IMAPClient:
        """imapclient, connected."""
        client = IMAPClient("127.0.0.1", self.server.imap, ssl=False, timeout=5)
        self._stack.callback(client.shutdown)
        return client

    @property
    def signed_in(self) -> IMAPClient:
        """imapclient, signed in."""
        client, account = self.imap, self.account
        if account.token:
            client.oauth2_login(account.address, account.token)
        else:
            local = "full" not in self.server.profile.usernames
            client.login(account.address.partition("@")[0] if local else account.address, account.password)
        return client

    @property
    def opened(self) -> IMAPClient:
        """imapclient with the inbox open."""
        client = self.signed_in
        client.select_folder("INBOX")
        return client

    @property
    def pop3(self) -> poplib.POP3:
        """poplib, connected."""
        client = poplib.POP3("127.0.0.1", self.server.pop3, timeout=5)
        self._stack.callback(client.close)
        return client


Act = Callable[[Peer], Any]


def selected(peer: Peer) -> Any:
    """Open the inbox."""
    return peer.opened


def fetched(item: str, uid: int = 1) -> Act:
    """Return what fetches one item of a message."""
    return lambda peer: peer.opened.fetch([uid], [item])[uid].get(item.encode())


def found(*criteria: str) -> Act:
    """Return what searches the inbox."""
    return lambda peer: peer.opened.search(criteria, "UTF-8")


def moved(peer: Peer) -> Any:
    """Move a message."""
    return peer.opened.move([1], "Archive")


def sent_role(peer: Peer) -> Any:
    """Find the folder of sent mail."""
    return peer.signed_in.find_special_folder(b"\\Sent")


def first_kind(peer: Peer) -> Any:
    """Return what stands first in the structure of the first part, where its own first part should."""
    return fetched("BODYSTRUCTURE")(peer)[0][0][0]


def sender(peer: Peer) -> Any:
    """Return who wrote a message."""
    return fetched("ENVELOPE")(peer).from_


def news(peer: Peer) -> Any:
    """Ask for news when there are some."""
    client = peer.opened
    peer.server.deliver(OTHER.encode(), peer.account.address)
    return client.noop()[1]


def early_id(peer: Peer) -> Any:
    """Say who we are before the sign-in."""
    return peer.imap.id_({"name": "x"})


def sent(peer: Peer) -> Any:
    """Send a message and say goodbye."""
    address = peer.account.address
    with smtplib.SMTP("127.0.0.1", peer.server.smtp, timeout=5) as client:
        client.login(address, peer.account.password)
        return client.sendmail(address, [address], b"Subject: Hi\r\n\r\n")


def refusal(peer: Peer) -> Any:
    """Return the words with which POP3 refuses a wrong password."""
    client = peer.pop3
    client.user(peer.account.address)
    try:
        return client.pass_("wrong")
    except poplib.error_proto as error:
        return error.args[0].decode()


FAILS: list[tuple[str, Act, type[Exception]]] = [
    ("coremail", selected, imaplib.IMAP4.error),
    ("qqmail", fetched("ENVELOPE"), IndexError),
    ("qqmail", sent, smtplib.SMTPException),
    ("qqmail", refusal, UnicodeDecodeError),
    ("exchange", moved, imaplib.IMAP4.abort),
    ("exchange", found("SUBJECT", "发票"), imaplib.IMAP4.error),
    ("yahoo-jp", moved, imaplib.IMAP4.error),
    ("icloud", found("HEADER", "X-Order", "order-1"), imaplib.IMAP4.error),
    ("yandex", fetched("BODY[1]", 3), ProtocolError),
    ("seznam", found("HEADER", "X-Order", "order-1"), imaplib.IMAP4.abort),
    ("mail-de", early_id, imaplib.IMAP4.error),
]
"""Family, what a bare library does, and how it fails."""

MISTAKES: list[tuple[str, Act, Any]] = [
    ("qqmail", first_kind, b"ALTERNATIVE"),
    ("qqmail", found("SUBJECT", "发票"), [1, 2, 3, 4]),
    ("icloud", fetched("RFC822"), None),
    ("yandex", first_kind, b"ALTERNATIVE"),
    ("yandex", sent_role, None),
    ("zoho", sent_role, None),
    ("mailru", fetched("RFC822.SIZE", 4), b"2.00002e+06"),
    ("naver", news, []),
    ("aliyun", found("SUBJECT", "发票"), []),
    ("lark", sender, None),
]
"""Family, what a bare library does, and what it takes for the truth."""


@contextmanager
def running(family: str) -> Iterator[MailServer]:
    """Give a running server of a family with some messages in the inbox."""
    with ACCOUNTS[family].server() as server:
        for letter in LETTERS:
            server.deliver(letter, ACCOUNTS[family].address)
        yield server


@pytest.mark.parametrize(("family", "act", "error"), FAILS)
def test_a_bare_library_fails(family: str, act: Act, error: type[Exception]) -> None:
    with running(family) as server, ExitStack() as stack, pytest.raises(error):
        act(Peer(family, server, stack))


@pytest.mark.parametrize(("family", "act", "wrong"), MISTAKES)
def test_a_bare_library_is_misled(family: str, act: Act, wrong: object) -> None:
    with running(family) as server, ExitStack() as stack:
        assert act(Peer(family, server, stack)) == wrong


def test_an_empty_part_without_a_value_is_empty() -> None:
    account = ACCOUNTS["yandex"]
    with running("yandex") as server, mailbox_of(account.config(server)) as mailbox, mailbox.imap() as imap:
        assert imap.folder("INBOX").open_part(3, "1").read() == b""


def test_a_rounded_size_is_a_number() -> None:
    account = ACCOUNTS["mailru"]
    with running("mailru") as server, mailbox_of(account.config(server)) as mailbox, mailbox.imap() as imap:
        assert imap.folder("INBOX").page(limit=1)[0].size == 2_000_020


def test_new_mail_is_there_although_noop_does_not_tell() -> None:
    account = ACCOUNTS["naver"]
    with running("naver") as server, mailbox_of(account.config(server)) as mailbox, mailbox.imap() as imap:
        before = imap.folder("INBOX").page().total
        server.deliver(OTHER.encode(), account.address)

        assert imap.folder("INBOX").page().total == before + 1


def test_a_refusal_in_gbk_can_be_read() -> None:
    account = ACCOUNTS["qqmail"]
    config = {"MAILBOX_PASSWORD": "wrong"}
    with (
        running("qqmail") as server,
        mailbox_of(account.config(server) | config) as mailbox,
        pytest.raises(AuthenticationError, match="请使用授权码登录"),
        mailbox.pop3(),
    ):
        pass
