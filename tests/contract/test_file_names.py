"""File names in every script, as the list of parts tells them without reading the message."""

from __future__ import annotations

import pytest

from flask_mailbox import Message

from ..apps import mailbox_of
from .server import ReadingServer

NAMES = [
    "terms.txt",
    "发票 7.pdf",
    'a "quoted" \\ name.txt',
    "счёт-фактура за октябрь и ноябрь, исправленная версия.xlsx",
    "😀.png",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_part_tells_its_file_name_as_the_message_does(reading_server: ReadingServer, name: str) -> None:
    address, _ = reading_server.new_user()
    message = Message("x", sender=address, recipients=[address], body="x")
    message.attach(name, "application/octet-stream", b"data")
    uid = reading_server.deliver(message.build(), address)

    with mailbox_of(reading_server.config(address)) as mailbox, mailbox.imap() as imap:
        inbox = imap.folder("INBOX")
        told = [part.filename for part in inbox.parts(uid) if part.is_attachment]
        read = [attachment.filename for attachment in inbox.message(uid).attachments]

    assert told == read == [name]
