"""The Date field as it really comes (RFC 5322, 3.3 and 4.3), and two shapes that old software writes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from .defects import Defect, Notes

_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
# RFC 5322, 4.3; the rest are names seen in mail. A name that nobody knows means no zone.
_ZONES = {"ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -500, "edt": -400, "cst": -600, "cdt": -500, "mst": -700,
          "mdt": -600, "pst": -800, "pdt": -700, "bst": 100, "wet": 0, "cet": 100, "cest": 200, "met": 100,
          "mest": 200, "eet": 200, "eest": 300, "msk": 300, "jst": 900, "kst": 900, "ist": 530, "hkt": 800}  # fmt: skip

# What nearly all dates are; it means the same to the first of the shapes below.
_USUAL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})(?: \([A-Z]{1,5}\))?"
)
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{1,2})(?:[:.](?P<second>\d{1,2})(?:\.\d{1,9})?)?"
_ZONE = r"(?:\s*(?P<zone>(?:GMT|UTC)?[+-]\s?\d{1,2}:?\d{2}|[A-Za-z]{1,5}))?"
_SHAPES = (
    re.compile(rf"(?:[A-Za-z]+\.?,?\s*)?(?P<day>\d{{1,2}})[\s-]*(?P<month>[A-Za-z]{{3}})[a-z]*[\s,-]*(?P<year>\d{{2,4}})[\s,]+{_CLOCK}{_ZONE}"),
    re.compile(rf"(?:[A-Za-z]+,?\s+)?(?P<month>[A-Za-z]{{3}})[a-z]*\s+(?P<day>\d{{1,2}}),?\s+{_CLOCK}{_ZONE}\s+(?P<year>\d{{4}})"),
    re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)[T\s]{_CLOCK}{_ZONE}"),
)  # fmt: skip


def parse_date(text: str, notes: Notes) -> datetime | None:
    """Return an aware datetime in the zone of the header, or ``None``; without a zone it is taken as UTC."""
    if (usual := _USUAL.fullmatch(text)) and (date := _usual_date(usual)):
        return date
    line = _without_comments(text[:300]).strip()
    for shape in _SHAPES:
        found = shape.match(line)
        if found:
            break
    else:
        notes.add(Defect.INVALID_DATE)
        return None
    try:
        return _build(found, notes)
    except (ValueError, OverflowError, KeyError):
        notes.add(Defect.INVALID_DATE)
        return None


def _usual_date(found: re.Match[str]) -> datetime | None:
    day, month, year, hour, minute, second, offset = found.groups()
    zone, number = _offset(offset), _MONTHS.get(month.lower())
    if zone is None or number is None:
        return None
    try:
        return datetime(int(year), number, int(day), int(hour), int(minute), min(int(second), 59), tzinfo=zone)
    except ValueError:
        return None


def _build(found: re.Match[str], notes: Notes) -> datetime:
    month = found["month"]
    second = min(int(found["second"] or 0), 59)  # 60 is a leap second, which datetime does not have
    number = int(month) if month.isdigit() else _MONTHS[month[:3].lower()]
    zone = _zone(found["zone"], notes)
    clock = (int(found["hour"]), int(found["minute"]), second)
    return datetime(_year(found["year"]), number, int(found["day"]), *clock, tzinfo=zone)


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    if len(text) == 3:
        return 1900 + year
    return 2000 + year if year < 50 else 1900 + year


def _zone(text: str | None, notes: Notes) -> timezone:
    name = (text or "").lower().replace(" ", "").replace(":", "")
    if name[3:] and name[:3] in ("gmt", "utc"):
        name = name[3:]
    if name[:1] in ("+", "-") and name[1:].isdigit():
        if zone := _offset(name):
            return zone
    elif name in _ZONES:
        hours, minutes = divmod(abs(_ZONES[name]), 100)
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(offset if _ZONES[name] > 0 else -offset) if offset else UTC
    notes.add(Defect.DATE_WITHOUT_ZONE)
    return UTC


@lru_cache(maxsize=256)
def _offset(text: str) -> timezone | None:
    """Return the zone of ``+0800`` and the like, or ``None`` if there is none so far away."""
    hours, minutes = divmod(int(text[1:]), 100)
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes >= 60 or offset >= timedelta(hours=24):
        return None
    return timezone(-offset if text[0] == "-" else offset) if offset else UTC


def _without_comments(text: str) -> str:
    if "(" not in text:
        return text
    kept, depth = [], 0
    for character in text:
        depth += character == "("
        if depth == 0:
            kept.append(character)
        depth -= character == ")" and depth > 0
    return "".join(kept)
