"""The protocol log of all three protocols: every command and answer, no password, no content."""

from __future__ import annotations

import logging

import pytest

from flask_mailbox import Mailbox, Message
from flask_mailbox.devserver import MailServer
from flask_mailbox.imap import Search

from ..apps import mailbox_of
from ..imap.scripts import imap_script
from ..pop3.maildrops import server
from ..scripted import scripted

ANN, SECRET_TEXT = "ann@demo.test", "the text that nobody else should read"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The protocol log, turned on."""
    caplog.set_level(logging.DEBUG, "flask_mailbox.wire")
    return caplog


def _use(mailbox: Mailbox) -> None:
    """Send, read by both protocols, and file a message."""
    mailbox.send(Message("Lunch", recipients=[ANN], body=SECRET_TEXT))
    with mailbox.imap() as imap:
        folder = imap.folder("INBOX")
        (summary,) = folder.page(limit=10)
        assert SECRET_TEXT in folder.message(summary.uid).text
        folder.append(f"Subject: Draft\r\n\r\n{SECRET_TEXT}\r\n".encode())
        assert folder.search(Search(subject="Lunch"))
    with mailbox.pop3() as pop3:
        for entry in pop3.entries():
            pop3.message(entry.uidl)


def test_the_log_tells_all_but_the_password_and_the_content(
    mailserver: MailServer, log: pytest.LogCaptureFixture
) -> None:
    config = mailserver.config(ANN)
    with mailbox_of(config) as mailbox:
        _use(mailbox)

    for line in (
        "smtp localhost",
        "AUTH PLAIN ***",
        f"RCPT TO:<{ANN}>",
        "bytes of content",
        "imap localhost",
        "AUTHENTICATE PLAIN ***",
        'EXAMINE "INBOX"',
        "UID FETCH",
        "APPEND",
        "EXISTS",
        "pop3 localhost",
        "UIDL",
        "RETR 1",
        "QUIT",
    ):
        assert line in log.text
    assert str(config["MAILBOX_PASSWORD"]) not in log.text
    assert SECRET_TEXT not in log.text


@pytest.mark.parametrize(
    ("greeting", "shown", "sent"),
    [(b"+OK ready\r\n", "PASS ***", b"PASS secret"), (b"+OK <1.2@demo.test>\r\n", "APOP ***", b"APOP ann")],
    ids=["USER", "APOP"],
)
def test_older_ways_to_sign_in_show_no_password_either(
    greeting: bytes, shown: str, sent: bytes, log: pytest.LogCaptureFixture
) -> None:
    keys = {"MAILBOX_USERNAME": ANN, "MAILBOX_PASSWORD": "secret"}
    no_sasl = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"
    with scripted(imap_script(greeting=no_sasl), server(greeting=greeting)) as running:
        keys |= {f"MAILBOX_{name}": f"{name.lower()}://localhost:{running.port}" for name in ("IMAP", "POP3")}
        with mailbox_of(keys) as mailbox:
            with mailbox.imap():
                pass
            with mailbox.pop3():
                pass

    (line,) = (line for line in running.received if line.startswith(sent))
    assert "LOGIN ***" in log.text
    assert shown in log.text
    assert line.decode().rpartition(" ")[2] not in log.text


def test_what_is_read_is_the_same_with_the_log_on(mailserver: MailServer, caplog: pytest.LogCaptureFixture) -> None:
    with mailbox_of(mailserver.config(ANN)) as mailbox:
        for number in range(5):
            mailbox.send(Message(f"Number {number}", recipients=[ANN], body="short"))
        pages = []
        for level in (logging.WARNING, logging.DEBUG):
            caplog.set_level(level, "flask_mailbox.wire")
            with mailbox.imap() as imap:
                pages.append(tuple(imap.folder("INBOX").page(limit=10)))

    assert len(pages[0]) == 5
    assert pages[0] == pages[1]
    assert "FETCH" in caplog.text
