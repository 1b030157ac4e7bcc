"""Faults: each kind, in each protocol where it makes sense."""

from __future__ import annotations

import smtplib
import socket
import time

import pytest

from .conftest import ANN, BOB, PASSWORD
from .talk import Talk

RAW = b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 20
GREETINGS = {"smtp": b"220 ", "imap": b"* OK ", "pop3": b"+OK "}
LOGIN = {
    "smtp": b"EHLO x\r\nAUTH PLAIN AGFubkBkZW1vLnRlc3QAYW5uLXNlY3JldA==\r\n",
    "imap": b"l LOGIN ann@demo.test ann-secret\r\n",
    "pop3": b"USER ann@demo.test\r\nPASS ann-secret\r\n",
}
NOOP = {"smtp": b"NOOP\r\n", "imap": b"n NOOP\r\n", "pop3": b"NOOP\r\n"}
NOOP_DONE = {"smtp": b"250 ", "imap": b"n OK", "pop3": b"+OK"}


@pytest.fixture(params=["smtp", "imap", "pop3"])
def protocol(request) -> str:
    return request.param


def connect(server, protocol: str) -> Talk:
    return Talk({"smtp": server.smtp, "imap": server.imap, "pop3": server.pop3}[protocol])


def login(talk: Talk, protocol: str) -> None:
    talk.line()
    talk.send(LOGIN[protocol])
    last = {"smtp": b"235", "imap": b"l OK", "pop3": b"+OK"}[protocol]
    talk.until(last)
    if protocol == "pop3":
        talk.line()


def is_silent(talk: Talk) -> bool:
    talk.socket.settimeout(0.1)
    try:
        talk.socket.recv(1)
    except TimeoutError:
        return True
    return False


def test_drop_before_connect(server, protocol):
    server.faults.set(protocol, drop_before="CONNECT")
    with connect(server, protocol) as talk:
        try:
            received = talk.line()
        except ConnectionResetError:
            received = b""

    assert received == b""
    assert server.log == []


def test_drop_before_the_greeting(server, protocol):
    server.faults.set(protocol, drop_before="GREETING")
    with connect(server, protocol) as talk:
        assert talk.line() == b""


def test_drop_after_the_greeting(server, protocol):
    server.faults.set(protocol, drop_after="GREETING")
    with connect(server, protocol) as talk:
        assert talk.line().startswith(GREETINGS[protocol])
        assert talk.line() == b""


def test_drop_before_a_command_is_answered(server, protocol):
    server.faults.set(protocol, drop_before="NOOP")
    with connect(server, protocol) as talk:
        login(talk, protocol)
        talk.send(NOOP[protocol])

        assert talk.line() == b""


def test_drop_after_a_command_was_answered(server, protocol):
    server.faults.set(protocol, drop_after="NOOP")
    with connect(server, protocol) as talk:
        login(talk, protocol)
        talk.send(NOOP[protocol])

        assert talk.line().startswith(NOOP_DONE[protocol])
        assert talk.line() == b""


def test_cut_within_a_reply(server, protocol):
    server.faults.set(protocol, cut=("NOOP", 2))
    with connect(server, protocol) as talk:
        login(talk, protocol)
        talk.send(NOOP[protocol])

        assert talk.line() == NOOP_DONE[protocol][:2]


def test_cut_within_a_literal(server, talk):
    server.deliver(RAW, ANN)
    server.faults.set("imap", cut=("FETCH", 60))
    talk.command(b"LOGIN ann@demo.test ann-secret")
    talk.command(b"SELECT INBOX")
    talk.send(b"f FETCH 1 BODY.PEEK[]\r\n")

    assert len(talk.read(10_000)) == 60


def test_cut_within_retr(server):
    server.deliver(RAW, ANN)
    server.faults.set("pop3", cut=("RETR", 100))
    with connect(server, "pop3") as talk:
        login(talk, "pop3")
        talk.send(b"RETR 1\r\n")

        assert len(talk.read(10_000)) == 100


def test_stall_before_anything(server, protocol):
    server.faults.set(protocol, stall="CONNECT")
    with connect(server, protocol) as talk:
        talk.send(NOOP[protocol])

        assert is_silent(talk)


def test_stall_at_the_greeting(server, protocol):
    server.faults.set(protocol, stall="GREETING")
    with connect(server, protocol) as talk:
        assert is_silent(talk)


def test_stall_at_a_command(server, protocol):
    server.faults.set(protocol, stall="NOOP")
    with connect(server, protocol) as talk:
        login(talk, protocol)
        talk.send(NOOP[protocol])

        assert is_silent(talk)


def test_stall_in_the_handshake_of_the_tls_port(server, protocol, context):
    server.faults.set(protocol, stall="HANDSHAKE")
    port = {"smtp": server.smtps, "imap": server.imaps, "pop3": server.pop3s}[protocol]
    with socket.create_connection(("127.0.0.1", port), timeout=0.3) as plain, pytest.raises(TimeoutError):
        context.wrap_socket(plain, server_hostname="localhost")


def test_stall_in_the_handshake_of_starttls(server, protocol, context):
    server.faults.set(protocol, stall="HANDSHAKE")
    commands = {"smtp": b"EHLO x\r\nSTARTTLS\r\n", "imap": b"s STARTTLS\r\n", "pop3": b"STLS\r\n"}
    with connect(server, protocol) as talk:
        talk.line()
        talk.send(commands[protocol])
        talk.until({"smtp": b"220", "imap": b"s OK", "pop3": b"+OK"}[protocol])
        talk.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            talk.start_tls(context)


def test_stalled_connections_end_with_their_client(server, protocol):
    server.faults.set(protocol, stall="NOOP")
    with connect(server, protocol) as talk:
        login(talk, protocol)
        talk.send(NOOP[protocol])

    assert server.connections[protocol] == (1, 0)


def test_drip_sends_one_byte_at_a_time(server, protocol):
    server.faults.set(protocol, drip=0.002)
    started = time.monotonic()
    with connect(server, protocol) as talk:
        first = talk.socket.recv(1_000)
        rest = talk.line()

    assert len(first) <= 3
    assert time.monotonic() - started > 0.002 * len(rest)


def test_flood_goes_on_until_its_limit(server, protocol):
    server.faults.set(protocol, flood="NOOP", flood_limit=1_000_000)
    with connect(server, protocol) as talk:
        login(talk, protocol)
        talk.send(NOOP[protocol])

        assert 1_000_000 <= len(talk.read(10_000_000)) < 1_100_000


@pytest.mark.parametrize(
    ("protocol", "reply", "line"),
    [
        ("smtp", "451 4.3.0 later", b"451 4.3.0 later\r\n"),
        ("imap", "NO [UNAVAILABLE] later", b"n NO [UNAVAILABLE] later\r\n"),
        ("pop3", "-ERR [SYS/TEMP] later", b"-ERR [SYS/TEMP] later\r\n"),
    ],
)
def test_refuse_answers_a_command_with_that_reply(server, protocol, reply, line):
    server.faults.set(protocol, refuse={"NOOP": reply})
    with connect(server, protocol) as talk:
        login(talk, protocol)
        talk.send(NOOP[protocol] * 2)

        assert [talk.line(), talk.line()] == [line, line]


@pytest.mark.parametrize(
    ("protocol", "reply", "line"),
    [
        ("smtp", "421 4.3.2 too busy", b"421 4.3.2 too busy\r\n"),
        ("imap", "BYE too busy", b"* BYE too busy\r\n"),
        ("pop3", "-ERR [SYS/TEMP] too busy", b"-ERR [SYS/TEMP] too busy\r\n"),
    ],
)
def test_refuse_the_greeting(server, protocol, reply, line):
    server.faults.set(protocol, refuse={"GREETING": reply})
    with connect(server, protocol) as talk:
        assert [talk.line(), talk.line()] == [line, b""]


def test_times_limits_how_often_a_fault_strikes(server, protocol):
    server.faults.set(protocol, drop_before="GREETING", times=2)
    answers = []
    for _ in range(3):
        with connect(server, protocol) as talk:
            answers.append(bool(talk.line()))

    assert answers == [False, False, True]


def test_recipients_are_refused_one_by_one(server, smtp):
    server.faults.set("smtp", refuse_recipients={BOB: "450 4.2.1 greylisted"})

    assert smtp.sendmail(ANN, [ANN, BOB], RAW) == {BOB: (450, b"4.2.1 greylisted")}


def test_content_refused_after_the_final_dot(server, smtp):
    server.faults.set("smtp", refuse={"CONTENT": "554 5.7.1 spam"})
    with pytest.raises(smtplib.SMTPDataError, match="spam"):
        smtp.sendmail(ANN, [BOB], RAW)

    assert server.messages(BOB) == []


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        ({"drop_before": "CONTENT"}, 0),
        ({"cut": ("CONTENT", 0)}, 1),
        ({"drop_before": "DATA"}, 0),
        ({"drop_after": "DATA"}, 0),
    ],
)
def test_the_connection_ends_around_the_content(server, smtp, fault, stored):
    server.faults.set("smtp", **fault)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.sendmail(ANN, [BOB], RAW)

    assert len(server.messages(BOB)) == stored


def test_a_drop_behind_the_final_reply_does_not_undo_it(server, smtp):
    server.faults.set("smtp", drop_after="CONTENT")

    assert smtp.sendmail(ANN, [BOB], RAW) == {}
    assert len(server.messages(BOB)) == 1


def test_starttls_is_neither_offered_nor_known(server, protocol):
    server.faults.set(protocol, no_starttls=True)
    commands = {
        "smtp": (b"EHLO x\r\n", b"250 ", b"STARTTLS\r\n", b"500"),
        "imap": (b"c CAPABILITY\r\n", b"c OK", b"s STARTTLS\r\n", b"s BAD"),
        "pop3": (b"CAPA\r\n", b".", b"STLS\r\n", b"-ERR"),
    }
    ask, end, upgrade, refusal = commands[protocol]
    with connect(server, protocol) as talk:
        lines = [talk.line()]
        talk.send(ask)
        lines += talk.until(end)
        talk.send(upgrade)

        assert talk.line().startswith(refusal)
    assert not [line for line in lines if b"STARTTLS" in line or b"STLS" in line]


@pytest.mark.parametrize(
    ("protocol", "command", "reply"),
    [
        ("smtp", b"STARTTLS\r\n", "454 4.7.0 TLS not available"),
        ("imap", b"s STARTTLS\r\n", "NO not now"),
        ("pop3", b"STLS\r\n", "-ERR not now"),
    ],
)
def test_starttls_is_offered_and_refused(server, protocol, command, reply):
    server.faults.set(protocol, refuse={"STARTTLS": reply, "STLS": reply})
    with connect(server, protocol) as talk:
        talk.line()
        talk.send(command)

        assert talk.line().endswith(reply.encode() + b"\r\n")


@pytest.mark.parametrize(
    ("protocol", "command"), [("smtp", b"STARTTLS\r\n"), ("imap", b"s STARTTLS\r\n"), ("pop3", b"STLS\r\n")]
)
def test_lines_are_injected_behind_the_answer_to_starttls(server, protocol, command, context):
    server.faults.set(protocol, inject=b"250 injected\r\n")
    with connect(server, protocol) as talk:
        talk.line()
        talk.send(command)
        talk.line()

        assert talk.line() == b"250 injected\r\n"


def test_preauth_greets_as_signed_in(server):
    server.faults.set("imap", preauth=True)
    with Talk(server.imap) as talk:
        assert talk.line().startswith(b"* PREAUTH [CAPABILITY ")
        assert talk.command(b"SELECT INBOX")[-1].startswith(b"t OK")


def test_a_second_step_of_a_login_can_be_refused(server, talk):
    server.faults.set("imap", refuse={"AUTH-RESPONSE": "NO [UNAVAILABLE] later"})
    talk.send(b"a AUTHENTICATE PLAIN\r\n")
    talk.line()
    talk.send(b"AA==\r\n")

    assert talk.line() == b"a NO [UNAVAILABLE] later\r\n"


def test_unknown_faults_are_refused(server):
    with pytest.raises(ValueError, match="No protocol 'nntp'"):
        server.faults.set("nntp", drop_before="CONNECT")
    with pytest.raises(TypeError):
        server.faults.set("imap", explode=True)


def test_the_server_stays_well_for_other_protocols(server, smtp):
    server.faults.set("imap", stall="CONNECT")

    assert smtp.noop()[0] == 250
    assert PASSWORD.encode() not in server.received("imap")
