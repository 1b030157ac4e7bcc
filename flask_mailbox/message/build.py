"""A message becomes bytes: 7 bit safe, lines within 998, the same bytes for the same message (RFC 5322)."""

from __future__ import annotations

import functools
import os
import re
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import AddressError, MessageError
from ..guard import one_line
from .addresses import Address
from .enclosure import ascii_name, enclosed
from .entity import Entity, calendar_entity, file_entity, multipart, text_entity
from .envelope import Parties, people, sender_of
from .fields import address_list, checked, checked_id, checked_name, field, text_field
from .plain import html_to_text

if TYPE_CHECKING:
    import flask_mail

PROTECTED = {
    "from": "sender",
    "to": "recipients",
    "cc": "cc",
    "bcc": "bcc",
    "reply-to": "reply_to",
    "subject": "subject",
    "date": "date",
    "message-id": "message_id",
    "received": "",
    "return-path": "",
}
"""Header fields that are not set through ``extra_headers``, each with the argument that sets it."""

_PROTECTED_PREFIXES = ("content-", "dkim-", "mime-")
_ONCE = {
    "in-reply-to": "in_reply_to",
    "references": "references",
    "list-unsubscribe": "list_unsubscribe",
    "list-unsubscribe-post": "list_unsubscribe",
    "x-priority": "priority",
    "importance": "priority",
}
"""Header fields that may be set through ``extra_headers`` where the argument is not used."""

_LEAVE = re.compile(r"(?:https://|mailto:)[!-;=?-~]+")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PRIORITIES = {"high": "1", "low": "5"}

MAX_DERIVED_TEXT = 1024 * 1024


def build(message: flask_mail.Message, *, sender: str = "", smtputf8: bool = False, ascii_names: bool = False) -> bytes:
    """Return a message as bytes with CR LF line ends, ready for SMTP (before dot-stuffing) or APPEND; no Bcc.

    What comes out is ASCII, except for addresses that have other letters before the @.

    :param sender: Who it is from if the message does not say.
    :param smtputf8: Let such addresses through; without it they are an error.
    :param ascii_names: Give attachments names in ASCII, for relays that damage others.
    :raises MessageError: If a header, an attachment or a text cannot be sent as it is; ``field`` tells which.
    """
    message_id = message_id_of(message, sender=sender)
    to, cc = people(message.recipients or (), "recipients"), people(message.cc or (), "cc")
    parties = Parties(sender_of(message, sender), to, cc, [])
    if not smtputf8:
        _refuse_smtputf8(message, parties)
    return build_for(message, parties, message_id, ascii_names=ascii_names)


def build_for(message: flask_mail.Message, parties: Parties, message_id: str, *, ascii_names: bool = False) -> bytes:
    """Return a message as ``build`` does, with what was read of it already."""
    headers = _headers(message, parties, message_id)
    content = _content(message, message_id, ascii_names=ascii_names)
    return b"".join((*headers, b"MIME-Version: 1.0\r\n", content.headers, b"\r\n", content.body))


def message_id_of(message: flask_mail.Message, *, sender: str = "") -> str:
    """Return a message's Message-ID, angle brackets included; ours is made in the sender's domain at first need."""
    given = getattr(message, "given_message_id", None) or vars(message).get("msgId")
    if given:
        return checked_id(given, "message_id")
    domain = sender_of(message, sender).address.rpartition("@")[2].strip("[]")
    message_id = f"<{os.urandom(8).hex()}.{int(time.time())}@{domain}>"
    message.msgId = message_id
    return message_id


def _refuse_smtputf8(message: flask_mail.Message, parties: Parties) -> None:
    """Refuse the first address that would make a header not ASCII."""
    reply_to = people([message.reply_to] if message.reply_to else [], "reply_to")
    named = {"sender": [parties.sender], "recipients": parties.to, "cc": parties.cc, "reply_to": reply_to}
    for key, addresses in named.items():
        for address in addresses:
            if address.needs_smtputf8:
                raise AddressError(
                    f"{address.address} has letters before the @ that need SMTPUTF8, which is not allowed here.",
                    field=key,
                )


def _headers(message: flask_mail.Message, parties: Parties, message_id: str) -> list[bytes]:
    if message.date is None:
        message.date = time.time()
    lines = [_people_field("From", [parties.sender])]
    if parties.to:
        lines.append(_people_field("To", parties.to))
    if parties.cc:
        lines.append(_people_field("Cc", parties.cc))
    if message.reply_to:
        lines.append(_people_field("Reply-To", people([message.reply_to], "reply_to")))
    lines.append(text_field("Subject", str(message.subject or ""), where="subject"))
    lines.append(_date_field(message.date))
    lines.append(field("Message-ID", message_id))
    lines += _thread_fields(message)
    lines += _list_fields(message)
    lines += _priority_fields(message)
    if message.extra_headers:
        lines += [_extra_field(message, str(name), str(value)) for name, value in message.extra_headers.items()]
    return lines


def _people_field(name: str, addresses: Sequence[Address]) -> bytes:
    return field(name, address_list(addresses, len(name) + 2))


def _date_field(date: float) -> bytes:
    try:
        return field("Date", _date_text(int(date)))
    except (TypeError, ValueError, OverflowError, OSError) as error:
        shown = one_line(str(date), 60)
        raise MessageError(f"'{shown}' is no date: give the seconds since 1970, as a number.", field="date") from error


@functools.lru_cache(maxsize=16)
def _date_text(seconds: int) -> str:
    """Return a moment in local time as RFC 5322, 3.3 writes it, in English whatever the locale is."""
    at = time.localtime(seconds)
    sign, offset = ("-", -at.tm_gmtoff) if at.tm_gmtoff < 0 else ("+", at.tm_gmtoff)
    hours, minutes = divmod(offset // 60, 60)
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"{day}, {at.tm_mday:02} {month} {at.tm_year:04} {clock} {sign}{hours:02}{minutes:02}"


def _thread_fields(message: flask_mail.Message) -> Iterable[bytes]:
    in_reply_to = getattr(message, "in_reply_to", None)
    references = tuple(getattr(message, "references", ()))
    if in_reply_to:
        yield field("In-Reply-To", checked_id(in_reply_to, "in_reply_to"))
    if references:
        yield field("References", "\r\n ".join(checked_id(reference, "references") for reference in references))


def _list_fields(message: flask_mail.Message) -> Iterable[bytes]:
    """Yield how to leave a list, in one click where there is an https address for it (RFC 2369, RFC 8058)."""
    addresses = tuple(map(str, getattr(message, "list_unsubscribe", ())))
    if not addresses:
        return
    for address in addresses:
        if not _LEAVE.fullmatch(checked(address, "list_unsubscribe")):
            raise MessageError(
                f"'{address}' is no way to leave a list: give https:// and mailto: addresses.", field="list_unsubscribe"
            )
    yield field("List-Unsubscribe", ",\r\n ".join(f"<{address}>" for address in addresses))
    if any(address.startswith("https://") for address in addresses):
        yield field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")


def _priority_fields(message: flask_mail.Message) -> Iterable[bytes]:
    priority = getattr(message, "priority", None)
    if priority is None or priority == "normal":
        return
    if priority not in _PRIORITIES:
        raise MessageError(f"'{priority}' is no priority: use high, normal or low.", field="priority")
    yield field("X-Priority", _PRIORITIES[priority])
    yield field("Importance", priority)


def _extra_field(message: flask_mail.Message, name: str, value: str) -> bytes:
    checked_name(name, "extra_headers")
    lowered = name.lower()
    if lowered in _ONCE and getattr(message, _ONCE[lowered], None):
        raise MessageError(f"{name} is set by {_ONCE[lowered]} and by extra_headers: use one.", field="extra_headers")
    if lowered in PROTECTED or lowered.startswith(_PROTECTED_PREFIXES):
        argument = PROTECTED.get(lowered)
        cure = f"use the argument {argument}" if argument else "it is made from the message itself"
        raise MessageError(f"{name} cannot be set through extra_headers: {cure}.", field="extra_headers")
    return text_field(name, value, where="extra_headers")


def _content(message: flask_mail.Message, seed: str, *, ascii_names: bool) -> Entity:
    """Return the content: mixed > related > alternative, each only where it is needed."""
    content = _texts(message, seed)
    if not message.attachments:
        return content
    files = [(_is_inline(attachment), _file(attachment, ascii_names=ascii_names)) for attachment in message.attachments]
    inline = [entity for is_inline, entity in files if is_inline]
    attached = [entity for is_inline, entity in files if not is_inline]
    if inline:
        root = f';\r\n type="{content.content_type}"'  # RFC 2387, 3.1
        content = multipart("related", [content, *inline], seed, root)
    if attached:
        content = multipart("mixed", [content, *attached], seed)
    return content


def _texts(message: flask_mail.Message, seed: str) -> Entity:
    html = message.alts.get("html")
    body = message.body
    if body is None and html is not None:
        body = html_to_text(html[:MAX_DERIVED_TEXT])
    plain = text_entity(str(body or ""), "plain", message.charset, where="body")
    if not message.alts and getattr(message, "invitation", None) is None:
        return plain
    others = [
        text_entity(str(content), str(subtype), message.charset, where=str(subtype))
        for subtype, content in message.alts.items()
    ]
    invitation = getattr(message, "invitation", None)
    if invitation is not None:
        others.append(calendar_entity(invitation.text, invitation.method))
    return multipart("alternative", [plain, *others], seed)


def _is_inline(attachment: flask_mail.Attachment) -> bool:
    names = {str(name).lower() for name in attachment.headers}
    return attachment.disposition == "inline" and "content-id" in names


def _file(attachment: flask_mail.Attachment, *, ascii_names: bool) -> Entity:
    data, content_type = enclosed(attachment)
    name = attachment.filename
    if name and ascii_names:
        name = ascii_name(name)
    return file_entity(data, content_type, name, attachment.disposition, attachment.headers)
