"""What must hold for every parsed message, whatever the bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from flask_mailbox.message import Address, Attachment, ReceivedMessage

_LINE_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNSAFE_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def check(message: ReceivedMessage) -> None:
    """Read every field and assert what the documentation promises."""
    for value in _header_strings(message):
        assert not _LINE_BREAKS.search(value), value
        assert not _SURROGATES.search(value), value
    for body in (message.text, message.html, message.reply_text, message.safe_html()):
        assert body is None or ("\0" not in body and not _SURROGATES.search(body))
    for attachment in message.attachments:
        _check_attachment(attachment)
    assert message.date is None or (isinstance(message.date, datetime) and message.date.tzinfo is not None)
    assert all(defect.isascii() for defect in message.defects)
    _read_reports(message)


def _header_strings(message: ReceivedMessage) -> Iterator[str]:
    yield message.subject
    yield from (value for pair in message.headers.items() for value in pair)
    yield from (value for value in (message.message_id, message.in_reply_to, *message.references) if value)
    for addresses in (message.from_, message.sender, message.reply_to, message.to, message.cc, message.bcc):
        for address in addresses:
            assert isinstance(address, Address)
            yield from (address.name, address.address)
    for bounce in message.bounces:
        yield from (bounce.recipient, bounce.action, bounce.status, bounce.diagnostic)


def _check_attachment(attachment: Attachment) -> None:
    for value in (attachment.filename, attachment.content_type, attachment.content_id, attachment.section):
        assert value is None or not (_LINE_BREAKS.search(value) or _SURROGATES.search(value))
    name = attachment.safe_filename
    assert name
    assert not _UNSAFE_NAME.search(name), name
    assert not _DEVICE.match(name), name
    assert not name.startswith((".", " ")), name
    assert not name.endswith((".", " ")), name
    assert len(name.encode()) <= 255
    assert isinstance(attachment.content, bytes)
    assert attachment.size == len(attachment.content)
    assert isinstance(attachment.defects, tuple)


def _read_reports(message: ReceivedMessage) -> None:
    assert message.is_bounce in (True, False)
    assert message.is_auto_reply in (True, False)
    assert message.is_bulk in (True, False)
    assert message.complaint is None or message.complaint.kind
    assert message.read_receipt is None or message.read_receipt.disposition is not None
