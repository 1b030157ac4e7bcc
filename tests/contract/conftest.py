"""The servers of the contract suites: each test runs once against the embedded server and once against real ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flask_mailbox.devserver import MailServer

from .differences import DIFFERENCES
from .server import ContractServer, EmbeddedServer, ReadingServer

REAL = pytest.param("real", marks=pytest.mark.real_server)
MAILUTILS = pytest.param("mailutils", marks=pytest.mark.real_server)
FURTHER_IMAP = [MAILUTILS, "pymap"]
FURTHER_POP3 = [MAILUTILS]
IMAP_SERVERS = ["embedded", REAL, *FURTHER_IMAP]
POP3_SERVERS = ["embedded", REAL, *FURTHER_POP3]


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
    """A server for IMAP and POP3 alone: embedded, then Dovecot, which also runs where Postfix cannot.

    A module for more servers names them: ``parametrize("reading_server", IMAP_SERVERS, indirect=True)``.
    """
    name = {"embedded": "embedded_server", "real": "dovecot"}.get(request.param, request.param)
    difference = DIFFERENCES.get((request.param, request.node.originalname))
    if difference is not None and difference.is_about(request.node.name):
        request.applymarker(pytest.mark.xfail(reason=difference.why, strict=True, run=difference.run))
    found: ReadingServer = request.getfixturevalue(name)
    return found


@pytest.fixture(params=["tls", "starttls"])
def security(request: pytest.FixtureRequest) -> str:
    """How the connection is protected: from the first byte, then after STARTTLS or STLS."""
    return str(request.param)
