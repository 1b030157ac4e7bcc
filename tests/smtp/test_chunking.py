"""A small message goes with its announcement where the server takes BDAT (RFC 3030)."""

from __future__ import annotations

import pytest

from flask_mailbox.errors import CommandError
from flask_mailbox.message import Envelope
from flask_mailbox.smtp import Parcel, SMTPSession

from ..scripted import Client, scripted
from .accounts import smtp_account
from .scripts import CHUNKING, CLOSE, smtp_script

DATA = b"From: ann@demo.test\r\nSubject: x\r\n\r\n.a line with a dot\r\n"


def parcel(*recipients: str, data: bytes = DATA) -> Parcel:
    return Parcel(envelope=Envelope("ann@demo.test", recipients), data=data, message_id="<1@demo.test>")


def test_all_is_written_before_anything_is_answered_and_dots_stay_single() -> None:
    contents: list[bytes] = []

    def patient(client: Client) -> None:
        client.send(b"220 x\r\n")
        client.line()
        client.send(b"250-x\r\n250-PIPELINING\r\n250 CHUNKING\r\n")
        lines = [client.line() for _ in range(3)]
        contents.append(client.exactly(int(lines[2].split()[1])))
        client.send(b"250 ok\r\n250 ok\r\n250 2.0.0 Ok: queued as 4711\r\n")

    with scripted(patient) as running:
        session = SMTPSession.open(smtp_account(running.port))
        receipt = session.send(parcel("bob@demo.test"))
        session.drop()

    assert receipt.accepted == ("bob@demo.test",)
    assert receipt.queue_id == "4711"
    assert contents == [DATA]


def test_a_large_message_waits_for_its_recipients() -> None:
    contents: list[bytes] = []
    large = DATA + b"x" * 70 + b"\r\n" + b"another line\r\n" * 10_000
    with scripted(smtp_script(offers=CHUNKING, contents=contents)) as running:
        session = SMTPSession.open(smtp_account(running.port))
        receipt = session.send(parcel("bob@demo.test", data=large))
        session.drop()

    assert receipt.ok
    assert b"DATA" in running.received
    assert contents[0].replace(b"\r\n..", b"\r\n.") == large


def test_a_refused_recipient_does_not_touch_the_others() -> None:
    answers = {"RCPT TO:<carol@demo.test>": b"550 5.1.1 no such user\r\n"}
    with scripted(smtp_script(answers, offers=CHUNKING)) as running:
        session = SMTPSession.open(smtp_account(running.port))
        receipt = session.send(parcel("bob@demo.test", "carol@demo.test"))
        session.drop()

    assert receipt.accepted == ("bob@demo.test",)
    assert receipt.refused["carol@demo.test"].enhanced == "5.1.1"


def test_a_session_is_reset_and_good_after_a_refused_chunk() -> None:
    answers = {"RCPT TO:<carol@demo.test>": b"550 no\r\n"}
    scripts = smtp_script({**answers, "BDAT": b"554 no valid recipients\r\n"}, offers=CHUNKING)
    with scripted(scripts) as running:
        session = SMTPSession.open(smtp_account(running.port))
        first = session.send(parcel("carol@demo.test"))
        session.send(parcel("bob@demo.test"))
        session.drop()

    assert list(first.refused) == ["carol@demo.test"]
    assert b"RSET" in running.received


def test_a_refused_sender_raises_and_the_chunk_is_not_taken_for_a_command() -> None:
    answers = {"MAIL": b"553 sender refused\r\n", "RCPT": b"503 MAIL first\r\n", "BDAT": b"503 MAIL first\r\n"}
    with scripted(smtp_script(answers, offers=CHUNKING)) as running:
        session = SMTPSession.open(smtp_account(running.port))
        with pytest.raises(CommandError, match="553"):
            session.send(parcel("bob@demo.test"))
        session.noop()
        session.drop()


@pytest.mark.parametrize("lost_at", ["MAIL", "RCPT", "BDAT"])
def test_a_connection_lost_after_all_was_written_is_unknown_wherever_the_answers_end(lost_at: str) -> None:
    with scripted(smtp_script({lost_at: CLOSE}, offers=CHUNKING)) as running:
        session = SMTPSession.open(smtp_account(running.port))
        receipt = session.send(parcel("bob@demo.test"))
        session.drop()

    assert receipt.unknown == ("bob@demo.test",)
    assert not receipt.ok
