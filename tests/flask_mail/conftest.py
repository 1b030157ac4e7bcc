"""Every test of this folder runs twice: on Flask-Mail, and on us, where only the import differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import flask_mail
import pytest
from flask import Flask

from flask_mailbox import ReceivedMessage, flaskmail, parse_message
from flask_mailbox.devserver import MailServer

BOB = "bob@demo.test"


@pytest.fixture(params=[flask_mail, flaskmail], ids=["flask_mail", "flask_mailbox"])
def library(request: pytest.FixtureRequest) -> Any:
    """The module that the app imports its mail from."""
    module: ModuleType = request.param
    return module


@pytest.fixture
def settings(mailserver: MailServer) -> dict[str, Any]:
    """Flask-Mail's keys for the embedded server; nothing of ours."""
    return {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": mailserver.smtp,
        "MAIL_USERNAME": "ann@demo.test",
        "MAIL_PASSWORD": "ann-secret",
        "MAIL_DEFAULT_SENDER": "ann@demo.test",
    }


@pytest.fixture
def make(library: Any, settings: dict[str, Any]) -> Iterator[Callable[..., Any]]:
    """Makes an app with further keys and returns its ``Mail``."""
    made: list[Flask] = []

    def make_mail(**keys: Any) -> Any:
        host = Flask("host", root_path=".")
        host.config.update(settings | keys)
        made.append(host)
        return library.Mail(host)

    yield make_mail
    for host in made:
        if "mailbox" in host.extensions:
            host.extensions["mailbox"].pool.close()


@pytest.fixture
def mail(make: Callable[..., Any]) -> Iterator[Any]:
    """The ``Mail`` of an app, in its app context."""
    made = make()
    with made.app.app_context():
        yield made


@pytest.fixture
def inbox(mailserver: MailServer) -> Callable[[], list[ReceivedMessage]]:
    """What has arrived for Bob."""
    return lambda: [parse_message(raw) for raw in mailserver.messages(BOB)]
