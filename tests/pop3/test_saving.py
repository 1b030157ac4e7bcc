"""A message streamed into a file: the same bytes as in memory, in little of it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailbox import CommandError, DisconnectedError, MessageError, MessageNotFoundError, ProtocolError
from flask_mailbox.devserver import MailServer
from flask_mailbox.pop3.dots import single_dots

from ..apps import mailbox_of
from ..scripted import Client, Script, scripted
from .maildrops import opened, server

BODIES = {
    "empty": b"",
    "a dot": b".\r\n",
    "dots": b"..\r\n.\r\n...x\r\n",
    "text": b"Subject: x\r\n\r\n.hello\r\n..\r\nend\r\n",
    "a blank line": b"\r\n",
    "long": b"Subject: x\r\n\r\n" + b".%b\r\n" % (b"x" * 70_000) * 5,
}


def stuffed(content: bytes) -> bytes:
    """Return a message as a server sends it (RFC 1939, 3)."""
    return b"".join(b"." + line if line.startswith(b".") else line for line in content.splitlines(keepends=True))


@given(
    content=st.lists(st.sampled_from([b".", b"..", b"x", b"\r", b"", b".\r."])).map(lambda lines: b"\r\n".join(lines)),
    cuts=st.lists(st.integers(1, 4)),
)
def test_dots_become_single_however_the_pieces_are_cut(content: bytes, cuts: list[int]) -> None:
    sent = content.replace(b"\r\n.", b"\r\n..")
    sent = b"." + sent if sent.startswith(b".") else sent
    pieces = []
    for size in cuts:
        pieces.append(sent[:size])
        sent = sent[size:]

    assert b"".join(single_dots([*pieces, sent])) == content


@pytest.mark.parametrize("content", BODIES.values(), ids=BODIES)
def test_a_file_gets_what_memory_would(content: bytes) -> None:
    answers = {"LIST": b"+OK\r\n1 %d\r\n.\r\n" % len(content), "RETR": b"+OK\r\n" + stuffed(content) + b".\r\n"}
    file = io.BytesIO()
    with scripted(server(answers)) as running, opened(running.port) as session:
        size = session.save("abc", file)
        again = session.raw("abc")
        session.noop()

    assert file.getvalue() == again == content
    assert size == len(content)


def test_the_answer_may_come_byte_by_byte() -> None:
    def drip(client: Client, line: str) -> bytes:
        for byte in b"+OK\r\n" + stuffed(BODIES["text"]) + b".\r":
            client.send(bytes((byte,)))
        return b"\n"

    file = io.BytesIO()
    with scripted(server(retr=drip)) as running, opened(running.port) as session:
        session.save("abc", file)

    assert file.getvalue() == BODIES["text"]


def test_what_is_fetched_besides_comes_whole_too() -> None:
    numbers = b"".join(b"%d u%d\r\n" % (number, number) for number in range(1, 6))
    answers = {
        "CAPA": b"+OK\r\nPIPELINING\r\n.\r\n",
        "UIDL": b"+OK\r\n" + numbers + b".\r\n",
        "LIST": b"+OK\r\n" + b"".join(b"%d 20\r\n" % number for number in range(1, 6)) + b".\r\n",
    }

    def retr(client: Client, line: str) -> bytes:
        return b"+OK\r\nSubject: %b\r\n\r\n.\r\n" % line.split()[1].encode()

    with scripted(server(answers, retr=retr)) as running, opened(running.port) as session:
        for number, (_, raw) in enumerate(session.raws([f"u{number}" for number in range(1, 6)]), 1):
            file = io.BytesIO()
            session.save("u5", file)
            assert (raw, file.getvalue()) == (b"Subject: %d\r\n\r\n" % number, b"Subject: 5\r\n\r\n")


FAULTS: dict[str, tuple[Script, type[Exception]]] = {
    "refused": (server({"RETR": b"-ERR no such message\r\n"}), CommandError),
    "cut": (server(retr=lambda client, line: client.send(b"+OK\r\nSubject: x\r\n") or b""), DisconnectedError),
    "endless": (
        server(retr=lambda client, line: client.send(b"+OK\r\n" + b"x" * 31_000_000) or b""),
        ProtocolError,
    ),
    "no POP3": (server({"RETR": b"* OK\r\n"}), ProtocolError),
}


@pytest.mark.parametrize(("script", "error"), FAULTS.values(), ids=FAULTS)
def test_what_goes_wrong_is_an_error_of_ours(script: Script, error: type[Exception]) -> None:
    with scripted(script) as running, opened(running.port) as session, pytest.raises(error):
        session.save("abc", io.BytesIO())


def test_a_message_beyond_the_limit_is_not_asked_for() -> None:
    with (
        scripted(server({"LIST": b"+OK\r\n1 99999999999\r\n.\r\n"})) as running,
        opened(running.port) as session,
        pytest.raises(MessageError, match="MAX_MESSAGE_SIZE"),
    ):
        session.save("abc", io.BytesIO())

    assert not any(line.startswith(b"RETR") for line in running.received)


def test_an_unknown_name_is_told() -> None:
    with (
        scripted(server()) as running,
        opened(running.port) as session,
        pytest.raises(MessageNotFoundError),
    ):
        session.save("other", io.BytesIO())


def test_a_large_message_passes_in_small_pieces(mailserver: MailServer) -> None:
    class Pieces(io.BytesIO):
        largest = 0

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.largest = max(self.largest, len(data))
            return super().write(data)

    raw = b"Subject: large\r\n\r\n" + (b"." + b"x" * 97 + b"\r\n") * 100_000
    mailserver.deliver(raw, "ann@demo.test")
    file = Pieces()
    with mailbox_of(mailserver.config("ann@demo.test")) as mailbox, mailbox.pop3() as pop3:
        (entry,) = pop3.entries()
        size = pop3.save(entry.uidl, file)

    assert size == len(raw)
    assert file.getvalue() == raw
    assert file.largest < 200_000
