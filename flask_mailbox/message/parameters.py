"""Content-Type and Content-Disposition with their parameters (RFC 2045, 5.1; RFC 2231), read leniently."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from .charset import Detector, decode_text
from .defects import Defect, Notes
from .encoded import decode_words, one_header_line
from .header import header_text
from .limits import Limits

_VALUE = re.compile(rb"\s*([^\s;(,]*)")
_PARAMETER = re.compile(rb';\s*+([^\s=;"]++)\s*+=\s*+("(?:[^"\\]|\\.)*+"|[^;]*+)', re.DOTALL)
_ORDINARY = re.compile(rb"[\t -)+-~]{0,300}")  # printable ASCII without the asterisk of RFC 2231
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


class Structured(NamedTuple):
    """A structured value: ``text/plain`` or ``attachment`` in lower case, and its parameters, decoded."""

    value: str
    parameters: Mapping[str, str]


class _Piece(NamedTuple):
    number: int
    extended: bool
    value: bytes


def parse_structured(raw: bytes, limits: Limits, notes: Notes, detect: Detector | None = None) -> Structured:
    """Parse ``value; name=value…`` with RFC 2231 continuations, RFC 2047 words and raw 8-bit values."""
    if raw.count(b";") <= limits.parameters and _ORDINARY.fullmatch(raw) and b"=?" not in raw:
        return _parse_ordinary(raw)
    head = _VALUE.match(raw)
    value = one_header_line(header_text(head[1], notes, detect).lower()) if head else ""
    pieces: dict[str, list[_Piece]] = {}
    for count, found in enumerate(_PARAMETER.finditer(raw)):
        if count == limits.parameters:
            notes.add(Defect.TOO_MANY_PARAMETERS)
            break
        name, piece = _cut_piece(found[1], found[2])
        pieces.setdefault(name, []).append(piece)
    return Structured(value, {name: _join(found, notes, detect) for name, found in pieces.items()})


@lru_cache(maxsize=512)
def _parse_ordinary(raw: bytes) -> Structured:
    """Parse a value in which nothing needs decoding; most messages carry the same few. The first of equals counts."""
    head = _VALUE.match(raw)
    parameters: dict[str, str] = {}
    for name, value in _PARAMETER.findall(raw):
        text = one_header_line(_unquote(value).decode("ascii"))
        parameters.setdefault(name.decode("ascii").lower(), text.strip())
    return Structured(head[1].decode("ascii").lower() if head else "", parameters)


def _cut_piece(name: bytes, value: bytes) -> tuple[str, _Piece]:
    text = name.decode("ascii", "replace").lower()
    found = _PIECE.fullmatch(text)
    if not found:
        return text, _Piece(-1, False, _unquote(value))
    number = int(found[2]) if found[2] else (0 if found[3] else -1)
    return found[1], _Piece(number, bool(found[3]), _unquote(value))


def _unquote(value: bytes) -> bytes:
    value = value.strip()
    if value[:1] == b'"':
        value = value[1:-1] if len(value) > 1 and value[-1:] == b'"' else value[1:]
        return _ESCAPE.sub(rb"\1", value) if b"\\" in value and not _looks_like_path(value) else value
    return value.partition(b" (")[0].strip() if value.endswith(b")") else value


def _looks_like_path(value: bytes) -> bool:
    r"""Whether it is a path such as ``C:\file`` or ``\\server\file`` whose backslashes were not doubled."""
    if value[1:3] != b":\\" and value[:2] != b"\\\\":
        return False
    return any(escaped not in b'\\"' for escaped in _ESCAPE.findall(value))


def _join(pieces: list[_Piece], notes: Notes, detect: Detector | None) -> str:
    """Return one parameter's value: the RFC 2231 form wins over the plain one; the first of equals counts."""
    numbered = sorted((piece for piece in pieces if piece.number >= 0), key=lambda piece: piece.number)
    if not numbered:
        return decode_words(header_text(pieces[0].value, notes, detect), notes, detect=detect).strip()
    if [piece.number for piece in numbered] != list(range(len(numbered))):
        notes.add(Defect.INVALID_PARAMETER)
    charset = None
    data = bytearray()
    for place, piece in enumerate(numbered):
        value = piece.value
        if place and piece.number == numbered[place - 1].number:
            continue
        if piece.extended and place == 0 and value.count(b"'") >= 2:
            declared, _, value = value.split(b"'", 2)
            charset = declared.decode("ascii", "replace") or None
        data += unquote_to_bytes(value) if piece.extended else value
    if charset is None:
        return decode_words(header_text(bytes(data), notes, detect), notes, detect=detect).strip()
    return one_header_line(decode_text(bytes(data), charset, notes, detect=detect), notes).strip()
