"""Answers to received messages: the right people, subject, thread and quotation (RFC 5322, 3.6.4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from ..errors import AddressError
from .addresses import Address, parse_mailbox
from .compose import Message
from .fields import is_message_id
from .plain import html_to_text

if TYPE_CHECKING:
    from .received import ReceivedMessage

MAX_RECIPIENTS = 50
"""A reply goes to no more people than this, however long the list of a hostile Reply-To is."""

MAX_REFERENCES = 30
_PREFIX = re.compile(r"(?:(?:re|aw|sv|antw|回复|答复|回覆)\s*[:：]\s*)+", re.IGNORECASE)
_FORWARD_PREFIX = re.compile(r"(?:(?:fwd?|wg|转发|轉寄)\s*[:：]\s*)+", re.IGNORECASE)


def reply(received: ReceivedMessage, *, own: Collection[str] = (), quote: bool = True) -> Message:
    """Return an answer to the sender, or to whom Reply-To names.

    Its ``recipients_left_out`` tells how many more than ``MAX_RECIPIENTS`` were to be written to.

    :param own: One's own addresses, which are not written to unless nobody else is left.
    :param quote: Put the text below, each line behind ``>``.
    """
    return _answer(received, _asked(received, own), [], quote=quote)


def reply_all(received: ReceivedMessage, *, own: Collection[str] = (), quote: bool = True) -> Message:
    """Return an answer to the sender and to everybody who got the message; the parameters are those of ``reply``."""
    to = _asked(received, own)
    skip = {person.address.lower() for person in to} | _lowered(own)
    others = _sendable((*received.to, *received.cc), skip)
    return _answer(received, to, others, quote=quote)


def forward(received: ReceivedMessage, *, recipients: Iterable[str] = ()) -> Message:
    """Return a message that carries the received one as an attachment, whole and unchanged."""
    subject = f"Fwd: {_FORWARD_PREFIX.sub('', received.subject, count=1)}"
    message = Message(subject, recipients=list(recipients), body="", references=_references(received))
    message.attach(f"{_file_name(received.subject)}.eml", "message/rfc822", received.raw)
    return message


def _answer(received: ReceivedMessage, to: list[Address], cc: list[Address], *, quote: bool) -> Message:
    room = MAX_RECIPIENTS - len(to[:MAX_RECIPIENTS])
    message = Message(
        f"Re: {_PREFIX.sub('', received.subject, count=1) if _PREFIX.match(received.subject) else received.subject}",
        recipients=[_person(person) for person in to[:MAX_RECIPIENTS]],
        cc=[_person(person) for person in cc[:room]],
        body=_quoted(received) if quote else "",
        in_reply_to=received.message_id if is_message_id(received.message_id) else None,
        references=_references(received),
    )
    message.recipients_left_out = len(to) + len(cc) - len(message.recipients) - len(message.cc)
    return message


def _asked(received: ReceivedMessage, own: Collection[str]) -> list[Address]:
    """Return whom the sender wants the answer to go to; to oneself only if nobody else is there."""
    wanted = received.reply_to or received.from_
    skip = _lowered(own)
    return _sendable(wanted, skip) or _sendable(received.to, skip) or _sendable(wanted, set())


def _sendable(people: Iterable[Address], skip: set[str]) -> list[Address]:
    """Return the addresses that can be written to, each once."""
    found: dict[str, Address] = {}
    for person in people:
        try:
            address = parse_mailbox(person)
        except AddressError:
            continue
        key = address.address.lower()
        if key not in skip:
            found.setdefault(key, address)
    return list(found.values())


def _references(received: ReceivedMessage) -> tuple[str, ...]:
    """Return the thread's Message-IDs, oldest first, without those that no message may carry."""
    known = (*received.references, received.message_id)
    return tuple(dict.fromkeys(each for each in known if is_message_id(each)))[-MAX_REFERENCES:]


def _quoted(received: ReceivedMessage) -> str:
    who = str(received.from_[0]) if received.from_ else "somebody"
    when = f"On {received.date:%Y-%m-%d %H:%M}, " if received.date else ""
    text = received.text if received.text is not None else html_to_text(received.html or "")
    lines = text.rstrip().splitlines()
    return f"\n\n{when}{who} wrote:\n" + "".join(f">{'' if line.startswith('>') else ' '}{line}\n" for line in lines)


def _person(address: Address) -> tuple[str, str] | str:
    return (address.name, address.address) if address.name else address.address


def _lowered(own: Collection[str]) -> set[str]:
    """Return one's own addresses as they are compared."""
    return {person.address.lower() for person in _sendable((Address("", address) for address in own), set())}


def _file_name(subject: str) -> str:
    return re.sub(r"[^\w -]", "", subject)[:60].strip() or "message"
