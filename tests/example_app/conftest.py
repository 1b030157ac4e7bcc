"""The example app in front of the embedded mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from example_app import create_app
from flask_mailbox.devserver import MailServer

KEYS = ("ADDRESS", "PASSWORD", "SMTP", "IMAP", "POP3", "CA_FILE")


def app_on(mailserver: MailServer, **config: object) -> Flask:
    """Return the example app with the embedded server's users as its demo accounts."""
    return app_of(mailserver.config("ann@demo.test"), **config)


def app_of(settings: Mapping[str, object], **config: object) -> Flask:
    """Return the example app whose demo is the server of these ``MAILBOX_*`` keys."""
    demo = {key.lower(): str(settings[f"MAILBOX_{key}"]) for key in KEYS}
    own: dict[str, object] = {
        "MAILBOX_ACCOUNTS": {"demo": demo},
        "MAILBOX_DEFAULT_ACCOUNT": "demo",
        "MAILBOX_READ_TIMEOUT": 2,
    }
    own |= {"SECRET_KEY": "k" * 32, "SESSION_COOKIE_SECURE": False, "UNDO_SECONDS": 0}
    return create_app(own | config)


@pytest.fixture
def webmail(mailserver: MailServer) -> Iterator[Flask]:
    """The example app; nobody is signed in."""
    made = app_on(mailserver)
    yield made
    with made.app_context():
        made.extensions["mailbox"].pool.close()


@pytest.fixture
def visitor(webmail: Flask) -> FlaskClient:
    """A browser that has not signed in."""
    return webmail.test_client()


def token_of(client: FlaskClient) -> str:
    """Return the form token of a page."""
    page = client.get("/write", follow_redirects=True).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page) or re.search(
        r'name="csrf_token" value="([^"]+)"', client.get("/sign-in/demo").text
    )
    assert found
    return found[1]


def sign_in(client: FlaskClient, password: str = "ann-secret", **fields: str) -> TestResponse:
    """Fill in the demo's form and send it."""
    values = {"address": "ann@demo.test", "password": password, "csrf_token": token_of(client)} | fields
    return client.post(f"/sign-in/{values.pop('kind', 'demo')}", data=values)


@pytest.fixture
def ann(visitor: FlaskClient) -> FlaskClient:
    """A browser in which Ann has signed in."""
    assert sign_in(visitor).status_code == 303
    return visitor
