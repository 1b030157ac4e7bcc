"""Who a message is from, goes to, and where bounces return to: what SMTP needs to know (RFC 5321, 2.3.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..errors import MessageError
from .addresses import Address, parse_mailbox

if TYPE_CHECKING:
    import flask_mail


@dataclass(frozen=True, slots=True)
class Envelope:
    """The addresses of one transaction, without names, domains in ASCII.

    :param sender: The return path.
    :param recipients: Each once, in the order of to, cc and bcc.
    """

    sender: str
    recipients: tuple[str, ...]


class Parties(NamedTuple):
    """The people of one message, read once for its envelope and its header."""

    sender: Address
    to: list[Address]
    cc: list[Address]
    bcc: list[Address]

    @property
    def envelope(self) -> Envelope:
        """What SMTP needs of them."""
        recipients = [address.address for address in (*self.to, *self.cc, *self.bcc)]
        return Envelope(self.sender.address, tuple(dict.fromkeys(recipients)))


def parties_of(message: flask_mail.Message, *, sender: str = "") -> Parties:
    """Return the people of a message that can be sent.

    :param sender: Who sends if the message does not say.
    :raises MessageError: If there is no recipient or no sender.
    :raises AddressError: If an address is none; ``field`` tells where.
    """
    to, cc, bcc = people(message.recipients, "recipients"), people(message.cc, "cc"), people(message.bcc, "bcc")
    if not (to or cc or bcc):
        raise MessageError("The message has no recipients: give it recipients, cc or bcc.", field="recipients")
    return Parties(sender_of(message, sender), to, cc, bcc)


def envelope_of(message: flask_mail.Message, *, sender: str = "") -> Envelope:
    """Return the envelope of a message; the parameter and what is raised are those of ``parties_of``."""
    return parties_of(message, sender=sender).envelope


def sender_of(message: flask_mail.Message, default: str = "") -> Address:
    """Return who a message is from.

    :raises MessageError: If neither the message nor the account says.
    """
    said = message.sender or default
    if not said:
        raise MessageError("The message has no sender: give it one, or set MAILBOX_SENDER.", field="sender")
    return parse_mailbox(said, field="sender")


def people(values: Iterable[str | tuple[str, str]] | str | None, field: str) -> list[Address]:
    """Return the mailboxes of one field, each address once.

    :raises AddressError: If one is not exactly one address.
    :raises MessageError: If a text stands where a list belongs.
    """
    if isinstance(values, str):
        raise MessageError(f"{field} takes a list of addresses, not a text: ['{values[:80]}'].", field=field)
    if not values:
        return []
    found = [parse_mailbox(value, field=field) for value in values]
    if len(found) < 2:
        return found
    return list({address.address: address for address in reversed(found)}.values())[::-1]
