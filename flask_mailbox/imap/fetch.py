"""FETCH responses: what the server said about each message (RFC 9051, 7.5.2)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from .answer import Untagged
from .shallow import Nested, cut_items
from .tokens import MalformedDataError, parse_data

Items = dict[bytes, Any]
"""What is known of one message, by upper-case item name; ``BODY[…]<0>`` is kept as ``BODY[…]``, its ``0`` apart.

What stood in parentheses is a list, or ``Nested`` as long as nobody asked for it."""

_ORIGIN = re.compile(rb"<(\d+)>\Z")
_PART = re.compile(rb"BODY\[[\d.]+\]", re.IGNORECASE)
_DATE_TIME = re.compile(rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = (b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV", b"DEC")


def by_uid(responses: Iterable[Untagged]) -> dict[int, Items]:
    """Return what was said under each uid, all answers about one message together.

    An answer without a uid (flags that another session changed) belongs to no request and is left out.

    :raises MalformedDataError: If an answer does not follow the grammar.
    """
    found: dict[int, Items] = {}
    for response in responses:
        items = read_items(response)
        uid = parse_number(items.get(b"UID"))
        if response.number and uid:
            if uid in found:
                _add(found[uid], items)
            else:
                found[uid] = {b"SEQ": response.number, **items}
    return found


def read_items(response: Untagged) -> Items:
    """Return the names and values of one FETCH response."""
    if response.items is not None:
        return response.items
    items = cut_items(response.pieces)
    if items is None:
        return parse_items(response)
    return _without_origins(items.items()) if any(name.endswith(b">") for name in items) else items


def parse_items(response: Untagged) -> Items:
    """Return the names and values of any FETCH response, all that is nested read."""
    values = parse_data(response.pieces)
    if len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    if len(values) % 2 and isinstance(values[-1], bytes) and _PART.fullmatch(values[-1]):
        values.append(b"")  # GNU mailutils says so that a range lies behind the end
    if len(values) % 2:
        raise MalformedDataError("a name without a value")
    names = [name.upper() for name in values[::2] if isinstance(name, bytes)]
    if len(names) * 2 != len(values):
        raise MalformedDataError("a value without a name")
    return _without_origins(zip(names, values[1::2], strict=True))


def origin(items: Items, name: bytes) -> bytes | None:
    """Return where a range of a section begins, as the server says; ``None`` if it says nothing of a range."""
    found = items.get(b"<" + name)
    return found if isinstance(found, bytes) else None


def _without_origins(pairs: Iterable[tuple[bytes, Any]]) -> Items:
    """Name each section without its range, and note where the range begins under a name that no item has."""
    items: Items = {}
    for name, value in pairs:
        if found := _ORIGIN.search(name):
            name = name[: found.start()]
            items[b"<" + name] = found[1]
        else:
            items.pop(b"<" + name, None)
        items[name] = value
    return items


def _add(known: Items, items: Items) -> None:
    """Add what a further answer says of a message: each section with its own range, or none."""
    for name in items:
        known.pop(b"<" + name, None)
    known.update(items)


def section(items: Items, prefix: bytes) -> bytes | None:
    """Return the bytes of the first section whose name begins so, such as ``BODY[HEADER``."""
    for name, value in items.items():
        if name.startswith(prefix) and isinstance(value, bytes) and not isinstance(value, Nested):
            return value
    return None


def parse_number(value: object) -> int:
    """Return a number; 0 if it is none. Some servers write sizes as ``9.3736e+06``."""
    if not isinstance(value, bytes) or len(value) > 25:
        return 0
    if value.isdigit():
        return int(value)
    try:
        return max(0, int(float(value)))
    except (ValueError, OverflowError):
        return 0


def parse_flags(value: object) -> frozenset[str]:
    """Return flags and keywords as text."""
    if isinstance(value, bytes):
        return _flags(bytes(value))
    if not isinstance(value, list):
        return frozenset()
    return frozenset(flag.decode("utf-8", "replace") for flag in value if isinstance(flag, bytes))


@lru_cache(maxsize=256)
def _flags(text: bytes) -> frozenset[str]:
    """Return flags that were not read yet; most messages carry the same few."""
    return frozenset(flag.decode("utf-8", "replace") for flag in text.strip(b"()").split())


def parse_date_time(value: object) -> datetime.datetime | None:
    """Return an INTERNALDATE, or ``None`` if it is no date."""
    found = _DATE_TIME.fullmatch(value) if isinstance(value, bytes) else None
    if found is None or found[2].upper() not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    offset = datetime.timedelta(hours=int(found[8]), minutes=int(found[9]))
    try:
        zone = datetime.timezone(-offset if found[7] == b"-" else offset)
        return datetime.datetime(year, _MONTHS.index(found[2].upper()) + 1, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def format_date_time(value: datetime.datetime) -> bytes:
    """Return a date as APPEND takes it; one without a zone is local time."""
    aware = value if value.tzinfo else value.astimezone()
    month = _MONTHS[aware.month - 1].decode().title()
    return f'"{aware.day:2d}-{month}-{aware.year:04d} {aware:%H:%M:%S %z}"'.encode()
