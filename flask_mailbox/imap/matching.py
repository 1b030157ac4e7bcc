"""Comparing a message with criteria here, where the server's search cannot be believed."""

from __future__ import annotations

import datetime
from functools import cached_property

from ..message import ReceivedMessage, parse_message
from .fetch import Items, parse_date_time, parse_flags, parse_number, section
from .search import Both, Criteria, Either, Not, Search, leaves

_FLAGS = {"answered": "\\Answered", "flagged": "\\Flagged", "draft": "\\Draft", "deleted": "\\Deleted"}


class Candidate:
    """A message as far as it was fetched for comparing."""

    def __init__(self, uid: int, items: Items) -> None:
        self.uid = uid
        self.items = items

    @cached_property
    def message(self) -> ReceivedMessage:
        """The message, or its header alone."""
        return parse_message(section(self.items, b"BODY[") or b"")

    @cached_property
    def flags(self) -> frozenset[str]:
        """Its flags, in lower case."""
        return frozenset(flag.lower() for flag in parse_flags(self.items.get(b"FLAGS")))

    @cached_property
    def arrived(self) -> datetime.datetime | None:
        """When it arrived."""
        return parse_date_time(self.items.get(b"INTERNALDATE"))

    @cached_property
    def body(self) -> str:
        """The words of its body."""
        return f"{self.message.text or ''}\n{self.message.html or ''}"


def looks_into_bodies(criteria: Criteria) -> bool:
    """Whether comparing needs whole messages."""
    return any(name in ("body", "text") for leaf in leaves(criteria) for name, _ in leaf.given())


def matches(criteria: Criteria, candidate: Candidate) -> bool:
    """Whether a message is what is looked for."""
    if isinstance(criteria, Both):
        return matches(criteria.left, candidate) and matches(criteria.right, candidate)
    if isinstance(criteria, Either):
        return matches(criteria.left, candidate) or matches(criteria.right, candidate)
    if isinstance(criteria, Not):
        return not matches(criteria.inner, candidate)
    return isinstance(criteria, Search) and all(_holds(name, value, candidate) for name, value in criteria.given())


def _holds(name: str, value: object, candidate: Candidate) -> bool:
    if name in ("from_", "to", "cc", "bcc", "subject"):
        return _contains(candidate.message.headers.get_all(name.rstrip("_")), value)
    if name == "body":
        return _contains((candidate.body,), value)
    if name == "text":
        return _contains((candidate.body, *(text for _, text in candidate.message.headers.items())), value)
    if name == "header" and isinstance(value, tuple):
        return _contains(candidate.message.headers.get_all(value[0]), value[1])
    if name in ("larger", "smaller") and isinstance(value, int):
        size = parse_number(candidate.items.get(b"RFC822.SIZE"))
        return size > value if name == "larger" else size < value
    if name == "unseen":
        return ("\\seen" not in candidate.flags) is value
    if name in _FLAGS:
        return (_FLAGS[name].lower() in candidate.flags) is value
    if name == "keyword":
        return str(value).lower() in candidate.flags
    if name == "uids" and isinstance(value, tuple):
        return candidate.uid in value
    return _holds_day(name, value, candidate)


def _holds_day(name: str, value: object, candidate: Candidate) -> bool:
    """Compare days; what cannot be compared here was left to the server and holds."""
    when = candidate.message.date if name.startswith("sent_") else candidate.arrived
    if not isinstance(value, datetime.date) or when is None:
        return not isinstance(value, datetime.date)
    day, wanted = when.date(), value.date() if isinstance(value, datetime.datetime) else value
    match name.removeprefix("sent_"):
        case "since":
            return day >= wanted
        case "before":
            return day < wanted
    return day == wanted


def _contains(texts: tuple[str, ...], words: object) -> bool:
    wanted = str(words).casefold()
    return any(wanted in text.casefold() for text in texts)
