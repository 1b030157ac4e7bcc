"""Recorded answers of SMTP servers are understood, or refused by an error of ours, at whatever step they come."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flask_mailbox.errors import MailboxError
from flask_mailbox.message import Envelope
from flask_mailbox.smtp import Parcel, SMTPSession

from ..message.corpora import corpora_root
from ..scripted import scripted
from .accounts import smtp_account
from .scripts import smtp_script

STEPS = ("greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "content", "NOOP", "QUIT")


def recorded() -> list[Path]:
    return sorted(corpora_root().glob("mailkit-transcripts/expected/UnitTests/Net/Smtp/Resources/*.txt"))


@pytest.mark.parametrize("step", STEPS)
def test_every_recorded_answer_gives_a_receipt_or_our_error(step: str) -> None:
    for path in recorded():
        answer = re.sub(rb"\r?\n", b"\r\n", path.read_bytes())
        content = {"content": answer} if step == "content" else {}
        answers = {} if step == "content" else {step: answer}
        with scripted(smtp_script(answers, offers=("AUTH PLAIN", "PIPELINING"), **content)) as running:
            assert "demo.test" in outcome(running.port), path.name


def outcome(port: int) -> str:
    """Send one message and tell who was answered how; or the error, which names whose account it was."""
    parcel = Parcel(envelope=Envelope("ann@demo.test", ("bob@demo.test",)), data=b"x\r\n", message_id="<1@x>")
    try:
        session = SMTPSession.open(smtp_account(port, password="secret", name="demo.test"))
    except MailboxError as error:
        return str(error)
    try:
        receipt = session.send(parcel)
        session.noop()
    except MailboxError as error:
        return str(error)
    finally:
        session.finish()
    return f"{receipt.accepted} {receipt.refused} {receipt.unknown}"


def test_there_are_recorded_answers() -> None:
    assert len(recorded()) >= 15
