"""Conversations for the scripted server: a well-behaved IMAP server, bent where a test wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..scripted import Client, Script

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+ UIDPLUS MOVE] ready\r\n"
SELECTED = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 4] ok\r\n"

Answer = bytes | Callable[[Client, bytes], None]


def imap_script(answers: Mapping[str, Answer] | None = None, *, greeting: bytes = GREETING) -> Script:
    """Return a script that answers each command by name, ``OK`` to all that are not named.

    :param answers: What comes before the tagged OK; with ``{tag}`` in it, all that comes. Or a function that
        gets the client and the tag and does the rest.
    """
    known: dict[str, Answer] = {"SELECT": SELECTED, "EXAMINE": SELECTED, **(answers or {})}

    def play(client: Client) -> None:
        client.send(greeting)
        while line := client.line():
            tag, _, rest = line.partition(b" ")
            words = rest.split(b" ")
            name = b" ".join(words[: 2 if words[0] == b"UID" else 1]).decode().upper()
            answer = known.get(name, b"")
            if callable(answer):
                answer(client, tag)
                continue
            if b"{tag}" in answer:
                client.send(answer.replace(b"{tag}", tag))
            else:
                client.send(answer + tag + b" OK done\r\n")

    return play


def fetched(number: int, uid: int, body: bytes) -> bytes:
    """A FETCH answer with a whole message."""
    return b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (number, uid, len(body), body)
