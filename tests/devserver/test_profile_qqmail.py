"""Tencent's part: what the server does differently when it plays qq.com."""

from __future__ import annotations

import poplib
import smtplib
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from flask_mailbox.devserver import MailServer

from .talk import Talk

NESTED = b"""\
Subject: Hi
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/alternative; boundary=b

--b

text
--b--
--a--
"""


@pytest.fixture(scope="module")
def qqmail() -> Iterator[MailServer]:
    with MailServer(profile="qq") as server:
        server.deliver(NESTED, "ann@demo.test")
        server.deliver(b"Subject: Lunch\nFrom: bob@demo.test\nBcc: carl@demo.test\n\n", "ann@demo.test")
        yield server


@pytest.fixture
def tencent(qqmail: MailServer) -> Iterator[Talk]:
    """A raw IMAP connection with Ann's INBOX selected."""
    with Talk(qqmail.imap) as talk:
        talk.line()
        talk.command(b"LOGIN ann@demo.test ann-secret")
        talk.command(b"SELECT INBOX")
        yield talk


def test_searches_for_words_in_the_header_find_everything(tencent):
    assert tencent.command(b"SEARCH SUBJECT nowhere")[0] == b"* SEARCH 1 2\r\n"
    assert tencent.command(b"SEARCH FROM nobody SEEN")[0] == b"* SEARCH\r\n"


def test_descending_sets_are_refused(tencent):
    assert tencent.command(b"FETCH 2:1 FLAGS")[-1] == b"t BAD UID parameters!\r\n"
    assert tencent.command(b"FETCH 1:2 FLAGS")[-1].startswith(b"t OK")


def test_a_login_with_literals_is_refused(qqmail):
    with Talk(qqmail.imap) as talk:
        talk.line()
        talk.send(b"t LOGIN {13}\r\n")
        talk.line()
        talk.send(b"ann@demo.test ann-secret\r\n")

        assert talk.until(b"t ")[-1] == b"t BAD Login parameters!\r\n"


def test_uids_may_change_under_the_same_uidvalidity():
    with MailServer(profile="qq") as server, Talk(server.imap) as talk:
        server.deliver(NESTED, "ann@demo.test")
        talk.line()
        talk.command(b"LOGIN ann@demo.test ann-secret")
        before = talk.command(b"SELECT INBOX"), talk.command(b"UID SEARCH ALL")[0]
        server.renew_uids("ann@demo.test")
        after = talk.command(b"SELECT INBOX"), talk.command(b"UID SEARCH ALL")[0]

    assert [line for line in before[0] if b"UIDVALIDITY" in line] == [
        line for line in after[0] if b"UIDVALIDITY" in line
    ]
    assert (before[1], after[1]) == (b"* SEARCH 1\r\n", b"* SEARCH 2\r\n")


def test_an_envelope_lacks_the_field_for_bcc(tencent):
    envelope = tencent.command(b"FETCH 2 ENVELOPE")[0]
    person = b'((NIL NIL "bob" "demo.test"))'

    assert envelope == b'* 2 FETCH (ENVELOPE (NIL "Lunch" %b %b %b NIL NIL NIL NIL))\r\n' % (person, person, person)


def test_a_multipart_within_another_has_no_parts(tencent):
    structure = tencent.command(b"FETCH 1 BODYSTRUCTURE")[0]

    assert b'BODYSTRUCTURE (("ALTERNATIVE" ("BOUNDARY" "b") NIL NIL NIL) "MIXED"' in structure


def test_roles_are_told_by_xlist_only(tencent):
    assert b"\\Sent" not in b"".join(tencent.command(b'LIST "" *'))
    assert b'* XLIST (\\HasNoChildren \\Sent) "/" "Sent Messages"\r\n' in tencent.command(b'XLIST "" *')


def test_a_wrong_password_is_refused_in_gbk(qqmail):
    smtp = smtplib.SMTP("127.0.0.1", qqmail.smtp, timeout=5)
    with closing(smtp), pytest.raises(smtplib.SMTPResponseException) as no:
        smtp.login("ann@demo.test", "wrong")
    with socket.create_connection(("127.0.0.1", qqmail.pop3), timeout=5) as pop3, pop3.makefile("rb") as answers:
        pop3.sendall(b"USER ann@demo.test\r\nPASS wrong\r\n")
        refusal = [answers.readline() for _ in range(3)][-1]

    assert "请使用授权码登录" in no.value.smtp_error.decode("gbk")
    assert refusal == "-ERR 登录失败，请使用授权码登录\r\n".encode("gbk")


def test_quit_is_answered_with_zero_bytes(qqmail):
    with Talk(qqmail.smtp) as smtp:
        smtp.line()
        smtp.send(b"QUIT\r\n")

        assert smtp.read(100) == b"\0\0\0"


def test_pop3_quit_is_what_it_should_be(qqmail):
    pop3 = poplib.POP3("127.0.0.1", qqmail.pop3, timeout=5)

    assert pop3.quit().startswith(b"+OK")
