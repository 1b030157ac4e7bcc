"""The stream: every wait ends, and every failure names account, protocol, host and a cure."""

from __future__ import annotations

import re
import socket
import time

import pytest

from flask_mailbox import (
    CommandError,
    ConnectError,
    DisconnectedError,
    Protocol,
    ProtocolError,
    Security,
    ServiceTimeoutError,
    TLSError,
    UsageError,
)
from flask_mailbox.account import Endpoint, Timeouts
from flask_mailbox.net import Stream

from ..scripted import Client, scripted
from ..smtp.accounts import smtp_account


def connect(port: int, **changes: object) -> Stream:
    return Stream.open(smtp_account(port, **changes), Protocol.SMTP)  # type: ignore[arg-type]


def test_lines_and_bytes_come_as_they_were_sent() -> None:
    def script(client: Client) -> None:
        client.send(b"one\r\ntwo\nthree")
        client.until_closed()

    with scripted(script) as server:
        stream = connect(server.port)
        got = stream.readline(), stream.readline(), stream.read(5)
        stream.close()

    assert got == (b"one\r\n", b"two\n", b"three")


def test_a_pattern_takes_what_it_matches_at_the_front_and_leaves_the_rest() -> None:
    def script(client: Client) -> None:
        client.send(b"one\r\ntwo")
        client.until_closed()

    line = re.compile(rb"(\w+)\r\n")
    with scripted(script) as server:
        stream = connect(server.port)
        got = stream.take(line), stream.take(line), stream.read(3)
        stream.close()

    assert got == ((b"one",), None, b"two")


def test_a_line_may_have_as_many_bytes_as_the_limit_and_not_one_more() -> None:
    def script(client: Client) -> None:
        client.send(b"x" * 9 + b"\n" + b"x" * 10 + b"\n")
        client.until_closed()

    with scripted(script) as server:
        stream = connect(server.port)
        assert stream.readline(10) == b"x" * 9 + b"\n"
        with pytest.raises(ProtocolError, match="more than 10 bytes"):
            stream.readline(10)
        stream.close()

    assert stream.broken


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    def script(client: Client) -> None:
        for _ in range(1000):
            client.send(b"x" * 65536)

    with scripted(script) as server:
        stream = connect(server.port)
        with pytest.raises(ProtocolError):
            stream.readline()
        stream.close()


@pytest.mark.parametrize("pause", [0.05, None], ids=["a byte now and then", "silence"])
def test_an_operation_ends_on_time_whatever_the_server_drips(pause: float | None) -> None:
    def script(client: Client) -> None:
        client.socket.settimeout(pause)
        for _ in range(200):
            try:
                if not client.socket.recv(1):
                    return
            except TimeoutError:
                client.send(b"x")

    began = time.monotonic()
    with scripted(script) as server:
        stream = connect(server.port, timeouts=Timeouts(connect=1, read=0.4, operation=0.8))
        with pytest.raises(ServiceTimeoutError), stream.operation():
            stream.readline()
        stream.close()

    assert time.monotonic() - began < 3
    assert stream.broken


def test_a_flood_ends_with_the_operation() -> None:
    def script(client: Client) -> None:
        while True:
            client.send(b"* 1 EXISTS\r\n" * 1000)

    with scripted(script) as server:
        stream = connect(server.port, timeouts=Timeouts(connect=1, read=1, operation=0.3))
        with pytest.raises(ServiceTimeoutError), stream.operation():
            while True:
                stream.readline()
        stream.close()


def test_a_server_that_takes_nothing_does_not_hold_the_sender() -> None:
    def script(client: Client) -> None:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        time.sleep(2)

    with scripted(script) as server:
        stream = connect(server.port, timeouts=Timeouts(connect=1, read=0.3, operation=0.5))
        with pytest.raises(ServiceTimeoutError), stream.operation():
            stream.sendall(b"x" * 20_000_000)
        stream.close()


def test_the_end_in_the_middle_of_a_line_is_a_disconnection() -> None:
    with scripted(lambda client: client.send(b"half a li")) as server:
        stream = connect(server.port)
        with pytest.raises(DisconnectedError) as raised:
            stream.readline()
        stream.close()

    assert (raised.value.account, raised.value.protocol, raised.value.host) == (
        "test",
        "smtp",
        f"localhost:{server.port}",
    )


def test_a_closed_port_is_named_with_its_cure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConnectError, match="refused") as raised:
        connect(port)

    assert f"localhost:{port}" in str(raised.value)
    assert "Check host and port" in raised.value.hint
    assert raised.value.transient


def test_an_unknown_host_is_named_with_its_cure() -> None:
    account = smtp_account(25).replace(smtp=Endpoint(Protocol.SMTP, "no-such-host.invalid", 25, Security.NONE))
    with pytest.raises(ConnectError, match=r"'no-such-host\.invalid' was not found") as raised:
        Stream.open(account, Protocol.SMTP)

    assert "spelling" in raised.value.hint


def test_tls_on_a_port_that_speaks_plain_text_is_said_so() -> None:
    def script(client: Client) -> None:
        client.send(b"220 plain text here\r\n")
        client.until_closed()

    with scripted(script) as server, pytest.raises(TLSError, match="does not speak TLS"):
        connect(server.port, smtp=Endpoint(Protocol.SMTP, "localhost", server.port, Security.TLS))


@pytest.mark.parametrize(
    ("protocol", "port", "used", "advice"),
    [
        ("smtp", 587, Security.TLS, "Port 587 usually speaks STARTTLS: try smtp+starttls://"),
        ("smtp", 465, Security.STARTTLS, "Port 465 usually speaks TLS from the first byte: try smtps://"),
        ("imap", 143, Security.TLS, "Port 143 usually speaks STARTTLS: try imap+starttls://"),
        ("pop3", 995, Security.STARTTLS, "Port 995 usually speaks TLS from the first byte: try pop3s://"),
        ("imap", 993, Security.TLS, ""),
        ("imap", 1993, Security.STARTTLS, ""),
    ],
)
def test_a_port_that_usually_speaks_otherwise_is_advised(protocol: str, port: int, used: str, advice: str) -> None:
    from flask_mailbox.net.tls import port_hint

    assert port_hint(protocol, port, used) == advice


def test_a_protocol_that_the_account_does_not_have_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no IMAP server"):
        Stream.open(smtp_account(25), Protocol.IMAP)


def test_readable_tells_of_a_goodbye_without_waiting() -> None:
    told = []

    def script(client: Client) -> None:
        client.line()
        client.send(b"421 bye\r\n")
        client.until_closed()

    with scripted(script) as server:
        stream = connect(server.port)
        told.append(stream.readable())
        stream.sendall(b"go\r\n")
        until = time.monotonic() + 5
        while not stream.readable() and time.monotonic() < until:
            time.sleep(0.01)
        told.append(stream.readable())
        stream.close()

    assert told == [False, True]


def test_after_a_failure_no_new_operation_begins() -> None:
    """What comes then may be the answer to something else."""

    def script(client: Client) -> None:
        client.line()
        client.send(b"late\r\n")
        client.until_closed()

    with scripted(script) as server:
        stream = connect(server.port)
        with pytest.raises(ServiceTimeoutError), stream.operation():
            stream.readline()
        stream.sendall(b"go\r\n")
        with pytest.raises(DisconnectedError, match="earlier failure"), stream.operation():
            stream.readline()
        stream.close()


def test_a_refusal_is_no_failure() -> None:
    def script(client: Client) -> None:
        client.send(b"one\r\ntwo\r\n")
        client.until_closed()

    with scripted(script) as server:
        stream = connect(server.port)
        with pytest.raises(CommandError), stream.operation():
            stream.readline()
            raise stream.error(CommandError, "Refused.")
        with stream.operation():
            assert stream.readline() == b"two\r\n"
        stream.close()


def test_an_inner_operation_ends_with_the_outer_one_unless_more_is_announced() -> None:
    with scripted(lambda client: client.until_closed()) as server:
        stream = connect(server.port, timeouts=Timeouts(connect=1, read=1, operation=10))
        with stream.operation() as outer, stream.operation() as inner:
            assert inner is outer
            stream.expect(65536 * 50)
            assert 58 < outer.left() <= 60
            with stream.operation(at_least=100):
                assert outer.left() > 99
        stream.close()


def test_plain_text_behind_the_answer_to_starttls_is_never_used() -> None:
    with scripted(lambda client: (client.send(b"220 go\r\n250 forged\r\n"), client.until_closed())) as server:  # type: ignore[func-returns-value]
        stream = connect(server.port)
        assert stream.readline() == b"220 go\r\n"
        with pytest.raises(TLSError, match="may be forged"):
            stream.start_tls()
        stream.close()


def test_a_mark_that_does_not_come_in_time_is_refused() -> None:
    with scripted(lambda client: (client.send(b"x" * 100), client.until_closed())) as server:  # type: ignore[func-returns-value]
        stream = connect(server.port)
        with pytest.raises(ProtocolError, match="more than 50 bytes"):
            stream.read_until(b"\r\n.\r\n", 50)
        stream.close()


@pytest.mark.parametrize("pieces", [1, 2, 3, 7, 100])
def test_a_mark_is_found_however_the_bytes_are_cut(pieces: int) -> None:
    data = b"one\r\n.\rtwo\r\n.\r\nrest"

    def script(client: Client) -> None:
        for start in range(0, len(data), pieces):
            client.send(data[start : start + pieces])
        client.until_closed()

    with scripted(script) as server:
        stream = connect(server.port)
        got = stream.read_until(b"\r\n.\r\n", 100), stream.peek(2), stream.read(4)
        stream.close()

    assert got == (b"one\r\n.\rtwo", b"re", b"rest")
