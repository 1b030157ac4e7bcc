"""The servers of the contract suites: each test runs once against the embedded server and once against real ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flask_mailbox.devserver import MailServer

from .server import ContractServer, EmbeddedServer, ReadingServer

REAL = pytest.param("real", marks=pytest.mark.real_server)


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[EmbeddedServer]:
    """The embedded server, one for all contract tests."""
    with MailServer({}) as mailserver:
        yield EmbeddedServer(mailserver)


@pytest.fixture(params=["embedded", REAL])
def server(request: pytest.FixtureRequest) -> ContractServer:
    """A server of ``mail.test`` for all three protocols: embedded, then Postfix with Dovecot."""
    found: ContractServer = request.getfixturevalue({"real": "postfix"}.get(request.param, "embedded_server"))
    return found


@pytest.fixture(params=["embedded", REAL])
def reading_server(request: pytest.FixtureRequest) -> ReadingServer:
    """A server for IMAP and POP3 alone: embedded, then Dovecot, which also runs where Postfix cannot."""
    found: ReadingServer = request.getfixturevalue({"real": "dovecot"}.get(request.param, "embedded_server"))
    return found


@pytest.fixture(params=["tls", "starttls"])
def security(request: pytest.FixtureRequest) -> str:
    """How the connection is protected: from the first byte, then after STARTTLS or STLS."""
    return str(request.param)
