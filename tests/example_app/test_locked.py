"""An account that its provider locks: said at the sign-in, and while one reads, in the server's words too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from flask_mailbox.devserver import MailServer

from .conftest import app_on, sign_in

ANN = "ann@demo.test"


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A server that locks accounts in Gmail's words."""
    with MailServer({ANN: "ann-secret"}, profile="gmail") as mailserver:
        yield mailserver


@pytest.fixture
def locking(server: MailServer) -> Iterator[Flask]:
    made = app_on(server)
    yield made
    with made.app_context():
        made.extensions["mailbox"].pool.close()


def test_a_locked_account_is_told_at_the_sign_in(locking: Flask, server: MailServer) -> None:
    server.set_trouble(ANN, "web_login_required")
    response = sign_in(locking.test_client())

    assert response.status_code == 400
    assert "The mailbox could not be opened." in response.text
    assert "Please log in via your web browser" in response.text


def test_an_account_that_is_locked_while_one_reads_is_told(locking: Flask, server: MailServer) -> None:
    ann = locking.test_client()
    sign_in(ann)
    server.set_trouble(ANN, "web_login_required")
    response = ann.get("/")  # over a new connection: the one of the sign-in's test is closed

    assert response.status_code == 502
    assert "does not let you in any more" in response.text
