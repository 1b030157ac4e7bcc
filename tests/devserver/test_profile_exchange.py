"""Microsoft's part: what the server does differently when it plays Outlook.com."""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from flask_mailbox.devserver import MailServer

from .talk import Talk

ANN = "ann@demo.test"
TOKEN = base64.b64encode(b"user=ann@demo.test\1auth=Bearer token\1\1")


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with MailServer({ANN: "ann-secret"}, tokens={ANN: "token"}, profile="outlook") as server:
        yield server


@pytest.fixture
def outlook(running: MailServer) -> MailServer:
    """The running server, emptied."""
    running.reset()
    return running


@pytest.fixture
def microsoft(outlook: MailServer) -> Iterator[Talk]:
    """A raw IMAP connection with Ann's INBOX selected."""
    outlook.deliver(b"Subject: x\nContent-Disposition: inline\n\n", ANN)
    with Talk(outlook.imap) as talk:
        talk.line()
        talk.command(b"AUTHENTICATE XOAUTH2 " + TOKEN)
        talk.command(b"SELECT INBOX")
        yield talk


def _smtp(outlook: MailServer) -> smtplib.SMTP:
    smtp = smtplib.SMTP("127.0.0.1", outlook.smtp, timeout=5)
    smtp.ehlo()
    assert smtp.docmd("AUTH", "XOAUTH2 " + TOKEN.decode())[0] == 235
    return smtp


def test_a_right_password_is_refused_though_plain_is_offered(outlook):
    with Talk(outlook.imap) as talk:
        greeting = talk.line()
        by_login = talk.command(b"LOGIN ann@demo.test ann-secret")[-1]
        by_plain = talk.command(b"AUTHENTICATE PLAIN AGFubkBkZW1vLnRlc3QAYW5uLXNlY3JldA==")[-1]

    assert b"AUTH=PLAIN" in greeting
    assert by_login == b"t NO LOGIN failed.\r\n"
    assert by_plain == b"t NO AUTHENTICATE failed.\r\n"


def test_a_user_whose_imap_is_off_is_authenticated_but_not_connected(outlook):
    outlook.set_trouble(ANN, "protocol_disabled")
    with Talk(outlook.imap) as talk:
        talk.line()

        assert talk.command(b"AUTHENTICATE XOAUTH2 " + TOKEN)[-1].startswith(b"t OK")
        assert talk.command(b"NAMESPACE")[-1] == b"t BAD User is authenticated but not connected.\r\n"


def test_a_search_in_utf_8_is_refused(microsoft):
    refusal = microsoft.command("SEARCH CHARSET UTF-8 SUBJECT {6+}\r\n发票".encode())[-1]

    assert refusal.startswith(b"t NO [BADCHARSET (US-ASCII)]")


def test_answers_are_written_sloppily(microsoft):
    status = microsoft.command(b'STATUS "INBOX" (MESSAGES)')[0]
    structure = microsoft.command(b"FETCH 1 BODYSTRUCTURE")[0]
    moved = microsoft.command(b'MOVE 1 "Archive"')

    assert status == b'* STATUS "INBOX" (MESSAGES 1) \r\n'
    assert b'NIL "inline" NIL NIL' in structure
    assert any(line.startswith(b"* [COPYUID ") for line in moved)


def test_roles_come_with_list_though_special_use_is_not_offered(microsoft):
    assert b"SPECIAL-USE" not in microsoft.command(b"CAPABILITY")[0]
    assert b'* LIST (\\HasNoChildren \\Trash) "/" "Deleted Items"\r\n' in microsoft.command(b'LIST "" *')


def test_an_empty_id_is_refused(microsoft):
    assert microsoft.command(b"ID ()")[-1].startswith(b"t BAD")
    assert microsoft.command(b"ID NIL")[-1].startswith(b"t OK")


def test_pop3_wants_the_token_in_a_second_step(outlook):
    with Talk(outlook.pop3) as talk:
        greeting = talk.line()
        talk.send(b"AUTH XOAUTH2 " + TOKEN + b"\r\n")
        at_once = talk.line()
        talk.send(b"AUTH XOAUTH2\r\n")
        prompt = talk.line()
        talk.send(TOKEN + b"\r\n")

        assert greeting == b"+OK The Microsoft Exchange POP3 service is ready.\r\n"
        assert at_once == b"-ERR Protocol error. 14\r\n"
        assert prompt == b"+ \r\n"
        assert talk.line().startswith(b"+OK")


def test_a_message_gets_another_id_and_a_copy_is_filed(outlook):
    with _smtp(outlook) as smtp:
        smtp.sendmail(ANN, [ANN], b"Message-ID: <mine@example.com>\r\nSubject: x\r\n\r\nMessage-ID: stays\r\n")
    copy = outlook.messages(ANN, "Sent Items")[0]

    assert copy.count(b"Message-ID: <mine@example.com>") == 1
    assert b"\r\nX-Microsoft-Original-Message-ID: <mine@example.com>\r\n" in copy
    assert copy.endswith(b"\r\n\r\nMessage-ID: stays\r\n")


def test_a_fourth_connection_may_not_send(outlook):
    with ExitStack() as stack:
        connections = [stack.enter_context(_smtp(outlook)) for _ in range(4)]
        refused = connections[3].docmd("MAIL", f"FROM:<{ANN}>")
        connections[0].quit()

        assert refused[0] == 432
        assert outlook.connections["smtp"][1] == 3
        assert connections[1].docmd("MAIL", f"FROM:<{ANN}>")[0] == 250
