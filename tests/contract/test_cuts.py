"""A recorded conversation of a real server, cut after every byte: our own error, and never half of anything.

Some cuts, chosen by a seed, are made in the suite; all of them with ``make soak``.
"""

from __future__ import annotations

import io
import random
import re
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from flask_mailbox.account import Account, Timeouts
from flask_mailbox.errors import ServiceError
from flask_mailbox.imap import IMAPSession, Search

from ..imap.accounts import imap_account, session_of
from ..scripted import Client, Script, ScriptedServer, scripted
from .server import ReadingServer

MESSAGE = (
    b"From: Bob <bob@mail.test>\r\nSubject: =?utf-8?b?5rWL6K+V?=\r\nMessage-ID: <1@mail.test>\r\nMIME-Version: 1.0\r\n"
    b"Date: Thu, 29 Feb 2024 12:00:00 +0100\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n"
    b"--x\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQF\r\n--x--\r\n"
)
STEPS: tuple[Callable[[IMAPSession], object], ...] = (
    lambda imap: imap.folder("INBOX").page(),
    lambda imap: imap.folder("INBOX").raw(1),
    lambda imap: saved(imap),
    lambda imap: imap.folder("INBOX").open_part(1, "1").read(),
    lambda imap: imap.folder("INBOX").search(Search(subject="测试")).uids,
    lambda imap: imap.folders(),
    lambda imap: imap.folder("INBOX").add_flags(1, ["\\Seen"]),
    lambda imap: sorted(imap.folder("INBOX").changes().new),
)
"""What is asked one after the other."""


def saved(imap: IMAPSession) -> bytes:
    file = io.BytesIO()
    imap.folder("INBOX").save_part(1, "2", file)
    return file.getvalue()


@dataclass
class Conversation:
    """What a client and a server said in turn, and what the client made of it."""

    user: str
    password: str
    turns: list[tuple[bytes, bytes]] = field(default_factory=list)
    results: list[object] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes that the server said."""
        return sum(len(answer) for _, answer in self.turns)

    def account(self, server: ScriptedServer) -> Account:
        """The account of who spoke, at another server."""
        timeouts = Timeouts(connect=5.0, read=5.0, operation=20.0)
        return imap_account(server.port, user=self.user, password=self.password, timeouts=timeouts)

    def relay(self, port: int) -> Script:
        """Stand between a client and the server, and note what is said."""

        def play(client: Client) -> None:
            with socket.create_connection(("localhost", port)) as server:
                asked, answered = b"", b""
                while True:
                    ready, _, _ = select.select([client.socket, server], [], [], 10)
                    data = ready[0].recv(65536) if ready else b""
                    if not data:
                        self.turns.append((asked, answered))
                        return
                    if ready[0] is server:
                        answered += data
                        client.send(data)
                        continue
                    if answered:
                        self.turns.append((asked, answered))
                        asked, answered = b"", b""
                    asked += data
                    server.sendall(data)

        return play

    def cut(self, place: int) -> Script:
        """Say the server's part again up to a byte, and close; tags are those of the new client."""

        def play(client: Client) -> None:
            left = place
            for asked, answer in self.turns:
                said = client.read(len(asked))
                answer = re.sub(rb"(?m)^%b(?=\d+ )" % (asked[:4] or b"-"), said[:4], answer)
                client.send(answer[:left])
                left -= len(answer)
                if left <= 0:
                    return

        return play


@pytest.fixture
def conversation(reading_server: ReadingServer) -> Conversation:
    """A conversation with a server that has one message."""
    recorded = Conversation(*reading_server.new_user())
    reading_server.deliver(MESSAGE, recorded.user)
    with scripted(recorded.relay(reading_server.ports["imap"])) as relay, session_of(recorded.account(relay)) as imap:
        recorded.results = [step(imap) for step in STEPS]
    goodbye, _ = recorded.turns.pop()
    assert b"LOGOUT" in goodbye
    return recorded


def replay(recorded: Conversation, place: int) -> list[object]:
    """Ask the same again of a server that breaks off, and return what was answered before the error that must come."""
    results: list[object] = []
    imap = None
    with scripted(recorded.cut(place)) as server:
        try:
            imap = IMAPSession.open(recorded.account(server))
            for step in STEPS:
                results.append(step(imap))
            assert place >= recorded.size
        except ServiceError:
            assert place < recorded.size
            assert imap is None or not imap.is_reusable
        finally:
            if imap is not None:
                imap.drop()
    return results


def check(recorded: Conversation, places: range | list[int]) -> None:
    assert recorded.size > 2_000
    assert len(recorded.results) == len(STEPS)
    for place in places:
        results = replay(recorded, place)
        assert results == recorded.results[: len(results)], place


def test_a_recorded_conversation_is_understood_again_whole(conversation: Conversation) -> None:
    assert replay(conversation, conversation.size) == conversation.results


def test_a_conversation_cut_somewhere_is_an_error_and_never_half_an_answer(conversation: Conversation) -> None:
    chance = random.Random(11)  # noqa: S311 - the same cuts each time
    check(conversation, chance.sample(range(conversation.size), 300))


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_conversation_cut_after_every_byte_is_an_error_and_never_half_an_answer(conversation: Conversation) -> None:
    check(conversation, range(min(conversation.size, 8_000)))
