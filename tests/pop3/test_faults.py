"""POP3 servers that break the rules: our own error or the right result, on time."""

from __future__ import annotations

import pytest

from flask_mailbox import BusyError, CommandError, Protocol, ProtocolError, ServiceError
from flask_mailbox.account import Account, Credential, Endpoint, Secret, Security
from flask_mailbox.pop3 import POP3Session

from ..scripted import Client, Script, scripted
from ..smtp.accounts import smtp_account

MESSAGE = b"Subject: hello\r\n\r\ntext\r\n"


def account(port: int) -> Account:
    return smtp_account(port).replace(
        pop3=Endpoint(Protocol.POP3, "localhost", port, Security.NONE),
        credential=Credential("ann@demo.test", Secret("secret")),
    )


def server(answers: dict[str, bytes] | None = None, *, greeting: bytes = b"+OK ready\r\n") -> Script:
    """Return a script that answers by command; an empty answer closes the connection."""
    known = {
        "CAPA": b"+OK\r\nUIDL\r\nTOP\r\nUSER\r\n.\r\n",
        "LIST": b"+OK\r\n1 24\r\n.\r\n",
        "UIDL": b"+OK\r\n1 abc\r\n.\r\n",
        "TOP": b"+OK\r\nSubject: hello\r\n\r\n.\r\n",
        "RETR": b"+OK\r\n" + MESSAGE + b".\r\n",
    } | (answers or {})

    def script(client: Client) -> None:
        client.send(greeting)
        while line := client.line().decode():
            answer = known.get(line.split(" ")[0], b"+OK\r\n")
            if not answer:
                return
            client.send(answer)

    return script


def read(port: int) -> bytes:
    session = POP3Session.open(account(port))
    try:
        raw = session.raw(session.entries()[0].uidl)
        session.finish()
    finally:
        session.drop()
    return raw


def test_a_well_behaved_server_is_read() -> None:
    with scripted(server()) as running:
        assert read(running.port) == MESSAGE

    assert [line for line in running.received if line][-2:] == [b"RETR 1", b"QUIT"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"-ERR [IN-USE] locked\r\n", BusyError),
        (b"-ERR [LOGIN-DELAY] wait\r\n", BusyError),
        (b"-ERR [SYS/TEMP] later\r\n", BusyError),
        (b"-ERR [AUTH] wrong\r\n", ServiceError),
    ],
)
def test_refused_sign_ins_are_told_apart(answer: bytes, kind: type[ServiceError]) -> None:
    with scripted(server({"PASS": answer})) as running, pytest.raises(kind) as raised:
        read(running.port)

    assert raised.value.transient is (kind is BusyError)


def test_a_server_without_uidl_gets_names_made_of_headers_and_size() -> None:
    with scripted(server({"UIDL": b"-ERR unknown\r\n"})) as running:
        first, second = (POP3Session.open(account(running.port)) for _ in range(2))
        names = [session.entries()[0].uidl for session in (first, second)]
        for session in (first, second):
            session.drop()

    assert names[0] == names[1]
    assert names[0].startswith("made-")


def test_a_name_that_stands_twice_is_made_unique() -> None:
    twice = {"LIST": b"+OK\r\n1 24\r\n2 24\r\n.\r\n", "UIDL": b"+OK\r\n1 abc\r\n2 abc\r\n.\r\n"}
    with scripted(server(twice)) as running:
        session = POP3Session.open(account(running.port))
        names = [entry.uidl for entry in session.entries()]
        session.drop()

    assert names == ["abc", "abc#2"]


def test_uidl_lines_with_a_prefix_and_several_blanks_are_understood() -> None:
    with scripted(server({"UIDL": b"+OK\r\n+OK 1   abc\r\nnonsense\r\n.\r\n"})) as running:
        session = POP3Session.open(account(running.port))
        assert session.entries()[0].uidl == "abc"
        session.drop()


def test_a_server_without_top_gives_the_whole_message() -> None:
    with scripted(server({"TOP": b"-ERR unknown\r\n"})) as running:
        session = POP3Session.open(account(running.port))
        message = session.top("abc")
        session.drop()

    assert (message.text or "").strip() == "text"


def test_a_server_without_capa_is_signed_in_to_by_user_and_pass() -> None:
    with scripted(server({"CAPA": b"-ERR what\r\n"})) as running:
        assert read(running.port) == MESSAGE

    assert b"USER ann@demo.test" in running.received


def test_apop_keeps_the_password_off_a_clear_wire() -> None:
    with scripted(server(greeting=b"+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n")) as running:
        read(running.port)

    sent = b"\n".join(running.received)
    assert b"APOP ann@demo.test " in sent
    assert b"secret" not in sent


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


def test_answers_are_matched_to_messages_when_one_of_them_is_refused() -> None:
    """The server offers pipelining; the second of three messages is refused."""
    answers = [b"+OK\r\n" + MESSAGE + b".\r\n", b"-ERR [SYS/TEMP] busy\r\n", b"+OK\r\nother\r\n.\r\n"]
    known = {
        "CAPA": b"+OK\r\nPIPELINING\r\n.\r\n",
        "LIST": b"+OK\r\n1 24\r\n2 24\r\n3 24\r\n.\r\n",
        "UIDL": b"+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n",
    }

    def script(client: Client) -> None:
        client.send(b"+OK ready\r\n")
        while line := client.line().decode():
            word, _, number = line.partition(" ")
            client.send(answers[int(number) - 1] if word == "RETR" else known.get(word, b"+OK\r\n"))

    with scripted(script) as running:
        session = POP3Session.open(account(running.port))
        fetching = session.raws(["a", "b", "c"])
        assert next(fetching) == ("a", MESSAGE)
        with pytest.raises(BusyError):
            next(fetching)
        broken = session.stream.broken
        session.drop()

    assert broken


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
