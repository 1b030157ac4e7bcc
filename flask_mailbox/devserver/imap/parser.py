"""Takes one IMAP command apart (RFC 3501, 9): atoms, strings, literals, sets, dates, lists."""

from __future__ import annotations

import datetime
import re

from ..mailstore import SEPARATOR
from .utf7 import decode_name

_ATOM = re.compile(rb'[^\x00-\x20\x7f(){%*"\\\]]+')
_ASTRING = re.compile(rb'[^\x00-\x20\x7f(){%*"\\]+')
_LIST_MAILBOX = re.compile(rb'[^\x00-\x20\x7f(){"\\]+')
_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
_QUOTED_PAIR = re.compile(rb"\\(.)")
_LITERAL = re.compile(rb"\{(\d{1,12})\+?\}\r?\n")
_SET = re.compile(rb"(?:\d+|\*)(?::(?:\d+|\*))?(?:,(?:\d+|\*)(?::(?:\d+|\*))?)*")
_FLAG = re.compile(rb'\\?[^\x00-\x20\x7f(){%*"\\\]]+')
_DATE = re.compile(rb'"?([ \d]?\d)-([A-Za-z]{3})-(\d{4})"?')
_DATE_TIME = re.compile(rb'"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Ranges = list[tuple[int | None, int | None]]
"""Ranges of numbers; ``None`` is the star, the highest there is."""


class Refusal(Exception):
    """A command is answered with NO or BAD and this text."""

    def __init__(self, text: str, status: str = "NO") -> None:
        self.status = status
        self.text = text
        super().__init__(text)


def refusal_of(reply: str) -> Refusal:
    """Return the refusal that a whole reply stands for, such as ``NO [UNAVAILABLE] later``."""
    status, _, text = reply.partition(" ")
    return Refusal(text, status)


class Parser:
    """A cursor over the bytes of one command, literals included where they stood.

    :param separator: What parts the levels of folder names.
    :param leftover_refusal: The whole reply where something stands behind the end; the usual one if empty.
    """

    def __init__(self, data: bytes, *, separator: str = SEPARATOR, leftover_refusal: str = "") -> None:
        self.data = data
        self.position = 0
        self._separator = separator
        self._leftover_refusal = leftover_refusal

    @property
    def rest(self) -> bytes:
        """What has not been read yet, without the line end."""
        return self.data[self.position :].rstrip(b"\r\n")

    def bad(self, what: str) -> Refusal:
        """Return the refusal for a syntax error."""
        return Refusal(f"Syntax error: {what} expected", "BAD")

    def peek(self, text: bytes) -> bool:
        """Whether this stands next, in any case of letters."""
        end = self.position + len(text)
        return self.data[self.position : end].upper() == text

    def accept(self, text: bytes) -> bool:
        """Pass over this if it stands next."""
        found = self.peek(text)
        if found:
            self.position += len(text)
        return found

    def expect(self, text: bytes) -> None:
        """Pass over what must stand next."""
        if not self.accept(text):
            raise self.bad(text.decode() if text != b" " else "a space")

    def space(self) -> None:
        """Pass over one space."""
        self.expect(b" ")

    def end(self) -> None:
        """Make sure that nothing more stands there."""
        if self.rest:
            raise refusal_of(self._leftover_refusal) if self._leftover_refusal else self.bad("end of line")

    def atom(self) -> str:
        """Read an atom, in capitals."""
        return self._match(_ATOM, "an atom")[0].decode("ascii", "replace").upper()

    def number(self) -> int:
        """Read a number."""
        return int(self._match(re.compile(rb"\d{1,18}"), "a number")[0])

    def astring(self) -> bytes:
        """Read an atom, a quoted string or a literal."""
        if self.peek(b'"') or self.peek(b"{"):
            return self.string()
        return self._match(_ASTRING, "a string")[0]

    def string(self) -> bytes:
        """Read a quoted string or a literal."""
        if self.peek(b'"'):
            return _QUOTED_PAIR.sub(rb"\1", self._match(_QUOTED, "a quoted string")[1])
        size = int(self._match(_LITERAL, "a string")[1])
        value = self.data[self.position : self.position + size]
        self.position += size
        return value

    def nstring(self) -> bytes | None:
        """Read a string or NIL."""
        return None if self.accept(b"NIL") else self.string()

    def mailbox(self) -> str:
        """Read the name of a folder."""
        return decode_name(self.astring(), self._separator)

    def list_mailbox(self) -> str:
        """Read a pattern of LIST."""
        if self.peek(b'"') or self.peek(b"{"):
            return decode_name(self.string(), self._separator)
        return decode_name(self._match(_LIST_MAILBOX, "a pattern")[0], self._separator)

    def sequence_set(self) -> Ranges:
        """Read a set such as ``1:3,7,9:*``."""
        ranges: Ranges = []
        for item in self._match(_SET, "a message set")[0].split(b","):
            first, colon, last = item.partition(b":")
            ranges.append((_bound(first), _bound(last) if colon else _bound(first)))
        if any(bound == 0 for pair in ranges for bound in pair):
            raise self.bad("a message set without zero")
        return ranges

    def flags(self) -> list[str]:
        """Read flags, with or without parentheses."""
        if not self.accept(b"("):
            found = [self.flag()]
            while self.accept(b" "):
                found.append(self.flag())
            return found
        found = []
        while not self.accept(b")"):
            if found:
                self.space()
            found.append(self.flag())
        return found

    def flag(self) -> str:
        """Read one flag or keyword."""
        return self._match(_FLAG, "a flag")[0].decode("latin-1")

    def date(self) -> datetime.date:
        """Read a date such as ``1-Feb-2026``."""
        day, month, year = self._match(_DATE, "a date").groups()
        try:
            return datetime.date(int(year), _month(month), int(day))
        except ValueError:
            raise self.bad("a date") from None

    def date_time(self) -> datetime.datetime:
        """Read a date-time such as ``" 1-Feb-2026 12:00:00 +0800"``."""
        day, month, year, hour, minute, second, sign, zone_h, zone_m = self._match(_DATE_TIME, "a date").groups()
        offset = datetime.timedelta(hours=int(zone_h), minutes=int(zone_m)) * (-1 if sign == b"-" else 1)
        try:
            zone = datetime.timezone(offset)
            return datetime.datetime(
                int(year), _month(month), int(day), int(hour), int(minute), int(second), tzinfo=zone
            )
        except ValueError:
            raise self.bad("a date") from None

    def _match(self, pattern: re.Pattern[bytes], what: str) -> re.Match[bytes]:
        found = pattern.match(self.data, self.position)
        if found is None:
            raise self.bad(what)
        self.position = found.end()
        return found


def _bound(text: bytes) -> int | None:
    return None if text == b"*" else int(text[:19])


def _month(name: bytes) -> int:
    return MONTHS.index(name.decode().capitalize()) + 1
