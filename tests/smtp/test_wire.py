"""What a caller's data becomes on the wire: one message, whole, to the recipients that were named, and no command."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from flask_mailbox import Message, MessageError, UnsafeValueError, parse_message

from ..scripted import scripted
from ..sending.apps import sender_to
from .scripts import CHUNKING, PIPELINING, smtp_script

BOB = "bob@demo.test"
COMMANDS = (b"EHLO", b"MAIL", b"RCPT", b"DATA", b"BDAT", b"QUIT", b"")
WAYS = {"one by one": (), "pipelined": PIPELINING, "chunked": CHUNKING}

ENDS = [f"{before}.{after}" for before in ("\n", "\r", "\r\n", "\n\n", "\r\r") for after in ("\n", "\r", "\r\n")]
"""What some server takes for the end of a message (SMTP smuggling)."""


def attached(kind: str) -> Callable[[str], Message]:
    def make(text: str) -> Message:
        message = Message("x", recipients=[BOB], body="x")
        message.attach("a.bin", kind, text.encode())
        return message

    return make


PLACES: dict[str, Callable[[str], Message]] = {
    "text": lambda text: Message("x", recipients=[BOB], body=text),
    "html": lambda text: Message("x", recipients=[BOB], body="x", html=f"<p>{text}</p>"),
    "text attachment": attached("text/plain"),
    "binary attachment": attached("application/octet-stream"),
    "attached message": lambda text: attached("message/rfc822")(f"Subject: x\r\n\r\n{text}"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_no_content_ends_before_its_end(end: str, place: str, way: str) -> None:
    smuggled = f"before{end}MAIL FROM:<eve@demo.test>\r\nRCPT TO:<{BOB}>\r\nDATA\r\nSubject: forged\r\n\r\nx{end}after"
    contents: list[bytes] = []
    with (
        scripted(smtp_script(offers=WAYS[way], contents=contents)) as running,
        sender_to(running.port) as mailbox,
    ):
        receipt = mailbox.send(PLACES[place](smuggled))

    assert receipt.ok
    assert len(contents) == 1
    assert re.findall(rb"(?<!\r)\n|\r(?!\n)|\0", contents[0]) == []
    assert all(line[:4] in COMMANDS for line in running.received)
    assert not any(b"eve@demo.test" in line for line in running.received)


@pytest.mark.parametrize("place", ["text", "text attachment", "binary attachment"])
@pytest.mark.parametrize("way", WAYS)
def test_lines_that_begin_with_dots_arrive_as_they_were(place: str, way: str) -> None:
    text = ".\r\n..\r\n...\r\n.a\r\n\r\n.\r\nend\r\n"
    contents: list[bytes] = []
    with (
        scripted(smtp_script(offers=WAYS[way], contents=contents)) as running,
        sender_to(running.port) as mailbox,
    ):
        mailbox.send(PLACES[place](text))

    stuffed = contents[0] if way == "chunked" else re.sub(rb"(?m)^\.", b"", contents[0])
    received = parse_message(stuffed)
    found = received.text if place == "text" else received.attachments[0].content.decode()
    assert (found or "").replace("\r\n", "\n").strip() == text.replace("\r\n", "\n").strip()


@pytest.mark.parametrize(
    "address",
    [
        '"a@evil.test x"@ok.test',
        '"a\\"@evil.test"@ok.test',
        "bob@demo.test",
        "Bob <bob@demo.test>",
        '"bob@evil.test" <bob@demo.test>',
        "o'neil+tag@demo.test",
    ],
)
def test_who_is_shown_is_who_is_asked_for(address: str) -> None:
    contents: list[bytes] = []
    with scripted(smtp_script(contents=contents)) as running, sender_to(running.port) as mailbox:
        receipt = mailbox.send(Message("x", recipients=[address], body="x"))

    (shown,) = parse_message(contents[0]).to
    asked = [line for line in running.received if line.startswith(b"RCPT")]
    assert asked == [f"RCPT TO:<{shown.address}>".encode()]
    assert receipt.accepted == (shown.address,)


@pytest.mark.parametrize(
    "address",
    [
        "bob@demo.test, eve@demo.test",
        "bob@demo.test; eve@demo.test",
        "a@b@c.test",
        "not an address",
        "friends: bob@demo.test, eve@demo.test;",
        "<bob@demo.test> <eve@demo.test>",
        "bob@demo.test> NOTIFY=NEVER",
        "bob@demo.test>\r\nRCPT TO:<eve@demo.test",
        '"a\r\nRCPT TO:<eve@demo.test>"@demo.test',
        "bob @demo.test",
        "bob@",
        "@demo.test",
        "",
        "bob@demo.test\0",
    ],
)
@pytest.mark.parametrize("where", ["recipients", "cc", "bcc"])
def test_what_is_not_one_address_is_refused_before_anything_is_connected(address: str, where: str) -> None:
    with scripted(smtp_script()) as running, sender_to(running.port) as mailbox:
        message = Message("x", **{"recipients": [BOB], where: [address]}, body="x")
        with pytest.raises((MessageError, UnsafeValueError)):
            mailbox.send(message)

    assert running.connections == 0
