"""One embedded server for these tests, emptied and well between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flask_mailbox.devserver import MailServer

from .accounts import ANN


@pytest.fixture(scope="session")
def running_server() -> Iterator[MailServer]:
    """A server that runs as long as the tests do."""
    with MailServer() as server:
        yield server


@pytest.fixture
def mail_server(running_server: MailServer) -> Iterator[MailServer]:
    """The running server with one message for Ann."""
    running_server.reset()
    running_server.deliver(b"Subject: one\r\n\r\nbody\r\n", ANN)
    yield running_server
    running_server.reset()
