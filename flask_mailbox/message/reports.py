"""Machine-made reports about mail: delivery status (RFC 3464), abuse complaints (RFC 5965), read receipts (RFC 8098).

All of them are claims that anybody can send: match the recipient and the Message-ID with what you sent before acting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .header import cut_header, decode_header_value
from .limits import Limits
from .parts import Part

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_MDN_TYPES = ("message/disposition-notification", "message/global-disposition-notification")
_ARF_TYPE = "message/feedback-report"
RETURNED_TYPES = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,2}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")
_REPORT_LIMIT = 256 * 1024  # bytes of a report part that are read
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'@]{1,128}@[^\s<>()\[\]:;,\"'@]{1,255}")

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bounce:
    """What became of one recipient, as a server reports it.

    :param recipient: The address that was tried; empty where the report does not say.
    :param action: ``failed``, ``delayed``, ``delivered``, ``relayed`` or ``expanded`` (RFC 3464, 2.3.3).
    :param status: The enhanced status code, such as ``5.1.1`` (RFC 3463); ``x.0.0`` where only the class is known.
    :param diagnostic: The server's own words, one line; empty if there are none.
    """

    recipient: str
    action: str
    status: str
    diagnostic: str

    @property
    def permanent(self) -> bool:
        """Whether trying again is of no use."""
        return self.status.startswith("5")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A feedback report: somebody pressed the junk button, or authentication failed (RFC 5965, RFC 6591).

    :param kind: ``abuse``, ``fraud``, ``virus``, ``not-spam``, ``auth-failure`` …
    :param recipient: The address that the report is about, where it says so.
    :param message_id: Of the message complained about, where it is attached.
    """

    kind: str
    recipient: str
    source: str
    message_id: str


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """A disposition notification: what a recipient's program did with a message (RFC 8098).

    :param disposition: ``displayed``, ``deleted``, ``processed`` …
    """

    recipient: str
    disposition: str
    message_id: str


def read_delivery_status(leaves: list[Part], limits: Limits) -> tuple[Bounce, ...]:
    """Return what the delivery-status parts say, one entry a recipient."""
    parts = (leaf for leaf in leaves if leaf.content_type in _STATUS_TYPES)
    return tuple(bounce for part in parts for bounce in read_status_text(part.decode(set(), _REPORT_LIMIT), limits))


def _read_recipient(fields: Fields) -> Bounce | None:
    recipient = fields.get("final-recipient") or fields.get("original-recipient") or fields.get("x-actual-recipient")
    status = fields.get("status", "")
    if not recipient and not status:
        return None
    diagnostic = fields.get("diagnostic-code", "")
    kind, semicolon, words = diagnostic.partition(";")
    if semicolon and re.fullmatch(r"[\w-]+", kind.strip()):
        diagnostic = words.strip()
    action = fields.get("action", "").partition(" ")[0].strip().lower()
    code = best_status(status, diagnostic)
    if not action:
        action = {"2": "delivered", "4": "delayed"}.get(code[:1], "failed")
    return Bounce(find_address(recipient or ""), action, code, diagnostic)


def best_status(status: str, diagnostic: str) -> str:
    """Return the most telling status: the field's own, else one in the diagnostic, else the reply code's class."""
    found = _ENHANCED.search(status)
    own = found[1] if found else ""
    if own and not own.endswith(".0.0"):
        return own
    inner = _ENHANCED.search(diagnostic)
    if inner and (not own or inner[1][0] == own[0]):
        return inner[1]
    reply = _REPLY.search(diagnostic)
    return own or (f"{reply[1][0]}.0.0" if reply else "5.0.0")


def find_address(text: str) -> str:
    """Return the address in ``rfc822; <ann@example.com>`` and the like, or nothing."""
    found = _ADDRESS.search(text)
    return found[0].strip("<>.,;:'\"") if found else ""


def read_complaint(leaves: list[Part], limits: Limits) -> Complaint | None:
    """Return the feedback report among the parts, if there is one."""
    for leaf in leaves:
        if leaf.content_type == _ARF_TYPE:
            fields = {name: value for group in _groups(leaf, limits) for name, value in group.items()}
            recipient = fields.get("original-rcpt-to") or fields.get("removal-recipient") or ""
            kind = fields.get("feedback-type", "abuse").strip().lower()
            source = fields.get("source-ip", "")
            return Complaint(kind, find_address(recipient), source, _returned_id(leaves, limits))
    return None


def read_receipt(leaves: list[Part], limits: Limits) -> ReadReceipt | None:
    """Return the read receipt among the parts, if there is one."""
    for leaf in leaves:
        if leaf.content_type in _MDN_TYPES:
            fields = {name: value for group in _groups(leaf, limits) for name, value in group.items()}
            disposition = fields.get("disposition", "").rpartition(";")[2].partition("/")[0].strip().lower()
            recipient = fields.get("final-recipient") or fields.get("original-recipient") or ""
            return ReadReceipt(find_address(recipient), disposition, fields.get("original-message-id", ""))
    return None


def _returned_id(leaves: list[Part], limits: Limits) -> str:
    """Return the Message-ID of the message that a report gives back."""
    for leaf in leaves:
        if leaf.content_type in RETURNED_TYPES:
            data = leaf.decode(set(), _REPORT_LIMIT)
            for key, _, value in cut_header(data, 0, len(data), limits, set()).fields:
                if key == b"message-id":
                    return decode_header_value(value)
    return ""


def read_status_text(data: bytes, limits: Limits) -> tuple[Bounce, ...]:
    """Return what the fields of a delivery status say, wherever they were found."""
    return tuple(bounce for fields in _cut_groups(data, limits) if (bounce := _read_recipient(fields)) is not None)


def _groups(leaf: Part, limits: Limits) -> list[dict[str, str]]:
    """Return the groups of fields of a report part."""
    return _cut_groups(leaf.decode(set(), _REPORT_LIMIT), limits)


def _cut_groups(data: bytes, limits: Limits) -> list[dict[str, str]]:
    """Return groups of header fields; blank lines part them."""
    groups: list[dict[str, str]] = []
    place = 0
    while place < len(data) and len(groups) < limits.addresses:
        block = cut_header(data, place, len(data), limits, set())
        if block.fields:
            group: dict[str, str] = {}
            for key, _, value in block.fields:
                group.setdefault(key.decode("ascii"), decode_header_value(value))
            groups.append(group)
        place = block.body
    return groups
