"""POP3 servers that break the rules: our own error or the right result, on time."""

from __future__ import annotations

import threading
import time

import pytest

from flask_mailbox import CommandError, DisconnectedError, ProtocolError, ServiceError, ServiceTimeoutError
from flask_mailbox.pop3 import POP3Session

from ..scripted import Client, scripted
from .maildrops import MESSAGE, TWO, account, opened, read, server


def test_a_well_behaved_server_is_read() -> None:
    with scripted(server()) as running:
        assert read(running.port) == MESSAGE

    assert [line for line in running.received if line][-2:] == [b"RETR 1", b"QUIT"]


def test_a_server_without_top_gives_the_whole_message() -> None:
    with scripted(server({"TOP": b"-ERR unknown\r\n"})) as running:
        session = POP3Session.open(account(running.port))
        message = session.top("abc")
        session.drop()

    assert (message.text or "").strip() == "text"


def test_a_message_without_end_stops_at_the_limit() -> None:
    def script(client: Client) -> None:
        client.send(b"+OK ready\r\n")
        known = {b"CAPA": b"-ERR\r\n", b"LIST": b"+OK\r\n1 24\r\n.\r\n", b"UIDL": b"+OK\r\n1 abc\r\n.\r\n"}
        while (line := client.line()) and not line.startswith(b"RETR"):
            client.send(known.get(line, b"+OK\r\n"))
        client.send(b"+OK\r\n")
        while True:
            client.send(b"x" * 1000 + b"\r\n")

    with scripted(script) as running:
        session = POP3Session.open(account(running.port).replace(max_message_size=100_000))
        with pytest.raises(ProtocolError, match="more than"):
            session.raw("abc")
        session.drop()


def test_a_deletion_that_was_not_confirmed_is_said_so() -> None:
    with scripted(server({"QUIT": b""})) as running:
        session = POP3Session.open(account(running.port))
        session.delete(session.entries()[0].uidl)
        with pytest.raises(ServiceError) as raised:
            session.finish()

    assert "may not have happened" in raised.value.hint


def test_a_lost_goodbye_matters_to_nobody_if_nothing_was_deleted() -> None:
    with scripted(server({"QUIT": b""})) as running:
        session = POP3Session.open(account(running.port))
        session.entries()
        session.finish()

    assert b"QUIT" in running.received


@pytest.mark.parametrize(
    ("greeting", "text"),
    [(b"* OK IMAP4rev1\r\n", "IMAP server"), (b"220 mail ESMTP\r\n", "SMTP server"), (b"hello\r\n", "host and port")],
)
def test_another_protocol_on_the_port_is_named(greeting: bytes, text: str) -> None:
    with scripted(server(greeting=greeting)) as running, pytest.raises(ProtocolError, match=text):
        read(running.port)


def test_a_refused_command_leaves_the_session_usable() -> None:
    with scripted(server({"DELE": b"-ERR no\r\n"})) as running:
        session = POP3Session.open(account(running.port))
        with pytest.raises(CommandError, match="refused DELE"):
            session.delete("abc")
        assert session.raw("abc") == MESSAGE
        session.drop()


def test_killing_the_server_after_any_byte_gives_our_error_or_the_whole_message() -> None:
    conversation = [
        b"+OK ready\r\n", b"-ERR\r\n", b"+OK\r\n", b"+OK\r\n", b"+OK\r\n1 24\r\n.\r\n",
        b"+OK\r\n1 abc\r\n.\r\n", b"+OK\r\n" + MESSAGE + b".\r\n", b"+OK bye\r\n",
    ]  # fmt: skip
    for cut in range(sum(map(len, conversation))):

        def script(client: Client, left: int = cut) -> None:
            for number, answer in enumerate(conversation):
                if number:
                    client.line()
                client.send(answer[:left])
                left -= len(answer)
                if left < 0:
                    return

        with scripted(script) as running:
            try:
                assert read(running.port) == MESSAGE
            except ServiceError as error:
                assert error.host == f"localhost:{running.port}"  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"])
def test_servers_that_end_lines_with_lf_alone_are_read_too(ending: bytes) -> None:
    answer = (b"+OK\r\n" + b"Subject: x\r\n\r\n..dot\r\n" + b".\r\n").replace(b"\r\n", ending)
    with scripted(server({"RETR": answer})) as running:
        session = POP3Session.open(account(running.port))
        raw = session.raw("abc")
        session.drop()

    assert raw == b"Subject: x\r\n\r\n.dot\r\n"


def test_an_empty_message_is_empty() -> None:
    with scripted(server({"RETR": b"+OK\r\n.\r\n"})) as running:
        session = POP3Session.open(account(running.port))
        assert session.raw("abc") == b""
        session.drop()


def test_an_answer_that_comes_too_late_is_never_taken_for_the_next_ones() -> None:
    released = threading.Event()
    answers = {"TOP 1 0": b"+OK\r\nSubject: one\r\n\r\n.\r\n", "TOP 2 0": b"+OK\r\nSubject: two\r\n\r\n.\r\n"}

    def late(client: Client, line: str) -> bytes:
        if line == "TOP 1 0":
            released.wait(5)
        return answers[line]

    with scripted(server(TWO, top=late)) as running, opened(running.port) as session:
        session.entries()
        with pytest.raises(ServiceTimeoutError):
            session.top("a")
        released.set()
        with pytest.raises(DisconnectedError, match="earlier failure"):
            session.top("b")


def test_deletions_of_a_session_that_failed_are_reported_as_not_done() -> None:
    with scripted(server(TWO | {"TOP": b"nonsense\r\n"})) as running, opened(running.port) as session:
        session.delete("a")
        with pytest.raises(ProtocolError):
            session.top("b")
        with pytest.raises(ServiceError) as raised:
            session.finish()

    assert "may not have happened" in raised.value.hint
    assert b"QUIT" not in running.received


def test_a_refused_goodbye_tells_of_the_deletions() -> None:
    refusing = {"QUIT": b"-ERR some messages were not removed\r\n"}
    with scripted(server(refusing)) as running, opened(running.port) as session:
        session.delete("abc")
        with pytest.raises(CommandError, match="refused QUIT") as raised:
            session.finish()

    assert "1 deletions" in raised.value.hint


def test_a_server_that_drips_its_answer_does_not_hold_the_reader() -> None:
    def script(client: Client) -> None:
        client.send(b"+OK ready\r\n")
        known = {b"CAPA": b"-ERR\r\n", b"LIST": b"+OK\r\n1 24\r\n.\r\n", b"UIDL": b"+OK\r\n1 abc\r\n.\r\n"}
        while (line := client.line()) and not line.startswith(b"RETR"):
            client.send(known.get(line, b"+OK\r\n"))
        client.send(b"+OK\r\n")
        client.socket.settimeout(0.05)
        for _ in range(200):
            try:
                client.socket.recv(1)
                return
            except TimeoutError:
                client.send(b"x")

    began = time.monotonic()
    with scripted(script) as running, opened(running.port) as session, pytest.raises(ServiceTimeoutError):
        session.raw("abc")

    assert time.monotonic() - began < 5


@pytest.mark.parametrize("limit", [100_000, 2_000_000], ids=["a long line", "a line over the limit"])
def test_a_line_has_no_limit_but_the_messages_own(limit: int) -> None:
    message = b"Subject: x\r\n\r\n" + b"y" * 1_500_000 + b"\r\n"
    with scripted(server({"RETR": b"+OK\r\n" + message + b".\r\n"})) as running:
        session = POP3Session.open(account(running.port).replace(max_message_size=limit))
        try:
            got = session.raw("abc")
        except ProtocolError:
            got = b""
        session.drop()

    assert got == (message if limit > len(message) else b"")


@pytest.mark.parametrize("answer", [b"+OK\r\n", b"+OK two messages\r\n", b"+OK 1\r\n", b"+OK -1 -1\r\n"])
def test_a_status_without_numbers_is_our_own_error(answer: bytes) -> None:
    with (
        scripted(server({"STAT": answer})) as running,
        opened(running.port) as session,
        pytest.raises(ProtocolError, match="STAT"),
    ):
        session.stat()


@pytest.mark.parametrize("said", [b"\r\n", b"IMPLEMENTATION \xc3\xa9\xff\r\n", b" \t\r\nSASL\r\n"])
def test_odd_capabilities_do_no_harm(said: bytes) -> None:
    with scripted(server({"CAPA": b"+OK\r\n" + said + b"TOP\r\n.\r\n"})) as running, opened(running.port) as session:
        assert "TOP" in session.capabilities


def test_a_size_that_is_no_number_counts_as_none() -> None:
    sizes = b"+OK\r\n1 many\r\n2 " + b"9" * 5000 + b"\r\n.\r\n"
    with scripted(server(TWO | {"LIST": sizes})) as running, opened(running.port) as session:
        assert [entry.size for entry in session.entries()] == [0, 0]


def test_a_server_that_knows_no_top_is_asked_for_it_once() -> None:
    with scripted(server(TWO | {"CAPA": b"-ERR\r\n", "TOP": b"-ERR\r\n"})) as running, opened(running.port) as session:
        for uidl in ("a", "b"):
            session.top(uidl)

    assert [line for line in running.received if line.startswith(b"TOP")] == [b"TOP 1 0"]
