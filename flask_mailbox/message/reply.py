"""Answers to received messages: the right people, subject, thread and quotation (RFC 5322, 3.6.4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from ..errors import AddressError
from .addresses import Address, parse_mailbox
from .compose import Message

if TYPE_CHECKING:
    from .received import ReceivedMessage

MAX_RECIPIENTS = 50
"""A reply goes to no more people than this, however long the list of a hostile Reply-To is."""

MAX_REFERENCES = 30
_PREFIX = re.compile(r"(?:(?:re|aw|sv|antw|回复|答复|回覆)\s*[:：]\s*)+", re.IGNORECASE)
_FORWARD_PREFIX = re.compile(r"(?:(?:fwd?|wg|转发|轉寄)\s*[:：]\s*)+", re.IGNORECASE)


def reply(received: ReceivedMessage, *, own: Collection[str] = (), quote: bool = True) -> Message:
    """Return an answer to the sender, or to whom Reply-To names.

    :param own: One's own addresses, which are not written to unless nobody else is left.
    :param quote: Put the text below, each line behind ``>``.
    """
    return _answer(received, _asked(received, own), [], quote)


def reply_all(received: ReceivedMessage, *, own: Collection[str] = (), quote: bool = True) -> Message:
    """Return an answer to the sender and to everybody who got the message; the parameters are those of ``reply``."""
    to = _asked(received, own)
    skip = {person.address.lower() for person in to} | _lowered(own)
    others = _sendable((*received.to, *received.cc), skip)
    return _answer(received, to, others[: MAX_RECIPIENTS - len(to)], quote)


def forward(received: ReceivedMessage, *, recipients: Iterable[str] = ()) -> Message:
    """Return a message that carries the received one as an attachment, whole and unchanged."""
    subject = f"Fwd: {_FORWARD_PREFIX.sub('', received.subject, count=1)}"
    message = Message(subject, recipients=list(recipients), body="", references=_references(received))
    message.attach(f"{_file_name(received.subject)}.eml", "message/rfc822", received.raw)
    return message


def _answer(received: ReceivedMessage, to: list[Address], cc: list[Address], quote: bool) -> Message:
    return Message(
        f"Re: {_PREFIX.sub('', received.subject, count=1) if _PREFIX.match(received.subject) else received.subject}",
        recipients=[_person(person) for person in to],
        cc=[_person(person) for person in cc],
        body=_quoted(received) if quote else "",
        in_reply_to=received.message_id or None,
        references=_references(received),
    )


def _asked(received: ReceivedMessage, own: Collection[str]) -> list[Address]:
    """Return whom the sender wants the answer to go to; to oneself only if nobody else is there."""
    wanted = received.reply_to or received.from_
    return (_sendable(wanted, _lowered(own)) or _sendable(received.to, _lowered(own)) or _sendable(wanted, set()))[
        :MAX_RECIPIENTS
    ]


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
    known = [*received.references, *([received.message_id] if received.message_id else [])]
    return tuple(dict.fromkeys(known))[-MAX_REFERENCES:]


def _quoted(received: ReceivedMessage) -> str:
    who = str(received.from_[0]) if received.from_ else "somebody"
    when = f"On {received.date:%Y-%m-%d %H:%M}, " if received.date else ""
    lines = (received.text or "").rstrip().splitlines()
    return f"\n\n{when}{who} wrote:\n" + "".join(f">{'' if line.startswith('>') else ' '}{line}\n" for line in lines)


def _person(address: Address) -> tuple[str, str] | str:
    return (address.name, address.address) if address.name else address.address


def _lowered(addresses: Collection[str]) -> set[str]:
    return {address.lower() for address in addresses}


def _file_name(subject: str) -> str:
    return re.sub(r"[^\w -]", "", subject)[:60].strip() or "message"
