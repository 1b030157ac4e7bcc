"""What servers do wrong ends in time, in bounded memory, in our own error, and never in another's message."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from flask_mailbox.account import Security, Timeouts
from flask_mailbox.errors import (
    AuthenticationError,
    BusyError,
    CommandError,
    DisconnectedError,
    MessageError,
    MessageNotFoundError,
    ProtocolError,
    ServiceError,
    ServiceTimeoutError,
    TLSError,
)
from flask_mailbox.imap import IMAPSession

from ..scripted import Client, ScriptedServer, scripted
from .accounts import PASSWORD, imap_account, session_of
from .scripts import GREETING, SELECTED, fetched, imap_script

MIB = 1024 * 1024


def endless(line: bytes) -> object:
    """An answer whose lines never end."""

    def flood(client: Client, tag: bytes) -> None:
        while True:
            client.send(line * 1000)

    return flood


def open_fails(server: ScriptedServer, **changes: object) -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        IMAPSession.open(imap_account(server.port, **changes))
    return raised.value


# Greetings and sign-in


@pytest.mark.parametrize("security", [Security.NONE, Security.STARTTLS])
def test_preauth_is_refused_before_anything_is_sent(security: Security) -> None:
    with scripted(imap_script(greeting=b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n")) as server:
        error = open_fails(server, security=security)

    assert isinstance(error, TLSError)
    assert [line for line in server.received if line] == []


def test_preauth_serves_an_account_that_signs_in_nowhere() -> None:
    script = imap_script({"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"}, greeting=b"* PREAUTH welcome\r\n")
    with scripted(script) as server, session_of(imap_account(server.port, password=None)) as imap:
        assert imap.folder("INBOX").total == 3


def test_a_server_without_starttls_gets_no_password() -> None:
    with scripted(imap_script()) as server:
        error = open_fails(server, security=Security.STARTTLS)

    assert isinstance(error, TLSError)
    assert not any(b"AUTHENTICATE" in line or b"LOGIN" in line for line in server.received)


def test_a_goodbye_for_a_greeting_is_told_in_the_servers_words() -> None:
    with scripted(imap_script(greeting=b"* BYE Too many connections, come back\r\n")) as server:
        error = open_fails(server)

    assert isinstance(error, DisconnectedError)
    assert "Too many connections, come back" in str(error)


@pytest.mark.parametrize(
    ("greeting", "word"),
    [
        (b"+OK POP3 ready\r\n", "POP3"),
        (b"220 mail.test ESMTP\r\n", "SMTP"),
        (b"HTTP/1.1 400 Bad Request\r\n", "not speak IMAP"),
        (b"\x16\x03\x01\x00\r\n", "not speak IMAP"),
    ],
)
def test_another_protocol_is_named(greeting: bytes, word: str) -> None:
    with scripted(imap_script(greeting=greeting)) as server:
        error = open_fails(server)

    assert isinstance(error, ProtocolError)
    assert word in error.text


def test_a_refused_login_carries_the_alert_and_no_password() -> None:
    refusal = b"* NO [ALERT] Web login required\r\n{tag} NO [AUTHENTICATIONFAILED] no\r\n"
    with scripted(imap_script({"AUTHENTICATE": refusal})) as server:
        error = open_fails(server)

    assert isinstance(error, AuthenticationError)
    assert error.code == "AUTHENTICATIONFAILED"
    assert "Web login required" in error.server_text
    assert PASSWORD not in str(error)
    assert sum(b"AUTHENTICATE" in line for line in server.received) == 1


def test_a_login_refused_for_now_is_transient() -> None:
    with scripted(imap_script({"AUTHENTICATE": b"{tag} NO [UNAVAILABLE] later\r\n"})) as server:
        error = open_fails(server)

    assert isinstance(error, BusyError)
    assert error.transient


def test_logindisabled_is_honoured() -> None:
    greeting = b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready\r\n"
    with scripted(imap_script(greeting=greeting)) as server:
        error = open_fails(server)

    assert isinstance(error, AuthenticationError)
    assert not any(PASSWORD.encode() in line for line in server.received)


def test_without_mechanisms_the_login_command_is_used_quoted() -> None:
    with scripted(imap_script(greeting=b"* OK [CAPABILITY IMAP4rev1] ready\r\n")) as server:
        account = imap_account(server.port, password='sec"ret\\ word')
        with session_of(account):
            pass

    assert any(line.endswith(b'LOGIN "ann@demo.test" "sec\\"ret\\\\ word"') for line in server.received)


def test_a_broken_initial_response_is_not_sent_and_id_goes_in_the_accepted_form() -> None:
    def authenticate(client: Client, tag: bytes) -> None:
        client.send(b"+ \r\n")
        client.line()
        client.send(tag + b" OK [CAPABILITY IMAP4rev1] in\r\n")

    with scripted(imap_script({"AUTHENTICATE": authenticate})) as server:
        account = imap_account(server.port)
        quirks = type(account.quirks)(requires_imap_id=True, sasl_ir_broken=True)
        with session_of(account.replace(quirks=quirks)):
            pass

    commands = [line.partition(b" ")[2] for line in server.received]
    assert commands[0] == b"AUTHENTICATE PLAIN"
    assert commands[2] == b'("name" "flask-mailbox" "version" "0.1.0")'.join([b"ID ", b""])


# Literals and floods


@pytest.mark.parametrize("size", [b"3000000000", b"18446744073709551616", b"99999999999999999999"])
def test_a_literal_bomb_is_refused_before_it_is_read(size: bytes) -> None:
    answer = b"* 1 FETCH (UID 1 BODY[] {" + size + b"}\r\n"
    with scripted(imap_script({"UID FETCH": answer})) as server, session_of(imap_account(server.port)) as imap:
        tracemalloc.start()
        with pytest.raises(MessageError):
            imap.folder("INBOX").raw(1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert peak < 16 * MIB
        assert not imap.is_reusable


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 1 BODY[] {-1}\r\n{tag} OK done\r\n",
        b"* 1 FETCH (UID 1 BODY[] " + b"(" * 200_000 + b"\r\n{tag} OK done\r\n",
        b"* 1 FETCH (UID 1 BODY[] " + b"(" * 200_000 + b")" * 200_000 + b")\r\n{tag} OK done\r\n",
        b'* 1 FETCH (UID 1 BODY[] "never ends)\r\n{tag} OK done\r\n',
        b"* 1 FETCH UID 1)\r\n{tag} OK done\r\n",
        b"* 4294967296 FETCH (UID 1 BODY[] x)\r\n{tag} OK done\r\n",
        b"* 1 FETCH (UID 1 BODY[])\r\n{tag} OK done\r\n",
        b"garbage\r\n{tag} OK done\r\n",
        b"ABCD99 OK not asked\r\n{tag} OK done\r\n",
        b"+ go on\r\n{tag} OK done\r\n",
        b"* 1 FETCH (UID 1 BODY[] " + b"x" * (2 * MIB) + b")\r\n{tag} OK done\r\n",
    ],
)
def test_an_answer_against_the_grammar_is_a_protocol_error(answer: bytes) -> None:
    with scripted(imap_script({"UID FETCH": answer})) as server, session_of(imap_account(server.port)) as imap:
        with pytest.raises(ProtocolError):
            imap.folder("INBOX").raw(1)

        assert not imap.is_reusable


@pytest.mark.parametrize(
    "line",
    [b"* OK still here\r\n", b"* 1 FETCH (FLAGS ())\r\n", b'* LIST () "/" x\r\n', b"* X\r\n", b"* [what]\r\n"],
)
def test_a_flood_of_lines_ends(line: bytes) -> None:
    with scripted(imap_script({"NOOP": endless(line)})) as server:
        account = imap_account(server.port, timeouts=Timeouts(connect=5.0, read=5.0, operation=60.0))
        with session_of(account) as imap, pytest.raises(ProtocolError, match="does not end"):
            imap.noop()


def test_a_dripping_server_ends_on_time() -> None:
    def drip(client: Client, tag: bytes) -> None:
        while True:
            client.send(b"*")
            time.sleep(0.05)

    with scripted(imap_script({"NOOP": drip})) as server:
        account = imap_account(server.port, timeouts=Timeouts(connect=1.0, read=0.5, operation=1.0))
        with session_of(account) as imap:
            began = time.monotonic()
            with pytest.raises(ServiceTimeoutError):
                imap.noop()

            assert time.monotonic() - began < 2.0
            assert not imap.is_reusable


# Whose message it is


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"* 1 FETCH (FLAGS (\\Seen))\r\n",
        b"* 1 FETCH (UID 2 FLAGS ())\r\n",
        fetched(1, 1, b"wrong"),
        fetched(2, 3, b"wrong"),
        b"* 2 FETCH (UID 2 BODY[] NIL)\r\n",
        b"* 2 FETCH (BODY[] {5}\r\nwrong)\r\n",
        b"* 0 FETCH (UID 2 BODY[] {5}\r\nwrong)\r\n",
        b"* 2 EXPUNGE\r\n",
    ],
)
def test_without_its_own_answer_a_message_is_gone(answer: bytes) -> None:
    with scripted(imap_script({"UID FETCH": answer})) as server, session_of(imap_account(server.port)) as imap:
        with pytest.raises(MessageNotFoundError):
            imap.folder("INBOX").raw(2)

        assert imap.is_reusable


@pytest.mark.parametrize(
    "answer",
    [
        fetched(1, 1, b"wrong") + fetched(2, 2, b"right") + fetched(3, 3, b"wrong"),
        b"* 2 FETCH (FLAGS (\\Seen) UID 2)\r\n" + fetched(2, 2, b"right"),
        fetched(2, 2, b"right") + b"* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n",
        b"* 9 EXISTS\r\n" + fetched(2, 2, b"right") + b"* 1 EXPUNGE\r\n",
        b'* 2 FETCH (BODY[] "right" UID 2)\r\n',
        b"* 2 fetch (uid 2 body[] {5}\r\nright)\r\n",
        b"* 2 FETCH (UID 2 BODY[] ~{5}\r\nright)\r\n",
        b'* 2 FETCH (UID 2 X-OTHER (a (b "c)")) BODY[] {5}\r\nright FLAGS ())\r\n',
    ],
)
def test_among_other_answers_the_right_message_is_found(answer: bytes) -> None:
    with scripted(imap_script({"UID FETCH": answer})) as server, session_of(imap_account(server.port)) as imap:
        assert imap.folder("INBOX").raw(2) == b"right"


def test_a_page_survives_flags_without_uids_and_missing_messages() -> None:
    row = (
        b"* %d FETCH (UID %d FLAGS (\\Seen) RFC822.SIZE 9.3736e+06"
        b" BODY[HEADER.FIELDS (SUBJECT)]<0> {14}\r\nSubject: hey\r\n)\r\n"
    )
    answer = b"* 1 FETCH (FLAGS ())\r\n" + row % (3, 30) + b"* 2 FETCH (UID 20 FLAGS ())\r\n" + row % (1, 10)
    with scripted(imap_script({"FETCH": answer})) as server, session_of(imap_account(server.port)) as imap:
        page = imap.folder("INBOX").page()

        assert [(summary.uid, summary.subject, summary.size) for summary in page] == [
            (30, "hey", 9_373_600),
            (10, "hey", 9_373_600),
        ]


# Cut conversations


def test_a_conversation_cut_anywhere_is_our_error_and_never_half_a_message() -> None:
    body = b"Subject: whole\r\n\r\n" + b"x" * 60
    answer = SELECTED + fetched(2, 2, body)
    for place in range(0, len(GREETING) - 1, 7):
        with scripted(lambda client, place=place: client.send(GREETING[:place])) as server:
            assert isinstance(open_fails(server), DisconnectedError)

    def cut_at(place: int) -> object:
        def cut(client: Client, tag: bytes) -> None:
            client.send((answer + tag + b" OK done\r\n")[:place])
            client.socket.shutdown(2)

        return cut

    for place in range(0, len(answer), 9):
        script = imap_script({"UID FETCH": cut_at(place)})
        with scripted(script) as server, session_of(imap_account(server.port)) as imap:
            with pytest.raises(ServiceError):
                imap.folder("INBOX").raw(2)

            assert not imap.is_reusable


def test_a_goodbye_in_the_middle_ends_the_session() -> None:
    answer = b"* BYE Maintenance\r\n{tag} OK done\r\n"
    with scripted(imap_script({"UID FETCH": answer})) as server, session_of(imap_account(server.port)) as imap:
        with pytest.raises(DisconnectedError, match="Maintenance"):
            imap.folder("INBOX").raw(2)

        assert not imap.is_reusable


def test_a_goodbye_while_waiting_keeps_a_session_from_being_used_again() -> None:
    def bye_after(client: Client, tag: bytes) -> None:
        client.send(tag + b" OK done\r\n* BYE idle for too long\r\n")

    with scripted(imap_script({"NOOP": bye_after})) as server, session_of(imap_account(server.port)) as imap:
        imap.noop()

        assert not imap.is_reusable


def test_a_refused_command_leaves_the_session_good() -> None:
    refusal = b"{tag} NO [CANNOT] \xc4\xe3\xba\xc3\r\n"
    with scripted(imap_script({"CREATE": refusal})) as server, session_of(imap_account(server.port)) as imap:
        with pytest.raises(CommandError) as raised:
            imap.create_folder("x")

        assert (raised.value.command, raised.value.code) == ("CREATE", "CANNOT")
        assert "你好" in raised.value.server_text
        assert imap.is_reusable


def test_netease_is_told_who_we_are_once_it_asks() -> None:
    known: list[bytes] = []

    def examine(client: Client, tag: bytes) -> None:
        if known:
            client.send(SELECTED + tag + b" OK done\r\n")
        else:
            client.send(tag + b" NO EXAMINE Unsafe Login. Please contact kefu@188.com for help\r\n")

    def identify(client: Client, tag: bytes) -> None:
        known.append(tag)
        client.send(b"* ID NIL\r\n" + tag + b" OK done\r\n")

    script = imap_script({"EXAMINE": examine, "ID": identify})
    with scripted(script) as server, session_of(imap_account(server.port)) as imap:
        assert imap.folder("INBOX").total == 3
