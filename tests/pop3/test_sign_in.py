"""Signing in over POP3: which way is taken, and what a refusal means."""

from __future__ import annotations

import base64

import pytest

from flask_mailbox import AuthenticationError, BusyError, CommandError, ProtocolError, ServiceError, UnsafeValueError
from flask_mailbox.account import Account, Credential, Secret
from flask_mailbox.pop3 import POP3Session
from flask_mailbox.providers import Quirks, shipped

from ..scripted import Client, scripted
from .maildrops import MESSAGE, account, opened, read, server

PLAIN = base64.b64encode(b"\0ann@demo.test\0secret")


def capa(*lines: str) -> dict[str, bytes]:
    return {"CAPA": "\r\n".join(["+OK", *lines, ".", ""]).encode()}


def sign_in(account: Account) -> None:
    POP3Session.open(account).drop()


@pytest.mark.parametrize(
    ("answer", "kind", "category", "transient"),
    [
        ("[IN-USE] locked", BusyError, "mailbox_in_use", True),
        ("[LOGIN-DELAY] wait", BusyError, "rate_limited", True),
        ("[SYS/TEMP] later", BusyError, "temporary", True),
        ("[sys/temp] later", BusyError, "temporary", True),
        ("[SYS/PERM] dead", CommandError, "server_failure", False),
        ("[AUTH] wrong", AuthenticationError, "bad_credentials", False),
        ("no", AuthenticationError, "bad_credentials", False),
    ],
)
def test_refused_sign_ins_are_told_apart(answer: str, kind: type[ServiceError], category: str, transient: bool) -> None:
    with scripted(server({"PASS": f"-ERR {answer}\r\n".encode()})) as running, pytest.raises(ServiceError) as raised:
        read(running.port)

    assert (type(raised.value), raised.value.category, raised.value.transient) == (kind, category, transient)
    assert raised.value.hint
    assert b"RETR" not in b"".join(running.received)


@pytest.mark.parametrize(("provider", "minutes"), [("web-de", 15), ("gmail", 5)])
def test_a_server_that_asks_to_wait_is_quoted_with_its_providers_time(provider: str, minutes: int) -> None:
    with scripted(server({"PASS": b"-ERR [LOGIN-DELAY] wait\r\n"})) as running, pytest.raises(BusyError) as raised:
        sign_in(account(running.port).replace(provider=shipped().get(provider)))

    assert f"{minutes} minutes between two sign-ins" in raised.value.hint


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [(b"-ERR too many connections\r\n", BusyError), (b"-ERR [SYS/PERM] closed for good\r\n", CommandError)],
)
def test_a_refused_connection_is_no_wrong_password(greeting: bytes, kind: type[ServiceError]) -> None:
    with scripted(server(greeting=greeting)) as running, pytest.raises(CommandError) as raised:
        read(running.port)

    assert type(raised.value) is kind
    assert running.received == [b""]


def test_a_refused_credential_is_said_once() -> None:
    refusing = capa("SASL PLAIN LOGIN", "USER") | {"AUTH": b"-ERR [AUTH] no\r\n"}
    with scripted(server(refusing)) as running, pytest.raises(AuthenticationError):
        read(running.port)

    assert [line for line in running.received if line] == [b"CAPA", b"AUTH PLAIN " + PLAIN]


def test_a_long_password_is_said_in_a_line_of_its_own() -> None:
    """A command line has at most 255 bytes; the answer to a prompt has no such limit."""
    lines: list[str] = []

    def auth(client: Client, line: str) -> bytes:
        client.send(b"+ \r\n")
        lines.extend([line, client.line().decode()])
        return b"+OK\r\n"

    with scripted(server(capa("SASL PLAIN"), auth=auth)) as running:
        sign_in(account(running.port, secret="x" * 300))

    assert lines == ["AUTH PLAIN", base64.b64encode(b"\0ann@demo.test\0" + b"x" * 300).decode()]


LONG, SHORT = "ya29." + "x" * 1_500, "ya29.token"


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("prompt", [b"+ \r\n", b"+\r\n", b"+OK\r\n"])
@pytest.mark.parametrize(("token", "at_once"), [(LONG, None), (LONG, False), (SHORT, False)])
def test_a_token_goes_in_two_steps_however_the_prompt_is_worded(
    mechanism: str, prompt: bytes, token: str, at_once: bool | None
) -> None:
    said: list[bytes] = []

    def auth(client: Client, line: str) -> bytes:
        assert line == f"AUTH {mechanism}"
        client.send(prompt)
        said.append(base64.b64decode(client.line()))
        return b"+OK signed in\r\n"

    with scripted(server(capa(f"SASL {mechanism.lower()}"), auth=auth)) as running:
        sign_in(with_token(running.port, token, at_once))

    assert f"Bearer {token}\x01\x01".encode() in said[0]


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize(("token", "at_once"), [(SHORT, None), (SHORT, True), (LONG, True)])
def test_a_token_goes_at_once_where_the_server_takes_it(mechanism: str, token: str, at_once: bool | None) -> None:
    said: list[str] = []

    def auth(client: Client, line: str) -> bytes:
        said.append(line)
        return b"+OK signed in\r\n"

    with scripted(server(capa(f"SASL {mechanism}"), auth=auth)) as running:
        sign_in(with_token(running.port, token, at_once))

    (line,) = said
    command, name, initial = line.split(" ")
    assert (command, name) == ("AUTH", mechanism)
    assert f"Bearer {token}\x01\x01".encode() in base64.b64decode(initial)


def test_a_token_that_is_refused_at_once_ends_in_the_servers_own_refusal() -> None:
    def auth(client: Client, line: str) -> bytes:
        client.send(b"+ " + base64.b64encode(b'{"status":"400"}') + b"\r\n")
        assert client.line() == b""
        return b"-ERR [AUTH] token expired\r\n"

    with scripted(server(capa("SASL XOAUTH2"), auth=auth)) as running, pytest.raises(AuthenticationError) as raised:
        sign_in(with_token(running.port, LONG, at_once=True))

    assert "token expired" in raised.value.server_text


@pytest.mark.parametrize(("provider", "at_once"), [("gmail", True), ("outlook", False), ("microsoft-365", False)])
def test_providers_say_which_way_they_take_a_token(provider: str, at_once: bool) -> None:
    assert shipped().get(provider).quirks.pop_token_at_once is at_once


def with_token(port: int, token: str, at_once: bool | None) -> Account:
    return account(port, kind="oauth2", secret=token).replace(quirks=Quirks(pop_token_at_once=at_once))


def test_an_expired_token_ends_in_the_servers_own_refusal() -> None:
    def auth(client: Client, line: str) -> bytes:
        client.send(b"+ \r\n")
        client.line()
        client.send(b"+ " + base64.b64encode(b'{"status":"401"}') + b"\r\n")
        assert client.line() == b""
        return b"-ERR [AUTH] token expired\r\n"

    with scripted(server(capa("SASL XOAUTH2"), auth=auth)) as running, pytest.raises(AuthenticationError) as raised:
        sign_in(account(running.port, kind="oauth2"))

    assert "token expired" in raised.value.server_text


def test_a_token_is_never_sent_where_only_passwords_are_taken() -> None:
    with scripted(server(capa("SASL PLAIN", "USER"))) as running, pytest.raises(AuthenticationError):
        sign_in(account(running.port, kind="oauth2"))

    assert [line for line in running.received if line] == [b"CAPA"]


def test_a_server_that_prompts_for_ever_is_left() -> None:
    def auth(client: Client, line: str) -> bytes:
        for _ in range(50):
            client.send(b"+ \r\n")
            client.line()
        return b""

    with scripted(server(capa("SASL PLAIN"), auth=auth)) as running, pytest.raises(ProtocolError, match="sign-in"):
        sign_in(account(running.port))


def test_login_is_used_where_the_server_knows_neither_plain_nor_user() -> None:
    def auth(client: Client, line: str) -> bytes:
        assert line == "AUTH LOGIN"
        for expected in (b"ann@demo.test", b"secret"):
            client.send(b"+ VXNlcm5hbWU6\r\n")
            assert base64.b64decode(client.line()) == expected
        return b"+OK\r\n"

    with scripted(server(capa("SASL LOGIN"), auth=auth)) as running:
        sign_in(account(running.port))


@pytest.mark.parametrize("capabilities", [b"-ERR what\r\n", b"+OK\r\nUSER\r\nSASL LOGIN\r\n.\r\n"])
def test_user_and_pass_serve_where_plain_is_not_offered(capabilities: bytes) -> None:
    with scripted(server({"CAPA": capabilities})) as running:
        assert read(running.port) == MESSAGE

    assert running.received[1:3] == [b"USER ann@demo.test", b"PASS secret"]


def test_apop_keeps_the_password_off_a_clear_wire() -> None:
    with scripted(server(greeting=b"+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n")) as running:
        read(running.port)

    sent = b"\n".join(running.received)
    assert b"APOP ann@demo.test " in sent
    assert b"secret" not in sent


@pytest.mark.parametrize("capabilities", [["SASL PLAIN"], ["USER"], ["SASL LOGIN", "USER"]], ids=str)
def test_a_callable_secret_is_asked_once(capabilities: list[str]) -> None:
    asked: list[int] = []

    def secret() -> str:
        asked.append(1)
        return "secret"

    with scripted(server(capa(*capabilities))) as running:
        sign_in(account(running.port).replace(credential=Credential("ann", Secret(secret))))

    assert asked == [1]


@pytest.mark.parametrize("capabilities", [["SASL PLAIN"], ["USER"]], ids=str)
@pytest.mark.parametrize("evil", ["x\r\nDELE 1", "x\nDELE 1", "x\rDELE 1", "x\0", "x\udcff"])
@pytest.mark.parametrize("where", ["user", "secret"])
def test_what_no_line_can_carry_is_refused_and_never_sent(capabilities: list[str], evil: str, where: str) -> None:
    credential = Credential(evil, Secret("secret")) if where == "user" else Credential("ann", Secret(evil))
    with scripted(server(capa(*capabilities))) as running, pytest.raises(UnsafeValueError) as raised:
        sign_in(account(running.port).replace(credential=credential))

    assert [line for line in running.received if line] == [b"CAPA"]
    assert "DELE" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("answer", [b"+OK\r\n", b"-ERR not today\r\n"])
def test_utf8_is_asked_for_before_the_sign_in_where_it_is_offered(answer: bytes) -> None:
    answers = {"CAPA": b"+OK\r\nUTF8 USER\r\nUSER\r\n.\r\n", "UTF8": answer}
    with scripted(server(answers)) as running, opened(running.port) as session:
        session.noop()

    assert [line.split()[0] for line in running.received if line][:4] == [b"CAPA", b"UTF8", b"USER", b"PASS"]


def test_utf8_is_not_asked_for_where_it_is_not_offered() -> None:
    with scripted(server()) as running, opened(running.port) as session:
        session.noop()

    assert b"UTF8" not in running.received
