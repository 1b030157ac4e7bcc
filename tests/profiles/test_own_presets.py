"""A quirk that no shipped preset has, but an app's own may: what it tells is not used, whatever the server offers."""

from __future__ import annotations

import dataclasses

import pytest

from ..apps import mailbox_of
from .test_journey import ACCOUNTS


@pytest.mark.parametrize(("uidplus", "used"), [(False, False), (None, True)])
def test_uid_expunge_is_left_alone_where_it_is_known_not_to_work(uidplus: bool | None, used: bool) -> None:
    account = ACCOUNTS["dovecot"]
    with account.server() as server, mailbox_of(account.config(server)) as mailbox:
        uid = server.deliver(b"Subject: Hi\n\n", account.address)
        quirks = dataclasses.replace(mailbox.account.quirks, uidplus=uidplus)
        with mailbox.for_account(mailbox.account.replace(quirks=quirks)).imap() as imap:
            imap.folder("INBOX").delete([uid], permanently=True)

        assert server.messages(account.address) == []
        assert (b" UID EXPUNGE " in server.received("imap")) is used
