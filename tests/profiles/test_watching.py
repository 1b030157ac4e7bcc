"""New, changed and deleted messages are told on every provider's servers, whatever they offer for it."""

from __future__ import annotations

import pytest

from flask_mailbox.services.events import Arrived, Changed, Gone
from flask_mailbox.services.watch import Watcher
from flask_mailbox.services.watchline import Timing

from ..apps import mailbox_of
from .test_journey import ACCOUNTS

QUICK = Timing(renew=0.3, poll=0.1, retry=0.05, retry_most=0.5)


@pytest.mark.parametrize("family", ACCOUNTS)
def test_what_happens_to_a_message_is_told(family: str) -> None:
    account = ACCOUNTS[family]
    with account.server() as server, mailbox_of(account.config(server)) as mailbox:
        server.deliver(b"Subject: old\n\n", account.address)
        watcher = Watcher(timing=QUICK)
        try:
            watcher.add(mailbox.account, "INBOX")
            watcher.wait_ready(5)
            uid = server.deliver(b"Subject: new\n\n", account.address)
            arrived = watcher.next_event(5)
            with mailbox.imap() as imap:
                imap.folder("INBOX").add_flags([uid], ["\\Seen"])
            changed = watcher.next_event(5)
            server.expunge(account.address, uid)
            gone = watcher.next_event(5)
        finally:
            watcher.close()

    assert isinstance(arrived, Arrived)
    assert isinstance(changed, Changed)
    assert isinstance(gone, Gone)
