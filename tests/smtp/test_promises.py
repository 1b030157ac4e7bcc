"""What a receipt says, whatever a server does at whatever step, and that the pool is good afterwards: three tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flask_mailbox import Mailbox, Message, ServiceError
from flask_mailbox.devserver.certificate import Certificates
from flask_mailbox.smtp import transaction

from ..apps import mailbox_of
from ..scripted import Script, scripted
from .scripts import CHUNKING, CLOSE, PIPELINING, SILENT, smtp_script

BOB, CAROL = "bob@demo.test", "carol@demo.test"
ALL = frozenset({BOB, CAROL})
WAYS = {"one by one": ("SIZE 10000",), "pipelined": PIPELINING, "chunked": CHUNKING}
LONG = b"x" * 8000 + b"\r\n"


@dataclass(frozen=True)
class Promise:
    """An outcome: an error raised, or who is in which state."""

    accepted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    error: str = ""
    permanent: bool | None = field(default=None, compare=False)
    chunked: Promise | None = field(default=None, compare=False)


def raised(name: str, *, permanent: bool, chunked: Promise | None = None) -> Promise:
    return Promise(error=name, permanent=permanent, chunked=chunked)


SENT = Promise(accepted=ALL)
UNKNOWN = Promise(unknown=ALL)
REFUSED = Promise(refused=ALL, permanent=True)
NOT_NOW = Promise(refused=ALL, permanent=False)
NOT_NOW_OR_UNKNOWN = Promise(refused=ALL, permanent=False, chunked=UNKNOWN)
NOT_NOW_OR_SENT = Promise(refused=ALL, permanent=False, chunked=SENT)
DISCONNECTED = raised("DisconnectedError", permanent=False)
TIMEOUT = raised("ServiceTimeoutError", permanent=False)
OUT_OF_TURN = raised("ProtocolError", permanent=False)
LOST_EARLY = raised("DisconnectedError", permanent=False, chunked=UNKNOWN)
SILENT_EARLY = raised("ServiceTimeoutError", permanent=False, chunked=UNKNOWN)
ODD_EARLY = raised("ProtocolError", permanent=False, chunked=UNKNOWN)
ENDLESS = raised("ProtocolError", permanent=True, chunked=UNKNOWN)
LAST_RCPT = f"RCPT TO:<{CAROL}>"

Row = tuple[str, dict[str, bytes], Promise]

PROMISES: list[Row] = [
    ("closes instead of a greeting", {"greeting": CLOSE}, DISCONNECTED),
    ("is silent from the start", {"greeting": SILENT}, TIMEOUT),
    ("stops in its greeting", {"greeting": b"22"}, TIMEOUT),
    ("is too busy", {"greeting": b"421 too many\r\n"}, raised("CommandError", permanent=False)),
    ("lets nobody in", {"greeting": b"554 go away\r\n"}, raised("CommandError", permanent=True)),
    ("greets with nonsense", {"greeting": b"hello\r\n"}, raised("ProtocolError", permanent=True)),
    ("greets with 250", {"greeting": b"250 hello\r\n"}, OUT_OF_TURN),
    ("greets in 8 KB", {"greeting": b"220 " + LONG}, SENT),
    ("closes at EHLO", {"EHLO": CLOSE}, DISCONNECTED),
    ("is silent at EHLO", {"EHLO": SILENT}, TIMEOUT),
    ("answers EHLO with 354", {"EHLO": b"354 go on\r\n"}, OUT_OF_TURN),
    ("answers EHLO twice", {"+EHLO": b"250 ok\r\n"}, OUT_OF_TURN),
    ("says goodbye behind EHLO", {"+EHLO": b"421 4.7.0 bye\r\n"}, raised("CommandError", permanent=False)),
    ("knows only HELO", {"EHLO": b"502 what\r\n"}, SENT),
    ("refuses HELO too", {"EHLO": b"502 a\r\n", "HELO": b"550 b\r\n"}, raised("CommandError", permanent=True)),
    ("closes at MAIL", {"MAIL": CLOSE}, LOST_EARLY),
    ("is silent at MAIL", {"MAIL": SILENT}, SILENT_EARLY),
    ("stops in its answer to MAIL", {"MAIL": b"250-half of"}, SILENT_EARLY),
    ("refuses the sender", {"MAIL": b"553 5.7.1 not yours\r\n"}, raised("CommandError", permanent=True)),
    ("defers the sender", {"MAIL": b"451 4.3.0 later\r\n"}, raised("CommandError", permanent=False)),
    ("says goodbye at MAIL", {"MAIL": b"421 4.7.0 bye\r\n"}, raised("CommandError", permanent=False)),
    ("answers MAIL with 354", {"MAIL": b"354 go on\r\n"}, ODD_EARLY),
    ("answers MAIL with 150", {"MAIL": b"150 wait\r\n"}, ODD_EARLY),
    ("answers MAIL twice", {"+MAIL": b"250 ok\r\n"}, NOT_NOW_OR_SENT),
    ("answers MAIL in 8 KB", {"MAIL": b"250 " + LONG}, SENT),
    ("answers MAIL in GB18030", {"MAIL": "250 好的\r\n".encode("gb18030")}, SENT),
    ("answers MAIL without end", {"MAIL": b"250-x\r\n" * 300}, ENDLESS),
    ("closes at the first RCPT", {"RCPT": CLOSE}, LOST_EARLY),
    ("closes at the last RCPT", {LAST_RCPT: CLOSE}, NOT_NOW_OR_UNKNOWN),
    ("is silent at the first RCPT", {"RCPT": SILENT}, SILENT_EARLY),
    ("is silent at the last RCPT", {LAST_RCPT: SILENT}, NOT_NOW_OR_UNKNOWN),
    ("refuses one", {LAST_RCPT: b"550 5.1.1 no\r\n"}, Promise(frozenset({BOB}), frozenset({CAROL}), permanent=True)),
    ("defers one", {LAST_RCPT: b"450 4.2.1 no\r\n"}, Promise(frozenset({BOB}), frozenset({CAROL}), permanent=False)),
    ("greylists all", {"RCPT": b"451 4.7.1 greylisted\r\n"}, NOT_NOW),
    ("has full boxes", {"RCPT": b"452 4.2.2 full\r\n"}, NOT_NOW),
    ("relays for nobody", {"RCPT": b"550 5.7.1 relaying denied\r\n"}, REFUSED),
    ("relays for nobody in 8 KB", {"RCPT": b"550 " + LONG}, REFUSED),
    ("forwards by 251", {"RCPT": b"251 will forward\r\n"}, SENT),
    ("answers RCPT with 354", {"RCPT": b"354 go on\r\n"}, ODD_EARLY),
    ("answers RCPT with 150", {"RCPT": b"150 wait\r\n"}, ODD_EARLY),
    ("answers the last RCPT with 354", {LAST_RCPT: b"354 go on\r\n"}, NOT_NOW_OR_UNKNOWN),
    ("answers RCPT twice", {"+RCPT": b"250 ok\r\n"}, NOT_NOW_OR_SENT),
    ("answers RCPT in 8 KB", {"RCPT": b"250 " + LONG}, SENT),
    ("closes at DATA", {"DATA": CLOSE}, NOT_NOW_OR_SENT),
    ("is silent at DATA", {"DATA": SILENT}, NOT_NOW_OR_SENT),
    ("stops in its answer to the last RCPT", {LAST_RCPT: b"250"}, NOT_NOW_OR_UNKNOWN),
    ("stops in its answer to DATA", {"DATA": b"354 go"}, NOT_NOW_OR_SENT),
    ("refuses DATA", {"DATA": b"554 5.7.1 no\r\n"}, Promise(refused=ALL, permanent=True, chunked=SENT)),
    ("defers DATA", {"DATA": b"451 4.3.0 no\r\n"}, NOT_NOW_OR_SENT),
    ("says goodbye at DATA", {"DATA": b"421 4.3.0 bye\r\n"}, NOT_NOW_OR_SENT),
    *[(f"answers DATA with {n}", {"DATA": b"%d ok\r\n" % n}, NOT_NOW_OR_SENT) for n in (150, 220, 250, 334, 700)],
    ("adds a yes to its 354", {"+DATA": b"250 ok\r\n"}, NOT_NOW_OR_SENT),
    ("says goodbye behind its 354", {"+DATA": b"421 4.3.0 bye\r\n"}, NOT_NOW_OR_SENT),
    ("answers DATA in 8 KB", {"354": b"354-" + LONG + b"354 go on\r\n"}, SENT),
    ("closes at the content", {"content": CLOSE}, UNKNOWN),
    ("is silent at the content", {"content": SILENT}, UNKNOWN),
    ("stops in its answer to the content", {"content": b"250 queu"}, UNKNOWN),
    ("takes the content for spam", {"content": b"554 5.7.1 spam\r\n"}, REFUSED),
    ("throttles at the content", {"content": b"450 4.7.1 slow down\r\n"}, NOT_NOW),
    ("says goodbye at the content", {"content": b"421 4.3.2 bye\r\n"}, NOT_NOW),
    ("answers the content in nonsense", {"content": b"what?\r\n"}, UNKNOWN),
    *[(f"answers the content with {code}", {"content": b"%d ok\r\n" % code}, UNKNOWN) for code in (150, 334, 354, 700)],
    ("answers the content in 8 KB", {"content": b"250 " + LONG}, SENT),
    ("adds NULs to its thanks", {"content": b"250 ok\0\0\r\n"}, SENT),
    ("answers the content twice", {"content": b"250 ok\r\n250 ok\r\n"}, SENT),
    ("takes its thanks back", {"content": b"250 ok\r\n554 no\r\n"}, Promise(accepted=ALL, chunked=UNKNOWN)),
    ("says goodbye behind its thanks", {"content": b"250 ok\r\n421 bye\r\n"}, SENT),
    ("closes at QUIT", {"QUIT": CLOSE}, SENT),
    ("is silent at QUIT", {"QUIT": SILENT}, SENT),
]  # fmt: skip

SIGN_IN_PROMISES: list[Row] = [
    ("signs us in", {}, SENT),
    ("refuses the password", {"AUTH": b"535 5.7.8 no\r\n"}, raised("AuthenticationError", permanent=True)),
    ("cannot look the password up", {"AUTH": b"454 4.7.0 later\r\n"}, raised("BusyError", permanent=False)),
    ("closes at AUTH", {"AUTH": CLOSE}, DISCONNECTED),
    ("is silent at AUTH", {"AUTH": SILENT}, TIMEOUT),
    ("answers AUTH with 250", {"AUTH": b"250 ok\r\n"}, OUT_OF_TURN),
    ("answers EHLO twice before AUTH", {"+EHLO": b"250 ok\r\n"}, OUT_OF_TURN),
    ("answers AUTH twice", {"+AUTH": b"235 ok\r\n"}, OUT_OF_TURN),
    ("answers AUTH in 8 KB", {"AUTH": b"235 " + LONG}, SENT),
]

TLS_PROMISES: list[Row] = [
    ("upgrades to TLS", {}, SENT),
    ("offers no STARTTLS", {"EHLO": b"250 scripted.test\r\n"}, raised("TLSError", permanent=True)),
    ("refuses STARTTLS", {"STARTTLS": b"502 no\r\n"}, raised("TLSError", permanent=True)),
    ("defers STARTTLS", {"STARTTLS": b"454 4.7.0 not now\r\n"}, raised("TLSError", permanent=False)),
    ("closes at STARTTLS", {"STARTTLS": CLOSE}, DISCONNECTED),
    ("is silent at STARTTLS", {"STARTTLS": SILENT}, TIMEOUT),
    ("answers STARTTLS with 250", {"STARTTLS": b"250 ok\r\n"}, raised("TLSError", permanent=False)),
    ("says more behind STARTTLS", {"+STARTTLS": b"250-forged\r\n250 AUTH\r\n"}, raised("TLSError", permanent=True)),
    ("closes at the handshake", {"handshake": CLOSE}, raised("TLSError", permanent=False)),
    ("is silent at the handshake", {"handshake": SILENT}, TIMEOUT),
]


def table(rows: list[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("answers", "promise"), [pytest.param(dict(row[1]), row[2], id=row[0]) for row in rows]
    )


@pytest.fixture
def impatient(answers: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, float]]:
    """Time-outs that a silent server runs into soon."""
    if all(answer == CLOSE or answer.endswith(b"\n") for answer in answers.values()):
        yield {}
        return
    monkeypatch.setattr(transaction, "FINAL_REPLY_TIMEOUT", 0.3)
    yield {"MAILBOX_CONNECT_TIMEOUT": 0.5, "MAILBOX_READ_TIMEOUT": 0.3, "MAILBOX_OPERATION_TIMEOUT": 4}


@table(PROMISES)
@pytest.mark.parametrize("way", WAYS)
def test_a_server_that(answers: dict[str, bytes], promise: Promise, way: str, impatient: dict[str, float]) -> None:
    contents: list[bytes] = []
    chunked = way == "chunked" and "EHLO" not in answers
    said = dict(answers)
    script = smtp_script(said, offers=WAYS[way], contents=contents)

    keeps(promise.chunked or promise if chunked else promise, script, said, contents, impatient)


@table(SIGN_IN_PROMISES)
def test_a_server_that_wants_a_password_and(
    answers: dict[str, bytes], promise: Promise, impatient: dict[str, float]
) -> None:
    contents: list[bytes] = []
    said = dict(answers)
    script = smtp_script(said, offers=(*PIPELINING, "AUTH PLAIN"), contents=contents)
    config = {"MAILBOX_USERNAME": "ann", "MAILBOX_PASSWORD": "ann-secret"}

    keeps(promise, script, said, contents, config | impatient)


@table(TLS_PROMISES)
def test_a_server_that_shall_encrypt_and(
    answers: dict[str, bytes], promise: Promise, impatient: dict[str, float], tmp_path: Path
) -> None:
    contents: list[bytes] = []
    certificates = Certificates(tmp_path)
    said = dict(answers)
    script = smtp_script(said, offers=(*PIPELINING, "STARTTLS"), contents=contents, tls=certificates.context())
    config = {"MAILBOX_CA_FILE": str(certificates.ca_file), "scheme": "smtp+starttls"}

    keeps(promise, script, said, contents, config | impatient)


def keeps(
    promise: Promise, script: Script, said: dict[str, bytes], contents: list[bytes], config: Mapping[str, object]
) -> None:
    """Send a message, let the server come to its senses, and send another through the same pool."""
    scheme = config.get("scheme", "smtp")
    with scripted(script) as running:
        where = {"MAILBOX_SMTP": f"{scheme}://localhost:{running.port}", "MAILBOX_SENDER": "ann@demo.test"}
        with mailbox_of(where | config) as mailbox:
            first = outcome(mailbox, "first")
            at_quit = said.get("QUIT", b"221 bye\r\n")
            said.clear()
            again = outcome(mailbox, "second")
            connections = mailbox.state.pool.connections
            said["QUIT"] = at_quit

    assert first == promise
    if promise.permanent is not None:
        assert first.permanent == promise.permanent
    assert (again, connections) == (SENT, 1)
    copies = [sum(b"Subject: " + subject in content for content in contents) for subject in (b"first", b"second")]
    assert copies[0] == 1 if first.accepted else copies[0] <= 1
    assert copies[1] == 1


def outcome(mailbox: Mailbox, subject: str) -> Promise:
    """Send one message to two people and tell what was promised, and whether for good."""
    try:
        receipt = mailbox.send(Message(subject, recipients=[BOB, CAROL], body="x"))
    except ServiceError as error:
        return Promise(error=type(error).__name__, permanent=not error.transient)
    permanent = {refusal.permanent for refusal in receipt.refused.values()}
    return Promise(
        frozenset(receipt.accepted),
        frozenset(receipt.refused),
        frozenset(receipt.unknown),
        permanent=permanent.pop() if len(permanent) == 1 else None,
    )
