"""The header block of a message or part: cut into fields, kept as bytes, decoded when asked for (RFC 5322, 2.2)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .charset import Detector, decode_text
from .defects import Defect, Notes
from .encoded import decode_words
from .lazy import lazy
from .limits import Limits

_FIELD = re.compile(rb"^(?:([!-9;-~]++)([ \t]*+):([^\n]*+(?:\n[ \t][^\n]*+)*+)|([^\n]++))", re.MULTILINE)
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_WINDOWS = (2 * 1024, 64 * 1024, sys.maxsize)  # most header blocks end within the first


Field = tuple[bytes, bytes, bytes]
"""One header field: its name in lower case, the name as written, and the undecoded value, still folded."""


class Block(NamedTuple):
    """A header block that was cut: its fields, and where the body begins."""

    fields: tuple[Field, ...]
    body: int


def cut_header(source: bytes, start: int, end: int, limits: Limits, notes: Notes) -> Block:
    """Cut the header block that begins at ``start``; the body begins after its blank line."""
    stop, body = _find_end(source, start, end)
    if body < 0:
        body = end
        notes.add(Defect.MISSING_HEADER_END)
    if stop - start > limits.header_block:
        notes.add(Defect.HEADERS_TOO_LARGE)
        cut = source.rfind(b"\n", start, start + limits.header_block)
        stop = cut + 1 if cut > 0 else start + limits.header_block
    return Block(_cut_fields(source[start:stop], limits, notes), body)


def _find_end(source: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the fields end and where the body begins (-1: no blank line)."""
    for empty in (b"\n", b"\r\n"):
        if source.startswith(empty, start, end):
            return start, start + len(empty)
    for window in _WINDOWS:
        stop = min(end, start + window)
        bare = source.find(b"\n\n", start, stop)
        crlf = source.find(b"\n\r\n", start, bare if bare >= 0 else stop)
        if crlf >= 0:
            return crlf + 1, crlf + 3
        if bare >= 0:
            return bare + 1, bare + 2
        if stop == end:
            break
    return end, -1


def _cut_fields(block: bytes, limits: Limits, notes: Notes) -> tuple[Field, ...]:
    fields: list[Field] = []
    for name, space, value, other in _FIELD.findall(block):
        if not name:
            if other.strip():
                notes.add(Defect.INVALID_HEADER_LINE)
            continue
        if len(fields) == limits.headers:
            notes.add(Defect.HEADERS_TOO_LARGE)
            break
        if space:
            notes.add(Defect.SPACE_BEFORE_COLON)
        if len(value) > limits.header:
            notes.add(Defect.HEADERS_TOO_LARGE)
            value = value[: limits.header]
        fields.append((name.lower(), name, value))
    return tuple(fields)


def unfold(value: bytes) -> bytes:
    """Return a field's value as one line, without the blanks around it (RFC 5322, 2.2.3)."""
    return (_FOLD.sub(b"", value) if b"\n" in value else value).strip()


def header_text(value: bytes, notes: Notes, detect: Detector | None = None) -> str:
    """Return a field's bytes as text, encoded words left as they are: ASCII, UTF-8 (RFC 6532) or undeclared."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return decode_text(value, None, notes, detect=detect)


def decode_header_value(value: bytes, notes: Notes | None = None, *, detect: Detector | None = None) -> str:
    """Decode an unstructured header value: folds, 8-bit bytes and encoded words. The result is one line."""
    notes = set() if notes is None else notes
    return decode_words(header_text(unfold(value), notes, detect), notes, detect=detect).strip()


@dataclass(frozen=True, eq=False)
class Headers:
    """The fields of a message in their order, decoded; names are looked up in any case of letters."""

    fields: tuple[Field, ...] = field(repr=False)
    detect: Detector | None = field(default=None, repr=False)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of that name, decoded."""
        value = self.raw(name)
        return default if value is None else decode_header_value(value, detect=self.detect)

    def get_all(self, name: str) -> tuple[str, ...]:
        """Return every value of that name, decoded, in their order."""
        return tuple(decode_header_value(value, detect=self.detect) for value in self.raw_all(name))

    def raw(self, name: str) -> bytes | None:
        """Return the first value of that name as unfolded bytes."""
        found = self._index.get(name.lower().encode("utf-8", "replace"))
        return unfold(found[0]) if found else None

    def raw_all(self, name: str) -> tuple[bytes, ...]:
        """Return every value of that name as unfolded bytes."""
        return tuple(map(unfold, self._index.get(name.lower().encode("utf-8", "replace"), ())))

    def count(self, name: str) -> int:
        """Return how many fields have that name."""
        return len(self._index.get(name.lower().encode("utf-8", "replace"), ()))

    def items(self) -> tuple[tuple[str, str], ...]:
        """Return all fields as pairs of name and decoded value, in their order."""
        return self._items

    @lazy
    def _items(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (name.decode("ascii"), decode_header_value(value, detect=self.detect)) for _, name, value in self.fields
        )

    @lazy
    def _index(self) -> dict[bytes, list[bytes]]:
        index: dict[bytes, list[bytes]] = {}
        for key, _, value in self.fields:
            index.setdefault(key, []).append(value)
        return index

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.raw(name) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self.fields)
