"""NetEase's servers as the embedded server plays them: provider, address and code are all it takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flask_mailbox import Message, parse_message
from flask_mailbox.devserver import MailServer
from flask_mailbox.providers import Quirks

from ..apps import mailbox_of


@pytest.fixture(scope="module")
def netease() -> Iterator[MailServer]:
    """A server that behaves as those of 163.com do."""
    with MailServer({"me@163.com": "authorization-code"}, profile="163") as server:
        yield server


def test_the_preset_lists_reads_and_sends(netease: MailServer) -> None:
    config = netease.config("me@163.com") | {"MAILBOX_PROVIDER": 163}
    with mailbox_of(config) as mailbox:
        receipt = mailbox.send(Message("你好", recipients=["me@163.com"], body="正文"))
        with mailbox.imap() as imap:
            summary = imap.folder("INBOX").page()[0]
            message = imap.folder("INBOX").message(summary.uid)
        with mailbox.pop3() as pop3:
            raw = pop3.raw(pop3.entries()[-1].uidl)

    assert receipt.ok
    assert summary.subject == message.subject == parse_message(raw).subject == "你好"


def test_id_goes_out_in_the_accepted_form_after_the_sign_in_and_before_the_folder(netease: MailServer) -> None:
    netease.reset()
    with mailbox_of(netease.config("me@163.com") | {"MAILBOX_PROVIDER": "163"}) as mailbox, mailbox.imap() as imap:
        imap.folder("INBOX").page()
    sent = netease.received("imap").decode().split("\r\n")
    names = [line.split(" ")[1] for line in sent if " " in line]

    assert names.index("ID") < names.index("EXAMINE")
    assert 'ID ("name" "flask-mailbox" "version" ' in "\n".join(sent)
    assert not any("AUTHENTICATE PLAIN " in line for line in sent)


def test_without_the_preset_the_sign_in_is_asked_for_twice(netease: MailServer) -> None:
    """What the preset spares: a password that goes out in a form which the server refuses."""
    netease.reset()
    with mailbox_of(netease.config("me@163.com")) as mailbox:
        account = mailbox.account.replace(quirks=Quirks(), provider=None)
        with mailbox.for_account(account).imap() as imap:
            page = imap.folder("INBOX").page()
    sent = netease.received("imap")

    assert len(page) == page.total
    assert sent.count(b" AUTHENTICATE PLAIN ") == 1
    assert sent.count(b" AUTHENTICATE PLAIN\r\n") == 1
