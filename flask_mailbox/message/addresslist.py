"""Address lists as they stand in real headers (RFC 5322, 3.4), read by grammar before anything is decoded.

No address is invented: it is what stands in angle brackets, or an item that is nothing but an address. Encoded
words are decoded in names only, after the grammar has been read.
"""

from __future__ import annotations

import re

from .addresses import Address
from .charset import Detector
from .defects import Defect, Notes
from .encoded import decode_words, one_header_line
from .header import header_text
from .limits import DEFAULT_LIMITS, Limits

_PLAIN = r'[^\s<>()"\\,:;@\[\]=]++@[^\s<>()"\\,:;@\[\]=]++'
# What nearly all items of real lists are: nothing in them that the grammar would read in another way.
_SIMPLE = re.compile(rf'\s*+(?:([^"\\<>(),:;@\[\]]*+)<({_PLAIN})>|({_PLAIN}))\s*+')
_QUOTED = r'(?P<quoted>"(?:[^"\\]|\\.)*+")'
_OTHERS = (
    r'(?P<angle><\s*+(?:"(?:[^"\\]|\\.){0,256}+")?[^<>"]{0,1000}+>)|(?P<space>\s++)|(?P<special>[,;:()])|'
    r"(?P<word>=\?[^?\s]*+\?[BbQq]\?[^?<>]*+\?=)|(?P<literal>\[[^\[\]<>\s]{0,255}+\])|"
    r'(?P<text>[^\s,;:()<>"\[]++)|(?P<stray>.)'
)
_TOKEN = re.compile(rf"{_QUOTED}|{_OTHERS}", re.DOTALL)
_TOKEN_WITHOUT_QUOTES = re.compile(_OTHERS, re.DOTALL)  # behind a quotation mark that nothing closes
_ADDRESS = re.compile(r'(?:"(?:[^"\\]|\\.)*+"|[^\s"<>(),:;@\[\]\\]++)@(?:\[[^\s\[\]<>]++\]|[^\s"<>(),:;@\[\]\\]++)')
_ROUTE = re.compile(r"@[^:<>]++:")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def parse_address_list(
    value: bytes, notes: Notes | None = None, *, limits: Limits = DEFAULT_LIMITS, detect: Detector | None = None
) -> tuple[Address, ...]:
    """Read a From, To, Cc … value; text where an address belongs gives an ``Address`` without one."""
    notes = set() if notes is None else notes
    text = header_text(value, notes, detect)
    items = [_SIMPLE.fullmatch(item) for item in text.split(",", limits.addresses)] if '"' not in text else []
    if items and len(items) <= limits.addresses and all(items):
        return tuple(_plain_address(item, notes, detect) for item in items if item)
    return _Reader(text, notes, limits, detect).read()


def _plain_address(item: re.Match[str], notes: Notes, detect: Detector | None) -> Address:
    name, angle, bare = item.groups()
    return Address(_name(name, notes, detect) if name else "", one_header_line(angle or bare, notes))


def _name(text: str, notes: Notes, detect: Detector | None) -> str:
    name = " ".join(decode_words(text.strip(), notes, detect=detect).split())
    if not name.isascii() and _BIDI.search(name):
        notes.add(Defect.BIDI_CONTROL)
        name = _BIDI.sub("", name)
    return name


class _Reader:
    """One pass over the tokens of a list: collects one item, closes it at a comma, semicolon or second ``<>``."""

    def __init__(self, text: str, notes: Notes, limits: Limits, detect: Detector | None) -> None:
        self.text, self.notes, self.limits, self.detect = text, notes, limits, detect
        self.found: list[Address] = []
        self.groups = 0
        self.tokens = _TOKEN
        self.clear()

    def clear(self) -> None:
        self.plain: list[str] = []  # the item as written, quotes included, comments left out
        self.phrase: list[str] = []  # the item as a name, quotes taken off
        self.comment = ""
        self.angle: str | None = None

    def read(self) -> tuple[Address, ...]:
        place = 0
        while place < len(self.text) and len(self.found) < self.limits.addresses:
            token = self.tokens.match(self.text, place)
            if token is None:  # pragma: no cover - the last alternative takes any character
                break
            place = token.end()
            kind, value = token.lastgroup, token[0]
            if value == "(":
                place = self.take_comment(place)
            elif kind == "special":
                self.take_special(value)
            else:
                self.take(kind or "", value)
        if place < len(self.text):
            self.notes.add(Defect.TOO_MANY_ADDRESSES)
        self.close()
        return tuple(self.found[: self.limits.addresses])

    def take(self, kind: str, value: str) -> None:
        if kind == "angle":
            if self.angle is not None:
                self.close()
            self.angle = value[1:-1]
            return
        if kind == "stray" and value in '<>"':
            self.notes.add(Defect.INVALID_ADDRESS)
            self.tokens = _TOKEN_WITHOUT_QUOTES if value == '"' else self.tokens
        if self.angle is not None and kind != "space":
            self.close()  # "Ann <a@x> Bob <b@x>": a comma is missing
        self.plain.append(value)
        self.phrase.append(_ESCAPE.sub(r"\1", value[1:-1]) if kind == "quoted" else value)

    def take_special(self, value: str) -> None:
        if value == ":" and self.angle is None and "".join(self.plain).strip():
            self.groups += 1
            if self.groups > self.limits.group_depth:
                self.notes.add(Defect.INVALID_ADDRESS)
            self.clear()
        if value == ";":
            self.groups = max(0, self.groups - 1)
        if value in ",;":
            self.close()
        elif value == ")":
            self.notes.add(Defect.INVALID_ADDRESS)

    def take_comment(self, place: int) -> int:
        """Read a comment whose ``(`` stands before ``place``; return where it ends."""
        depth, start = 1, place
        for mark in _COMMENT_MARK.finditer(self.text, place):
            depth += {"(": 1, ")": -1}.get(mark[0], 0)
            if depth == 0 or depth > self.limits.comment_depth:
                if depth:
                    self.notes.add(Defect.INVALID_ADDRESS)
                    return len(self.text)
                self.comment = self.comment or self.text[start : mark.start()]
                return mark.end()
        self.notes.add(Defect.INVALID_ADDRESS)
        return len(self.text)

    def close(self) -> None:
        """End one item: an address if it is one, else its text as a name."""
        plain = "".join(self.plain).strip()
        name = _name("".join(self.phrase), self.notes, self.detect)
        comment = _name(self.comment, self.notes, self.detect) if not name or self.angle is None else ""
        angle = None if self.angle is None else _ROUTE.sub("", self.angle.strip(), count=1)
        self.clear()
        if angle:
            self.add_angle(name or comment, angle)
        elif plain and _ADDRESS.fullmatch(plain):
            self.found.append(Address(comment, one_header_line(plain, self.notes)))
        elif name:
            self.notes.add(Defect.INVALID_ADDRESS)
            self.found.append(Address(name, ""))

    def add_angle(self, name: str, angle: str) -> None:
        if _ADDRESS.fullmatch(angle):
            self.found.append(Address(name, one_header_line(angle, self.notes)))
            return
        self.notes.add(Defect.INVALID_ADDRESS)
        if "@" not in angle and angle.isprintable() and " " not in angle:  # <MAILER-DAEMON>
            self.found.append(Address(name, angle))
            return
        self.found.append(Address(name or one_header_line(angle), ""))
