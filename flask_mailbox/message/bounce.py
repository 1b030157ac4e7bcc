"""Bounces of servers that do not follow RFC 3464: recognised by who sends them and by what they say."""

from __future__ import annotations

import re
from dataclasses import replace

from .addresses import Address
from .bouncewords import DAEMON, DAEMON_NAME, DELAY, PHRASES, RETURNED, STATUS_BY_WORDS, SUBJECT
from .encoded import one_header_line
from .header import Headers
from .limits import DEFAULT_LIMITS, Limits
from .parts import Part
from .reports import (
    RETURNED_TYPES,
    Bounce,
    best_status,
    find_address,
    read_delivery_status,
    read_status_text,
)

_ADDRESS = re.compile(r"<?[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+>?")
_CODE_LINE = re.compile(r"(?<![\w.:-])(?:[45]\d\d[ -]|[45]\.\d{1,2}\.\d{1,3}\b|\(#[45]\.\d\.\d\))")
_STATUS_FIELDS = re.compile(r"^(?:Final|Original)-Recipient:", re.IGNORECASE | re.MULTILINE)
_READ = 64 * 1024  # characters of a report that are looked at
_MOST = 50  # recipients of one report


def find_bounces(
    headers: Headers, senders: tuple[Address, ...], subject: str, text: str, leaves: list[Part], limits: Limits
) -> tuple[Bounce, ...]:
    """Return what a report says of each recipient; empty if the message is none.

    :param text: The plain text of the message, which explains where the machine-readable part is poor or missing.
    """
    told = read_delivery_status(leaves, limits)
    if told:
        return tuple(_explain(bounce, text[:_READ]) for bounce in told)
    returned = any(leaf.content_type in RETURNED_TYPES for leaf in leaves)
    return guess_bounces(headers, senders, subject, text, returned=returned)


def _explain(bounce: Bounce, text: str) -> Bounce:
    """Complete a report that names a recipient but no reason, from the words beside it (OpenSMTPD)."""
    if bounce.diagnostic or not bounce.status.endswith(".0.0") or bounce.recipient not in text or not bounce.recipient:
        return bounce
    words = describe_failure(bounce.recipient, text)
    if not words.diagnostic or words.status[0] != bounce.status[0]:
        return bounce
    return replace(bounce, status=words.status, diagnostic=words.diagnostic)


def guess_bounces(
    headers: Headers, senders: tuple[Address, ...], subject: str, text: str, *, returned: bool
) -> tuple[Bounce, ...]:
    """Recognise a bounce without a delivery-status part.

    Either it has the field X-Failed-Recipients; or it comes from a mail system (its address, its name, an empty
    return path), its text speaks of failure, and so does its subject unless the message is given back.

    :param text: The plain text of the report.
    :param returned: Whether a message or its header is attached.
    """
    failed = [address for value in headers.get_all("x-failed-recipients") for address in _ADDRESS.findall(value)]
    report = _report_text(text[:_READ])
    if not failed and not (_from_system(headers, senders) and _speaks_of_failure(subject, report, returned)):
        return ()
    fields = _STATUS_FIELDS.search(report)
    if fields:
        return read_status_text(report[fields.start() :].encode("utf-8", "replace"), DEFAULT_LIMITS)
    recipients = failed or _recipients(report, {sender.address.lower() for sender in senders})
    delayed = bool(DELAY.search(subject) or DELAY.search(report))
    return tuple(describe_failure(each, report, delayed) for each in recipients[:_MOST] or [""])


def _speaks_of_failure(subject: str, report: str, returned: bool) -> bool:
    spoken = PHRASES.search(report) or _CODE_LINE.search(report)
    return bool(spoken and (returned or SUBJECT.search(subject)))


def _from_system(headers: Headers, senders: tuple[Address, ...]) -> bool:
    return_path = headers.raw("return-path")
    if return_path is not None and return_path.strip() in (b"<>", b"<MAILER-DAEMON>"):
        return True
    return any(DAEMON.match(sender.address) or DAEMON_NAME.search(sender.name) for sender in senders)


def _report_text(text: str) -> str:
    found = RETURNED.search(text)
    return text[: found.start()] if found and PHRASES.search(text[: found.start()]) else text


def _recipients(report: str, own: set[str]) -> list[str]:
    """Return the addresses that the report names, those in angle brackets or at a line's start first."""
    found: dict[str, None] = {}
    for strict in (True, False):
        for match in _ADDRESS.finditer(report):
            address = find_address(match[0])
            leads = match[0].startswith("<") or not _line_before(report, match.start()).strip(" \t*-:")
            if (leads or not strict) and address.lower() not in own and not DAEMON.match(address):
                found.setdefault(address)
        if found:
            break
    return list(found)


def _line_before(report: str, place: int) -> str:
    return report[report.rfind("\n", 0, place) + 1 : place]


def describe_failure(recipient: str, report: str, delayed: bool = False) -> Bounce:
    """Return what a report's text says of one recipient."""
    place = report.find(recipient) if recipient else 0
    near = report[max(0, place) : place + 2000]
    diagnostic = next((line.strip() for line in near.splitlines() if _CODE_LINE.search(line)), "")
    if not diagnostic:
        diagnostic = next((line.strip() for line in report.splitlines() if _CODE_LINE.search(line)), "")
    status = best_status("", diagnostic) if diagnostic else _status_by_words(report)
    if delayed and not diagnostic:
        status = "4" + status[1:]
    delayed = delayed and status.startswith("4")
    return Bounce(recipient, "delayed" if delayed else "failed", status, one_header_line(diagnostic[:500]))


def _status_by_words(report: str) -> str:
    return next((status for words, status in STATUS_BY_WORDS if words.search(report)), "5.0.0")
