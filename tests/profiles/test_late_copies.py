"""A copy of sent mail that the server files later than anybody looks: only who knows that it comes files no second."""

from __future__ import annotations

import dataclasses

import pytest

from flask_mailbox import Message
from flask_mailbox.devserver.profiles import profile_for

from ..apps import mailbox_of
from ..devserver.talk import Talk
from .journey import preset_without
from .test_journey import ACCOUNTS


@pytest.mark.parametrize(("remedy", "seconds", "copies"), [(True, 0.3, 1), (False, 2.8, 2)], ids=["known", "not known"])
def test_gmails_late_copy_is_the_only_one_where_the_preset_knows_of_it(
    remedy: bool, seconds: float, copies: int
) -> None:
    account = ACCOUNTS["gmail"]
    profile = profile_for(account.provider)
    late = dataclasses.replace(profile, smtp=dataclasses.replace(profile.smtp, saves_sent_after=seconds))
    own = {"MAILBOX_PROVIDERS": {"own": preset_without(account, "sent_copy")}}
    with account.server(profile=late) as server, Talk(server.imap) as watching:
        watching.line()
        watching.command(f"LOGIN {account.address} {account.password}".encode())
        watching.command(b'SELECT "[Gmail]/Sent Mail"')
        watching.send(b"t IDLE\r\n")
        with mailbox_of(account.config(server) if remedy else account.config(server, "own") | own) as mailbox:
            mailbox.send(Message("Hi", recipients=[account.address], body="Hello"))
        watching.until(b"* %d EXISTS" % copies)

        assert len(server.messages(account.address, "[Gmail]/Sent Mail")) == copies
