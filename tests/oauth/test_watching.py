"""A watcher lives longer than its access tokens."""

from __future__ import annotations

from collections.abc import Callable

from flask_mailbox import Arrived
from flask_mailbox.account import Account
from flask_mailbox.devserver import MailServer
from flask_mailbox.services.watch import Watcher
from flask_mailbox.services.watchline import Timing

from .conftest import ANN
from .tokenserver import TokenServer


def test_a_watcher_comes_back_with_a_new_token(
    ann: Callable[..., Account], token_server: TokenServer, mail_server: MailServer
) -> None:
    watcher = Watcher(timing=Timing(renew=30.0, poll=0.2, retry=0.05, retry_most=0.5))
    watcher.add(ann())
    watcher.wait_ready(5)
    mail_server.add_user(ANN, "ann's password", "the old token is worthless now")
    mail_server._call(mail_server._listeners.drop_all)
    mail_server.deliver(b"Subject: hello\r\n\r\n", ANN)
    event = watcher.next_event(5)
    watcher.close()

    assert isinstance(event, Arrived)
    assert len(token_server.forms) == 2


def test_a_watcher_outlives_a_token_server_that_fails_for_a_while(
    ann: Callable[..., Account], token_server: TokenServer, mail_server: MailServer
) -> None:
    token_server.lifetime = 0
    watcher = Watcher(timing=Timing(renew=30.0, poll=0.2, retry=0.05, retry_most=0.5))
    watcher.add(ann())
    watcher.wait_ready(5)
    token_server.answers = lambda form: (503, b"") if len(token_server.forms) <= 3 else None
    mail_server._call(mail_server._listeners.drop_all)
    mail_server.deliver(b"Subject: hello\r\n\r\n", ANN)
    event = watcher.next_event(5)
    watcher.close()

    assert isinstance(event, Arrived)
    assert len(token_server.forms) == 4
