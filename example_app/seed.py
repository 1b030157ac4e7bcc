"""The demo's first messages: plain, HTML with a remote image, Chinese, a thread, a large attachment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flask_mailbox import Message
from flask_mailbox.message import build

if TYPE_CHECKING:
    from flask_mailbox.devserver import MailServer

NEWSLETTER = """<!doctype html>
<div style="font-family: sans-serif; max-width: 34em">
  <h1 style="color: #2f6f5e">The garden in June</h1>
  <p>This message has a picture on another server. Your mail program should not fetch it before you ask:
  whoever sent it would learn when and where you read it.</p>
  <p><img src="https://images.example.com/june.jpg?reader=ann" alt="A garden" width="400" height="200"></p>
  <ul><li>Roses want water.</li><li>Peas want strings.</li><li>You want a hat.</li></ul>
  <p><a href="https://example.com/garden">Read on</a></p>
</div>
"""

INVITATION = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//flask-mailbox//demo//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:planting-1@demo.test
DTSTAMP:20270301T080000Z
DTSTART:20270320T090000Z
DTEND:20270320T120000Z
SUMMARY:Planting day
LOCATION:Community garden, gate 2
ORGANIZER;CN=Bob Builder:mailto:bob@demo.test
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def seed(server: MailServer, ann: str, bob: str) -> None:
    """Fill both mailboxes with a handful of messages, oldest first."""
    first = datetime.now(UTC) - timedelta(days=3)
    for number, message in enumerate(_messages(ann, bob)):
        at = first + timedelta(hours=7 * number, minutes=13 * number)
        message.date = at.timestamp()
        raw = build(message, sender=str(message.sender))
        for recipient in message.recipients:
            server.deliver(raw, str(recipient), date=at)


def _messages(ann: str, bob: str) -> list[Message]:
    friend = ("Bob Builder", bob)
    plain = Message(
        "Welcome to your mailbox",
        recipients=[ann, bob],
        sender=("flask-mailbox", "hello@demo.test"),
        body="Hello!\n\nThis mailbox lives in your computer's memory and ends with the demo.\n"
        "Read a message, answer it, send one to yourself, and look at the same mailbox over POP3.\n",
    )
    newsletter = Message(
        "The garden in June",
        recipients=[ann],
        sender=("Garden News", "news@garden.test"),
        body="Roses want water. Peas want strings.",
        html=NEWSLETTER,
    )
    chinese = Message(
        "会议纪要：第三季度计划",
        recipients=[ann],
        sender=("王小明", "wang@demo.test"),
        body="你好，\n\n附件是今天的会议纪要，请查收。\n\n小明\n",
    )
    chinese.attach("会议纪要 第三季度.txt", "text/plain", "一、目标\n二、分工\n三、日程\n".encode())
    question = Message(
        "Lunch on Friday?",
        recipients=[ann],
        sender=friend,
        body="Noodles at twelve?\n\nBob\n",
        message_id="<lunch-1@demo.test>",
    )
    answer = Message(
        "Re: Lunch on Friday?",
        recipients=[bob],
        sender=("Ann", ann),
        body="Gladly. The place by the river?\n\n> Noodles at twelve?\n",
        message_id="<lunch-2@demo.test>",
        in_reply_to="<lunch-1@demo.test>",
        references=("<lunch-1@demo.test>",),
    )
    agreed = Message(
        "Re: Lunch on Friday?",
        recipients=[ann],
        sender=friend,
        body="By the river it is.\n\n> Gladly. The place by the river?\n",
        message_id="<lunch-3@demo.test>",
        in_reply_to="<lunch-2@demo.test>",
        references=("<lunch-1@demo.test>", "<lunch-2@demo.test>"),
    )
    large = Message(
        "The scans you asked for",
        recipients=[ann],
        sender=friend,
        body="Five megabytes, sorry. Your list should not be slower for it.\n",
    )
    large.attach("scans.bin", "application/octet-stream", bytes(range(256)) * (5 * 1024 * 4))
    invitation = Message(
        "Invitation: planting day",
        recipients=[ann],
        sender=friend,
        body="Bring gloves.\n",
    )
    invitation.invite(INVITATION)
    return [plain, newsletter, chinese, question, answer, agreed, large, invitation]
