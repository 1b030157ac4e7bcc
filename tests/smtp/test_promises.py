"""What a receipt says, whatever a server does at whatever step: one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from flask_mailbox import Message, ServiceError

from ..apps import mailbox_app
from ..scripted import scripted
from .scripts import CHUNKING, CLOSE, PIPELINING, THANKS, smtp_script

BOB, CAROL = "bob@demo.test", "carol@demo.test"
ALL = frozenset({BOB, CAROL})
WAYS = {"one by one": ("SIZE 10000",), "pipelined": PIPELINING, "chunked": CHUNKING}


@dataclass(frozen=True)
class Promise:
    """An outcome: an error raised, or who is in which state."""

    accepted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    error: str = ""
    permanent: bool | None = field(default=None, compare=False)
    chunked: Promise | None = field(default=None, compare=False)


SENT = Promise(accepted=ALL)
UNKNOWN = Promise(unknown=ALL)
REFUSED = Promise(refused=ALL, permanent=True)
NOT_NOW = Promise(refused=ALL, permanent=False)
LOST_EARLY = Promise(error="DisconnectedError", permanent=False, chunked=UNKNOWN)
LOST_LATER = Promise(refused=ALL, permanent=False, chunked=UNKNOWN)

PROMISES: list[tuple[str, Mapping[str, bytes], bytes | None, Promise]] = [
    ("closes instead of a greeting", {"greeting": CLOSE}, None, Promise(error="DisconnectedError", permanent=False)),
    ("is too busy", {"greeting": b"421 too many\r\n"}, None, Promise(error="CommandError", permanent=False)),
    ("lets nobody in", {"greeting": b"554 go away\r\n"}, None, Promise(error="CommandError", permanent=True)),
    ("greets with nonsense", {"greeting": b"hello\r\n"}, None, Promise(error="ProtocolError", permanent=True)),
    ("closes at EHLO", {"EHLO": CLOSE}, None, Promise(error="DisconnectedError", permanent=False)),
    ("knows only HELO", {"EHLO": b"502 what\r\n"}, None, SENT),
    ("refuses HELO too", {"EHLO": b"502 a\r\n", "HELO": b"550 b\r\n"}, None, Promise(error="CommandError")),
    ("closes at MAIL", {"MAIL": CLOSE}, None, LOST_EARLY),
    ("refuses the sender", {"MAIL": b"553 5.7.1 not yours\r\n"}, None, Promise(error="CommandError", permanent=True)),
    ("defers the sender", {"MAIL": b"451 4.3.0 later\r\n"}, None, Promise(error="CommandError", permanent=False)),
    ("says goodbye at MAIL", {"MAIL": b"421 4.7.0 bye\r\n"}, None, Promise(error="CommandError", permanent=False)),
    ("answers MAIL in 8 KB", {"MAIL": b"250 " + b"x" * 8000 + b"\r\n"}, None, SENT),
    ("answers MAIL in GB18030", {"MAIL": "250 好的\r\n".encode("gb18030")}, None, SENT),
    ("answers MAIL without end", {"MAIL": b"250-x\r\n" * 300}, None, Promise(error="ProtocolError", chunked=UNKNOWN)),
    ("closes at the first RCPT", {"RCPT": CLOSE}, None, LOST_EARLY),
    ("closes at the last RCPT", {f"RCPT TO:<{CAROL}>": CLOSE}, None, LOST_LATER),
    ("refuses one", {f"RCPT TO:<{CAROL}>": b"550 5.1.1 no\r\n"}, None, Promise(frozenset({BOB}), frozenset({CAROL}))),
    ("greylists all", {"RCPT": b"451 4.7.1 greylisted\r\n"}, None, NOT_NOW),
    ("has full boxes", {"RCPT": b"452 4.2.2 full\r\n"}, None, NOT_NOW),
    ("relays for nobody", {"RCPT": b"550 5.7.1 relaying denied\r\n"}, None, REFUSED),
    ("forwards by 251", {"RCPT": b"251 will forward\r\n"}, None, SENT),
    ("closes at DATA", {"DATA": CLOSE}, None, Promise(refused=ALL, permanent=False, chunked=SENT)),
    ("refuses DATA", {"DATA": b"554 5.7.1 no\r\n"}, None, Promise(refused=ALL, permanent=True, chunked=SENT)),
    ("defers DATA", {"DATA": b"451 4.3.0 no\r\n"}, None, Promise(refused=ALL, permanent=False, chunked=SENT)),
    ("closes at the content", {}, CLOSE, UNKNOWN),
    ("takes the content for spam", {}, b"554 5.7.1 spam\r\n", REFUSED),
    ("throttles at the content", {}, b"450 4.7.1 slow down\r\n", NOT_NOW),
    ("says goodbye at the content", {}, b"421 4.3.2 bye\r\n", NOT_NOW),
    ("answers the content in nonsense", {}, b"what?\r\n", UNKNOWN),
    ("closes after the content", {}, b"250 2.0.0 queued as 1\r\n", SENT),
    ("adds NULs to its thanks", {}, b"250 ok\0\0\r\n", SENT),
    ("answers twice", {}, b"250 ok\r\n250 ok\r\n", SENT),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("answers", "content", "promise"), [row[1:] for row in PROMISES], ids=[row[0] for row in PROMISES]
)
def test_a_server_that(answers: Mapping[str, bytes], content: bytes | None, promise: Promise, way: str) -> None:
    offers = WAYS[way] if "EHLO" not in answers else ()
    expected = promise.chunked or promise if way == "chunked" and offers else promise
    contents: list[bytes] = []
    thanks = THANKS if content is None else content
    script = smtp_script(answers, offers=offers, content=thanks, contents=contents)

    with scripted(script, smtp_script(contents=contents)) as running:
        found = outcome(running.port)
        again = outcome(running.port)

    assert found == expected
    if expected.permanent is not None:
        assert found.permanent == expected.permanent
    assert again == SENT
    assert len(contents) <= 2


def outcome(port: int) -> Promise:
    """Send one message to two people and tell what was promised, and whether for good."""
    host, mailbox = mailbox_app({"MAILBOX_SMTP": f"smtp://127.0.0.1:{port}", "MAILBOX_SENDER": "ann@demo.test"})
    with host.app_context():
        try:
            receipt = mailbox.send(Message("x", recipients=[BOB, CAROL], body="x"))
        except ServiceError as error:
            return Promise(error=type(error).__name__, permanent=not error.transient)
        finally:
            mailbox.state.pool.close()
    permanent = {refusal.permanent for refusal in receipt.refused.values()}
    return Promise(
        frozenset(receipt.accepted),
        frozenset(receipt.refused),
        frozenset(receipt.unknown),
        permanent=permanent.pop() if len(permanent) == 1 else None,
    )
