"""The MIME tree of a message as offsets into its bytes (RFC 2045, RFC 2046): nothing is copied or rewritten."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_DEPTH = 50
MAX_PARTS = 10_000
VALUE_LIMIT = 16_384

_PARAMETER = re.compile(rb';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)', re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_FOLD = re.compile(rb"\r\n(?=[ \t])")

Parameters = list[tuple[bytes, bytes]]


@dataclass(slots=True, eq=False)
class Part:
    """One entity: its header is ``raw[start:body]`` (blank line included), its content ``raw[body:end]``."""

    raw: bytes
    start: int
    body: int
    end: int
    fields: list[tuple[bytes, bytes]]
    type: bytes = b"text"
    subtype: bytes = b"plain"
    parameters: Parameters = field(default_factory=list)
    children: list[Part] = field(default_factory=list)
    message: Part | None = None

    @property
    def header(self) -> bytes:
        """The header's bytes with the blank line."""
        return self.raw[self.start : self.body]

    @property
    def content(self) -> bytes:
        """The content's bytes, still in its transfer encoding."""
        return self.raw[self.body : self.end]

    @property
    def is_multipart(self) -> bool:
        """Whether the content is a multipart that was taken apart."""
        return bool(self.children)

    @property
    def lines(self) -> int:
        """Number of line ends in the content, which is what BODYSTRUCTURE counts."""
        return self.raw.count(b"\n", self.body, self.end)

    def get(self, name: bytes) -> bytes | None:
        """Return the first field of that name, unfolded, or ``None``."""
        name = name.lower()
        return next((value for key, value in self.fields if key.lower() == name), None)

    def find(self, numbers: tuple[int, ...]) -> Part | None:
        """Return the part under a section such as (1, 2), or ``None`` (RFC 9051, 6.4.5.1)."""
        container: Part | None = self
        found = self
        for number in numbers:
            if container is None:
                return None
            if container.is_multipart:
                if not 1 <= number <= len(container.children):
                    return None
                found = container.children[number - 1]
            elif number == 1:
                found = container
            else:
                return None
            container = found.message or (found if found.is_multipart else None)
        return found


def parse_structure(raw: bytes) -> Part:
    """Take a message apart; whatever it is, there is a result."""
    return _parse(raw, 0, len(raw), depth=0, digest=False, budget=[MAX_PARTS])


def parse_value(value: bytes) -> tuple[bytes, Parameters]:
    """Split ``text/plain; charset="utf-8"`` into its first word and its parameters."""
    first, semicolon, rest = value[:VALUE_LIMIT].partition(b";")
    parameters = [(name, _unquote(text)) for name, text in _PARAMETER.findall(semicolon + rest)]
    return first.partition(b"(")[0].strip(), parameters


def _parse(raw: bytes, start: int, end: int, *, depth: int, digest: bool, budget: list[int]) -> Part:
    body = _header_end(raw, start, end)
    part = Part(raw, start, body, end, _parse_fields(raw[start:body]))
    if digest:
        part.type, part.subtype = b"message", b"rfc822"
    word, parameters = parse_value(part.get(b"content-type") or b"")
    main, slash, sub = word.lower().partition(b"/")
    if slash and main and sub:
        part.type, part.subtype, part.parameters = main.strip(), sub.strip(), parameters
    if depth >= MAX_DEPTH:
        return part
    if part.type == b"multipart":
        _split(part, depth, budget)
    elif part.type == b"message" and part.subtype == b"rfc822":
        part.message = _parse(raw, body, end, depth=depth + 1, digest=False, budget=budget)
    return part


def _header_end(raw: bytes, start: int, end: int) -> int:
    if raw.startswith(b"\r\n", start, end):
        return start + 2
    blank = raw.find(b"\r\n\r\n", start, end)
    return end if blank < 0 else blank + 4


def _parse_fields(header: bytes) -> list[tuple[bytes, bytes]]:
    fields = []
    for line in _FOLD.sub(b"", header).split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon and name.strip():
            fields.append((name.strip(), value.strip()))
    return fields


def _split(part: Part, depth: int, budget: list[int]) -> None:
    boundary = next((value for name, value in part.parameters if name.lower() == b"boundary"), b"")
    digest = part.subtype == b"digest"
    for start, end in _sections(part, boundary, budget) if boundary else ():
        part.children.append(_parse(part.raw, start, end, depth=depth + 1, digest=digest, budget=budget))
    if not part.children:  # broken, but BODYSTRUCTURE cannot say "no parts": show one empty text
        part.children.append(Part(part.raw, part.end, part.end, part.end, []))


def _sections(part: Part, boundary: bytes, budget: list[int]) -> list[tuple[int, int]]:
    raw, delimiter = part.raw, b"--" + boundary
    found: list[tuple[int, int]] = []
    content: int | None = None
    position = part.body
    while budget[0] > 0:
        at = raw.find(delimiter, position, part.end)
        if at < 0:
            break
        line_end = raw.find(b"\r\n", at, part.end)
        line_end = part.end if line_end < 0 else line_end
        position = at + len(delimiter)
        tail = raw[position:line_end]
        closing = tail.rstrip() == b"--"
        at_line_start = at == part.body or raw[at - 2 : at] == b"\r\n"
        if not at_line_start or not (closing or not tail.strip()):
            continue
        if content is not None:
            found.append((content, max(content, at - 2)))
            budget[0] -= 1
        content = None if closing else min(line_end + 2, part.end)
        if closing:
            break
    if content is not None:
        found.append((content, part.end))
    return found


def _unquote(text: bytes) -> bytes:
    if text.startswith(b'"') and text.endswith(b'"') and len(text) >= 2:
        return _QUOTED_PAIR.sub(rb"\1", text[1:-1])
    return text
