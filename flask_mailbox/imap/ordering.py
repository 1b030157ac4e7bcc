"""Sorting by the server (RFC 5256), or here where it cannot, and then only so many of the newest messages."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import UsageError
from ..message import ReceivedMessage, parse_message
from .arguments import number_sets
from .client import Client
from .fetch import Items, by_uid, parse_date_time, parse_number, section
from .found import MAX_HEADERS, Found, distrusted, find
from .hits import hits_budget
from .search import Criteria, compile_criteria

KEYS = ("arrival", "date", "from", "to", "cc", "subject", "size")

HEADER_ITEMS = (
    b"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS "
    b"(DATE FROM TO CC SUBJECT MESSAGE-ID REFERENCES IN-REPLY-TO)]<0.65536>)"
)

_MARK = re.compile(
    r"\s*+(?:(?:re|fwd?|aw|wg|回复|答复|转发)\s*+(?:\[\d++\])?\s*+[:：]|\[[^\]]*+\]\s*+(?=\S))", re.IGNORECASE
)
MAX_MARKS = 30
_NO_DATE = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def sort(client: Client, key: str, criteria: Criteria, *, reverse: bool) -> Found:
    """Return the uids that a search finds, in the order of a key.

    :raises UsageError: If there is no such key.
    """
    if key not in KEYS:
        raise UsageError(f"No order '{str(key)[:40]}'. Sort by one of: {', '.join(KEYS)}.")
    if client.can("SORT") and not distrusted(client, criteria):
        order = f"({'REVERSE ' if reverse else ''}{key.upper()})".encode()
        answer = client.run("UID SORT", order, b"UTF-8", *compile_criteria(criteria), budget=hits_budget(client))
        words = [word for response in answer.of("SORT") for word in response.text.split(b"(")[0].split()]
        return Found(tuple(uid for uid in map(parse_number, words) if uid))
    found = find(client, criteria)
    rows = list(headers_of(client, found.uids[-MAX_HEADERS:]))
    rows.sort(key=lambda row: _ORDER[key](row[1], row[2]), reverse=reverse)
    return Found(tuple(uid for uid, _, _ in rows), found.verified, found.complete and len(found) <= MAX_HEADERS)


def headers_of(client: Client, uids: tuple[int, ...]) -> Iterator[tuple[int, ReceivedMessage, Items]]:
    """Yield uid, header and further items of messages that are still there, in the order of their uids."""
    for start in range(0, len(uids), 200):
        wanted = uids[start : start + 200]
        for numbers, held in number_sets(wanted):
            found = by_uid(client.run("UID FETCH", numbers, HEADER_ITEMS).of("FETCH"))
            for uid in held:
                header = section(found.get(uid, {}), b"BODY[")
                if header is not None:
                    yield uid, parse_message(header), found[uid]


def base_subject(subject: str) -> str:
    """Return a subject without the marks of replies, forwards and lists, in one case (RFC 5256, 2.1)."""
    start = 0
    for _ in range(MAX_MARKS):
        if not (mark := _MARK.match(subject, start)):
            break
        start = mark.end()
    return " ".join(subject[start:].casefold().split())


def _arrival(message: ReceivedMessage, items: Items) -> datetime.datetime:
    return parse_date_time(items.get(b"INTERNALDATE")) or _NO_DATE


def _first(field: str) -> Callable[[ReceivedMessage, Items], str]:
    def key(message: ReceivedMessage, items: Items) -> str:
        addresses = getattr(message, field)
        return addresses[0].address.casefold() if addresses else ""

    return key


_ORDER: dict[str, Callable[[ReceivedMessage, Items], Any]] = {
    "arrival": _arrival,
    "date": lambda message, items: message.date or _arrival(message, items),
    "from": _first("from_"),
    "to": _first("to"),
    "cc": _first("cc"),
    "subject": lambda message, items: base_subject(message.subject),
    "size": lambda message, items: parse_number(items.get(b"RFC822.SIZE")),
}
