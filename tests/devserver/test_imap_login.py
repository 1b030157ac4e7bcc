"""IMAP before a folder is selected: capabilities, TLS, login, ID."""

from __future__ import annotations

import base64
import imaplib

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from .conftest import ANN, PASSWORD
from .talk import Talk


def test_the_greeting_tells_the_capabilities(server):
    with Talk(server.imap) as talk:
        greeting = talk.line()

    for word in (b"IMAP4rev1", b"SASL-IR", b"LITERAL+", b"IDLE", b"UIDPLUS", b"MOVE", b"STARTTLS", b"AUTH=XOAUTH2"):
        assert word in greeting


def test_starttls_and_login_change_the_capabilities(server, context):
    client = IMAPClient("localhost", server.imap, ssl=False, timeout=5)
    client.starttls(context)
    assert not client.has_capability("STARTTLS")
    client.login(ANN, PASSWORD)
    assert not client.has_capability("AUTH=PLAIN")
    client.logout()


def test_the_tls_port_signs_in(server, context):
    client = IMAPClient("localhost", server.imaps, ssl_context=context, timeout=5)
    client.login(ANN, PASSWORD)
    client.logout()


def test_a_wrong_password_is_refused_with_its_code(server):
    client = IMAPClient("127.0.0.1", server.imap, ssl=False, timeout=5)
    with pytest.raises(LoginError, match=r"\[AUTHENTICATIONFAILED\]"):
        client.login(ANN, "wrong")
    client.shutdown()


@pytest.mark.parametrize("login", [b'LOGIN ann@demo.test "ann-secret"', b'LOGIN "ann@demo.test" ann-secret'])
def test_login_takes_atoms_and_quoted_strings(talk, login):
    assert talk.command(login)[-1].startswith(b"t OK")


def test_login_takes_literals_of_both_kinds(server, talk):
    server.add_user("eve@demo.test", '密码 "\\')
    password = '密码 "\\'.encode()
    talk.send(b"a LOGIN {13}\r\n")
    assert talk.line().startswith(b"+")
    talk.send(b"eve@demo.test {%d+}\r\n%b\r\n" % (len(password), password))

    assert talk.line().startswith(b"a OK")


@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize(
    ("mechanism", "response"),
    [
        (b"PLAIN", b"\0ann@demo.test\0ann-secret"),
        (b"XOAUTH2", b"user=ann@demo.test\1auth=Bearer token-of-ann\1\1"),
        (b"OAUTHBEARER", b"n,a=ann@demo.test,\1host=h\1port=1\1auth=Bearer token-of-ann\1\1"),
    ],
)
def test_sasl_works_with_and_without_initial_response(talk, mechanism, response, initial):
    encoded = base64.b64encode(response)
    if initial:
        talk.send(b"a AUTHENTICATE " + mechanism + b" " + encoded + b"\r\n")
    else:
        talk.send(b"a AUTHENTICATE " + mechanism + b"\r\n")
        assert talk.line() == b"+ \r\n"
        talk.send(encoded + b"\r\n")

    assert talk.line().startswith(b"a OK")


def test_login_mechanism_asks_twice(talk):
    talk.send(b"a AUTHENTICATE LOGIN\r\n")
    challenges = [talk.line()]
    talk.send(base64.b64encode(b"ann@demo.test") + b"\r\n")
    challenges.append(talk.line())
    talk.send(base64.b64encode(b"ann-secret") + b"\r\n")

    assert talk.line().startswith(b"a OK")
    assert [base64.b64decode(line[2:]) for line in challenges] == [b"Username:", b"Password:"]


def test_imapclient_signs_in_with_a_token_and_is_refused_with_a_wrong_one(server):
    client = IMAPClient("127.0.0.1", server.imap, ssl=False, timeout=5)
    with pytest.raises(LoginError):
        client.oauth2_login(ANN, "wrong")
    client.oauth2_login(ANN, "token-of-ann")
    client.logout()


@pytest.mark.parametrize(("line", "status"), [(b"*", b"BAD"), (b"!!", b"BAD"), (b"AA==", b"BAD")])
def test_a_broken_exchange_is_refused(talk, line, status):
    talk.send(b"a AUTHENTICATE PLAIN\r\n")
    talk.line()
    talk.send(line + b"\r\n")

    assert talk.line().startswith(b"a " + status)


def test_plaintext_sent_behind_starttls_is_thrown_away(talk, context):
    talk.send(b"a STARTTLS\r\nb LOGIN ann@demo.test ann-secret\r\n")
    assert talk.line().startswith(b"a OK")
    talk.start_tls(context)

    assert talk.command(b"NAMESPACE")[-1].startswith(b"t BAD")


def test_id_namespace_enable_and_noop_answer(imap):
    assert b"flask-mailbox" in imap.id_({"name": "x"})[0]
    assert imap.namespace().personal == (("", "/"),)
    assert imap.enable("X-NOTHING") == []
    assert imap.noop()[0] == b"NOOP completed"


def test_commands_need_their_state(talk):
    before = talk.command(b"SELECT INBOX")[-1]
    talk.command(b"LOGIN ann@demo.test ann-secret")
    again = talk.command(b"LOGIN ann@demo.test ann-secret")[-1]
    unselected = talk.command(b"FETCH 1 FLAGS")[-1]

    assert [line[:5] for line in (before, again, unselected)] == [b"t BAD"] * 3


def test_logout_says_bye_and_closes(talk):
    lines = talk.command(b"LOGOUT")

    assert lines[0].startswith(b"* BYE")
    assert talk.line() == b""


def test_imaplib_signs_in_too(server):
    client = imaplib.IMAP4("127.0.0.1", server.imap, timeout=5)
    client.login(ANN, PASSWORD)
    assert client.select()[0] == "OK"
    client.logout()


@pytest.mark.parametrize(
    "line",
    [
        b"\r\n",
        b"tagonly\r\n",
        b"a XYZZY\r\n",
        b"a LOGIN\r\n",
        b"a UID LOGIN x y\r\n",
        b"\xff\xfe \x00\r\n",
        b"a LOGIN {999999999}\r\n",
        b"a LOGIN {-1}\r\n",
        b"a " + b"A" * 200_000 + b"\r\n",
        b'a LOGIN "unclosed x\r\n',
    ],
)
def test_hostile_lines_are_refused_and_the_conversation_goes_on(talk, line):
    talk.send(line)
    assert talk.line().split()[1] in (b"BAD", b"NO")

    assert talk.command(b"NOOP")[-1].startswith(b"t OK")


def test_a_huge_line_within_authenticate_is_refused(talk):
    talk.send(b"a AUTHENTICATE PLAIN\r\n")
    talk.line()
    talk.send(b"A" * 200_000 + b"\r\n")

    assert talk.line() == b"a BAD [TOOBIG] That line is too long\r\n"


def test_a_huge_literal_that_cannot_be_stopped_ends_the_connection(talk):
    talk.send(b"a LOGIN {999999999+}\r\nxxxx")

    assert talk.line().startswith(b"* BYE [TOOBIG]")
    assert talk.line() == b""
