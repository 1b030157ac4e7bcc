"""Whatever a server answers, the result is a value or an error of our tree, soon."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from flask_mailbox.account import Timeouts
from flask_mailbox.errors import (
    CommandError,
    MailboxError,
    MessageNotFoundError,
    ServiceError,
    UIDValidityChangedError,
)
from flask_mailbox.imap import IMAPSession, Search

from ..scripted import scripted
from .accounts import imap_account, session_of
from .scripts import GREETING, SELECTED, fetched, imap_script

ROW = (
    b'* 3 FETCH (UID 30 FLAGS (\\Seen $x) RFC822.SIZE 99 INTERNALDATE " 9-Feb-2024 01:02:03 +0000" BODYSTRUCTURE '
    b'(("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 5 1 NIL NIL NIL NIL)("IMAGE" "PNG" ("NAME" {4}\r\nname) '
    b'"<a@b>" NIL "BASE64" 77 NIL ("ATTACHMENT" ("FILENAME" "x")) NIL NIL) "MIXED" ("BOUNDARY" "x") NIL NIL) '
    b"BODY[HEADER.FIELDS (SUBJECT FROM)]<0> {33}\r\nSubject: hey\r\nFrom: a <a@b.c>\r\n\r\n)\r\n"
)
SESSION = GREETING.replace(b"MOVE", b"MOVE ESEARCH LIST-STATUS")
ROUNDS = 40
PATIENT = Timeouts(connect=5.0, read=5.0, operation=5.0)
HARMLESS = (CommandError, MessageNotFoundError, UIDValidityChangedError)
"""Errors after which a session may be used again."""

CASES: dict[str, tuple[dict[str, bytes], Callable[[IMAPSession], object]]] = {
    "page": ({"FETCH": ROW * 2}, lambda imap: imap.folder("INBOX").page()),
    "select": ({"EXAMINE": SELECTED}, lambda imap: imap.folder("INBOX").uidvalidity),
    "raw": ({"UID FETCH": fetched(2, 2, b"Subject: x\r\n\r\nbody")}, lambda imap: imap.folder("INBOX").message(2)),
    "parts": ({"UID FETCH": ROW.replace(b"UID 30", b"UID 2")}, lambda imap: imap.folder("INBOX").parts(2)),
    "search": (
        {"UID SEARCH": b'* ESEARCH (TAG "A1") UID ALL 1:3,9\r\n* SEARCH 1 2 3 (MODSEQ 9)\r\n'},
        lambda imap: imap.folder("INBOX").search(Search(subject="x")),
    ),
    "cursor": (
        {"SEARCH": b'* ESEARCH (TAG "A1") COUNT 3\r\n* SEARCH 1 2 3\r\n', "FETCH": ROW},
        lambda imap: imap.folder("INBOX").page(cursor="WzcsNDAsMF0"),
    ),
    "folders": (
        {
            "LIST": b'* LIST (\\HasNoChildren \\Sent) "/" "Sent"\r\n* LIST () NIL {5}\r\nInBoX\r\n'
            b'* STATUS "Sent" (MESSAGES 3 UNSEEN 1)\r\n',
            "STATUS": b"* STATUS InBoX (MESSAGES 3 UNSEEN 1) \r\n",
        },
        lambda imap: imap.folders(counts=True),
    ),
    "move": (
        {"UID MOVE": b"* OK [COPYUID 7 1:2 8:9] moved\r\n* 1 EXPUNGE\r\n"},
        lambda imap: imap.folder("INBOX").move([1, 2], "x"),
    ),
}


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes with a few cuts, doublings, and foreign or telling bytes."""
    pieces = (b"", b"\0", b"\r\n", b"* ", b"(" * 300, b")", b'"', b"{9}\r\n", b"\xff", b"NIL", b"9" * 5_000, b"[", b"]")
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 1, 3, 20)))
        data = data[:start] + chance.choice((*pieces, data[start:end] * 2)) + data[end:]
    return data


@pytest.mark.parametrize("name", CASES)
def test_a_mutated_answer_is_understood_or_refused(name: str) -> None:
    """And a session that may be used again gives the next command its own answer."""
    answers, act = CASES[name]
    chance = random.Random(name)  # noqa: S311 - the same mutations each time
    failed = used_again = 0
    for _ in range(ROUNDS):
        bent = {command: mutated(answer, chance) for command, answer in answers.items()}
        script = imap_script({**bent, "X-NEXT": b"* X-NEXT yes\r\n"}, greeting=SESSION)
        with scripted(script) as server, session_of(imap_account(server.port, timeouts=PATIENT)) as imap:
            error = outcome(imap, act)
            if isinstance(error, ServiceError) and not isinstance(error, HARMLESS):
                assert imap.stream.broken
            if imap.stream.broken:
                assert error is not None
                assert not imap.is_reusable
            elif imap.is_reusable:
                answer = imap.client.ask("X-NEXT")
                assert [response.text for response in answer.of("X-NEXT")] == [b"yes"]
                used_again += 1
            failed += error is not None

    assert used_again > 0
    assert failed > 0 or name in ("select", "folders", "move")


def outcome(imap: IMAPSession, act: Callable[[IMAPSession], object]) -> MailboxError | None:
    """Return the error of our tree that an act ends with; the server is soon taken for silent."""
    try:
        with imap.stream.operation(read=0.15):
            repr(act(imap))
    except MailboxError as error:
        return error
    return None


@pytest.mark.parametrize("name", CASES)
def test_the_answers_are_good_unless_mutated(name: str) -> None:
    answers, act = CASES[name]
    with scripted(imap_script(answers, greeting=SESSION)) as server, session_of(imap_account(server.port)) as imap:
        assert act(imap) or name == "cursor"
