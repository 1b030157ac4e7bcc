"""Literals: counted in bytes whatever the characters, and sent without waiting only where the server takes that."""

from __future__ import annotations

import re
import select

import pytest

from flask_mailbox.imap import IMAPSession, Search

from ..scripted import Client, Script, scripted
from .accounts import imap_account, session_of
from .scripts import SELECTED

TEXTS = {
    "two bytes a character": "é" * 70,
    "four bytes": "\U0001f600",
    "mixed": "a é 测试 \U0001f600 z",
    "Chinese": "测" * 1_000,
}
OFFERS = {"LITERAL+": (True, True), "LITERAL-": (True, False), "": (False, False)}
"""By capability, whether short and long literals go without waiting."""

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")


class Recorder:
    """A server that reads what it is sent by the announced sizes alone, so that a wrong count shows.

    :param literals: Each literal, and whether it was sent without waiting.
    :param lines: What stood around the literals, by command.
    """

    def __init__(self, offer: str) -> None:
        self.greeting = f"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS {offer}] ready\r\n".encode()
        self.literals: list[tuple[bytes, bool]] = []
        self.lines: list[bytes] = []
        self.early = False

    def script(self) -> Script:
        """Return what plays it."""

        def play(client: Client) -> None:
            client.send(self.greeting)
            while line := self.command(client):
                tag, _, rest = line.partition(b" ")
                self.lines.append(rest)
                answers = {b"EXAMINE": SELECTED, b"SELECT": SELECTED, b"UID": b"* SEARCH 2\r\n"}
                client.send(answers.get(rest.split(b" ")[0], b"") + tag + b" OK done\r\n")

        return play

    def command(self, client: Client) -> bytes:
        """Read a command, with ``{}`` where its literals were."""
        whole = b""
        while found := _LITERAL.search(line := client.line()):
            if not found[2]:
                self.early |= bool(select.select([client.socket], [], [], 0.05)[0])
                client.send(b"+ go on\r\n")
            self.literals.append((client.exactly(int(found[1])), bool(found[2])))
            whole += line[: found.start()] + b"{}"
        return whole + line


def search(imap: IMAPSession, text: str) -> None:
    assert imap.folder("INBOX").search(Search(subject=text) & Search(body="plain")).uids == (2,)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("offer", OFFERS)
def test_a_word_to_search_for_is_counted_in_bytes(offer: str, text: str) -> None:
    recorder, word = Recorder(offer), TEXTS[text]
    with scripted(recorder.script()) as server, session_of(imap_account(server.port)) as imap:
        search(imap, word)
        imap.noop()

    assert recorder.literals == [(word.encode(), OFFERS[offer][0])]
    assert recorder.lines[-3:] == [b'UID SEARCH CHARSET UTF-8 SUBJECT {} BODY "plain"', b"NOOP", b"LOGOUT"]
    assert not recorder.early


@pytest.mark.parametrize("offer", OFFERS)
def test_several_literals_in_one_command_each_have_their_own_count(offer: str) -> None:
    recorder = Recorder(offer)
    words = ["é", "\U0001f600" * 3, "测试 {3}"]
    with scripted(recorder.script()) as server, session_of(imap_account(server.port)) as imap:
        imap.folder("INBOX").search(Search(subject=words[0]) | Search(from_=words[1]) | Search(text=words[2]))
        imap.noop()

    assert sorted(data for data, _ in recorder.literals) == sorted(word.encode() for word in words)
    assert {at_once for _, at_once in recorder.literals} == {OFFERS[offer][0]}
    assert recorder.lines[-2:] == [b"NOOP", b"LOGOUT"]


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("size", [10, 10_000])
def test_a_message_to_be_filed_is_counted_in_bytes(offer: str, size: int) -> None:
    recorder = Recorder(offer)
    raw = f"Subject: 测试\r\n\r\n{'é' * size}\r\n".encode()
    with scripted(recorder.script()) as server, session_of(imap_account(server.port)) as imap:
        imap.folder("INBOX").append(raw, flags=["\\Seen"])
        imap.noop()

    assert recorder.literals[0][0] == raw
    assert recorder.literals[0][1] == OFFERS[offer][size > 1_000]
    assert any(
        line == b"APPEND INBOX (\\Seen) {}" or line.startswith(b'APPEND "INBOX" (\\Seen) {}') for line in recorder.lines
    )
    assert recorder.lines[-2:] == [b"NOOP", b"LOGOUT"]
    assert not recorder.early
