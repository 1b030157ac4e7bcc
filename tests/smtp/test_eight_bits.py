"""What is not ASCII goes out only where the server offers it (RFC 6152, RFC 6531)."""

from __future__ import annotations

import pytest

from flask_mailbox import Message, MessageError, parse_message
from flask_mailbox.message import Envelope
from flask_mailbox.smtp import Parcel, Receipt, SMTPSession

from ..scripted import scripted
from ..sending.apps import sender_to
from .accounts import smtp_account
from .scripts import smtp_script

BODY = b"From: ann@demo.test\r\nSubject: x\r\n\r\n" + "grüße\r\n".encode()
HEADER = "From: ann@demo.test\r\nTo: jürgen@demo.test\r\n\r\nx\r\n".encode()


def send(port: int, data: bytes, to: str = "bob@demo.test") -> Receipt:
    session = SMTPSession.open(smtp_account(port))
    try:
        return session.send(Parcel(envelope=Envelope("ann@demo.test", (to,)), data=data, message_id="<1@demo.test>"))
    finally:
        session.finish()


@pytest.mark.parametrize("offers", [("8BITMIME",), ("8BITMIME", "PIPELINING"), ("8BITMIME", "PIPELINING", "CHUNKING")])
def test_eight_bits_in_a_body_are_announced_where_the_server_takes_them(offers: tuple[str, ...]) -> None:
    contents: list[bytes] = []
    with scripted(smtp_script(offers=offers, contents=contents)) as running:
        receipt = send(running.port, BODY)

    assert receipt.ok
    assert b"MAIL FROM:<ann@demo.test> BODY=8BITMIME" in running.received
    assert contents == [BODY]


def test_eight_bits_in_a_body_are_refused_before_mail_where_the_server_takes_seven() -> None:
    with scripted(smtp_script()) as running, pytest.raises(MessageError, match="takes 7 bits only") as raised:
        send(running.port, BODY)

    assert raised.value.field == "body"
    assert not any(line.startswith(b"MAIL") for line in running.received)


@pytest.mark.parametrize(
    ("offers", "options"),
    [(("SMTPUTF8", "8BITMIME"), b"BODY=8BITMIME SMTPUTF8"), (("SMTPUTF8",), b"SMTPUTF8")],
)
def test_an_address_that_is_not_ascii_is_announced(offers: tuple[str, ...], options: bytes) -> None:
    with scripted(smtp_script(offers=offers)) as running:
        receipt = send(running.port, HEADER, "jürgen@demo.test")

    assert receipt.ok
    assert b"MAIL FROM:<ann@demo.test> " + options in running.received


def test_a_forwarded_message_of_eight_bits_goes_out_in_seven() -> None:
    contents: list[bytes] = []
    message = parse_message(BODY).forward(recipients=["bob@demo.test"])
    with scripted(smtp_script(contents=contents)) as running, sender_to(running.port) as mailbox:
        receipt = mailbox.send(message)

    assert receipt.ok
    assert contents[0].isascii()
    assert [attachment.content for attachment in parse_message(contents[0]).attachments] == [BODY]


def test_a_message_in_any_script_goes_out_in_seven_bits() -> None:
    contents: list[bytes] = []
    message = Message("你好", recipients=[("Jürgen", "bob@demo.test")], body="grüße 😀", html="<p>grüße</p>")
    message.attach("bücher.txt", "text/plain", "grüße".encode())
    with scripted(smtp_script(contents=contents)) as running, sender_to(running.port) as mailbox:
        receipt = mailbox.send(message)

    assert receipt.ok
    assert contents[0].isascii()
