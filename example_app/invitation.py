"""Calendar invitations: the few lines of an iCalendar object that people want to see (RFC 5545)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask_mailbox import ReceivedMessage

MAX_BYTES = 256 * 1024
_ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an invitation says.

    :param method: ``REQUEST``, ``CANCEL``, ``REPLY`` and so on.
    :param start: When it begins: a day, or a moment; naive if the sender names a zone of its own in ``zone``.
    """

    method: str
    title: str
    location: str
    organizer: str
    start: date | datetime | None
    end: date | datetime | None
    zone: str


def read_invitation(message: ReceivedMessage) -> Invitation | None:
    """Return the first event that a message carries for calendars, or ``None``."""
    for part in message.attachments:
        if part.content_type in ("text/calendar", "application/ics") and part.size <= MAX_BYTES:
            return _read(part.content.decode("utf-8", "replace"))
    return None


def _read(text: str) -> Invitation | None:
    lines = re.sub(r"\r?\n[ \t]", "", text).splitlines()
    method = next((line.partition(":")[2] for line in lines if line.upper().startswith("METHOD:")), "REQUEST")
    event: dict[str, tuple[str, str]] = {}
    is_inside = False
    for line in lines:
        name, _, value = line.partition(":")
        key, _, parameters = name.partition(";")
        if line.upper() == "BEGIN:VEVENT":
            is_inside = True
        elif line.upper().startswith(("END:VEVENT", "BEGIN:VALARM")):
            break
        elif is_inside:
            event.setdefault(key.upper(), (value, parameters))
    if not event:
        return None
    return Invitation(
        method=method.strip().upper(),
        title=_text(event, "SUMMARY"),
        location=_text(event, "LOCATION"),
        organizer=re.sub(r"(?i)^mailto:", "", _text(event, "ORGANIZER")),
        start=_moment(event, "DTSTART"),
        end=_moment(event, "DTEND"),
        zone=next((found[1] for found in [re.search(r"TZID=([^;]+)", event.get("DTSTART", ("", ""))[1])] if found), ""),
    )


def _text(event: dict[str, tuple[str, str]], name: str) -> str:
    value = event.get(name, ("", ""))[0][:500]
    return _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value).strip()


def _moment(event: dict[str, tuple[str, str]], name: str) -> date | datetime | None:
    value = event.get(name, ("", ""))[0].strip()
    for pattern in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            found = datetime.strptime(value, pattern)
        except ValueError:
            continue
        if pattern == "%Y%m%d":
            return found.date()
        return found.replace(tzinfo=UTC) if value.endswith("Z") else found
    return None
