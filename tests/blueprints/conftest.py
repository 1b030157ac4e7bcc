"""An app that publishes the mailbox of the embedded server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_mailbox import ANYONE, Account, Mailbox
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app

Publish = Callable[..., FlaskClient]


@pytest.fixture
def publish(mailserver: MailServer) -> Iterator[Publish]:
    """Return what makes a client of an app that publishes Ann's mailbox, with ``authorize`` if it is given."""
    made: list[tuple[Flask, Mailbox]] = []

    def make(authorize: Callable[[str, Account], bool] = ANYONE, **config: object) -> FlaskClient:
        host, mailbox = mailbox_app(mailserver.config("ann@demo.test") | config)
        host.register_blueprint(mailbox.imap_blueprint(authorize=authorize), url_prefix="/api/imap")
        host.register_blueprint(mailbox.pop3_blueprint(authorize=authorize), url_prefix="/api/pop3")
        host.register_blueprint(mailbox.smtp_blueprint(authorize=authorize), url_prefix="/api/smtp")
        made.append((host, mailbox))
        return host.test_client()

    yield make
    for host, mailbox in made:
        with host.app_context():
            mailbox.state.pool.close()


@pytest.fixture
def client_of_ann(publish: Publish) -> FlaskClient:
    """A client that may do everything with Ann's mailbox."""
    return publish()
