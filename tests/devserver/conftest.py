"""One embedded server for all these tests, emptied between them, and clients that are not ours."""

from __future__ import annotations

import poplib
import smtplib
import ssl
from collections.abc import Iterator

import pytest
from imapclient import IMAPClient

from flask_mailbox.devserver import MailServer

from .talk import Talk

ANN, BOB = "ann@demo.test", "bob@demo.test"
PASSWORD = "ann-secret"
TOKENS = {ANN: "token-of-ann"}


@pytest.fixture(scope="session")
def running() -> Iterator[MailServer]:
    """A server that runs as long as the tests do."""
    with MailServer(tokens=TOKENS) as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> Iterator[MailServer]:
    """The running server, empty and well."""
    running.reset()
    yield running
    running.reset()


@pytest.fixture
def context(server: MailServer) -> ssl.SSLContext:
    """A verifying client context that trusts the server's authority."""
    return ssl.create_default_context(cafile=str(server.ca_file))


@pytest.fixture
def imap(server: MailServer) -> Iterator[IMAPClient]:
    """imapclient, signed in as Ann."""
    client = IMAPClient("127.0.0.1", server.imap, ssl=False, timeout=5)
    client.login(ANN, PASSWORD)
    yield client
    client.shutdown()


@pytest.fixture
def inbox(imap: IMAPClient) -> IMAPClient:
    """imapclient with Ann's INBOX selected."""
    imap.select_folder("INBOX")
    return imap


@pytest.fixture
def pop3(server: MailServer) -> Iterator[poplib.POP3]:
    """poplib, connected."""
    client = poplib.POP3("127.0.0.1", server.pop3, timeout=5)
    yield client
    client.close()


@pytest.fixture
def smtp(server: MailServer) -> Iterator[smtplib.SMTP]:
    """smtplib, signed in as Ann."""
    client = smtplib.SMTP("127.0.0.1", server.smtp, timeout=5)
    client.login(ANN, PASSWORD)
    yield client
    client.close()


@pytest.fixture
def talk(server: MailServer) -> Iterator[Talk]:
    """A raw IMAP connection, past the greeting."""
    with Talk(server.imap) as talk:
        talk.line()
        yield talk


@pytest.fixture
def selected(talk: Talk) -> Talk:
    """A raw IMAP connection with Ann's INBOX selected."""
    talk.command(b"LOGIN ann@demo.test ann-secret")
    talk.command(b"SELECT INBOX")
    return talk
