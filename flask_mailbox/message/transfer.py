"""Content-Transfer-Encodings undone (RFC 2045, 6): base64, quoted-printable, uuencode, whole or broken."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from io import BytesIO

from .defects import Defect, Notes

_b64decode: Callable[[bytes], bytes]
try:
    from pybase64 import b64decode as _b64decode
except ImportError:  # no wheel for this platform
    _b64decode = binascii.a2b_base64

_LARGE = 1024 * 1024
"""Bytes from which on base64 is decoded by pieces of that size: copies of the whole would be what memory peaks by."""

_LONGEST_LINE = 1000

_SPACE = b" \t\r\n\v\f"
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")))
_PADDING = re.compile(rb"=+")
_SOFT_BREAK_WITH_SPACE = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n)")
_BAD_ESCAPE = re.compile(rb"=(?!\r?\n|[0-9A-Fa-f]{2}|$)")
_IDENTITY = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits"})
_UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})


def undo_transfer_encoding(data: bytes, encoding: str, notes: Notes) -> bytes:
    """Return the decoded bytes of a part; an unknown encoding gives them as they are."""
    if encoding == "base64":
        return decode_base64(data, notes)
    if encoding in ("quoted-printable", "quotedprintable"):
        return decode_quoted_printable(data, notes)
    if encoding in _UUENCODE:
        return decode_uu(data, notes)
    if encoding not in _IDENTITY:
        notes.add(Defect.UNKNOWN_ENCODING)
    return data


def decode_base64(data: bytes | memoryview, notes: Notes) -> bytes:
    """Decode base64 of any line length; foreign characters are skipped, missing padding is added.

    Padding in the middle begins anew behind it, so that nothing behind it stays hidden.
    """
    if len(data) > _LARGE and (flawless := _decode_large(data)) is not None:
        return flawless
    data = bytes(data)
    try:
        decoded = _b64decode(data)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) == _clean_length(data):
        return decoded
    clean = data.translate(None, _NOT_BASE64)
    foreign = len(clean) < len(data.translate(None, _SPACE))
    if foreign or len(clean) % 4 or b"=" in clean.rstrip(b"="):
        notes.add(Defect.INVALID_BASE64)
    return b"".join(_decode_piece(piece) for piece in _PADDING.split(clean))


def _decode_large(data: bytes | memoryview) -> bytes | None:
    """Decode so many lines at a time; ``None`` if they are not all alike, or anything else is odd."""
    line = bytes(data[:_LONGEST_LINE]).find(b"\n") + 1
    if not line:
        return None
    stride = _LARGE // line * line
    decoded = BytesIO()
    for start in range(0, len(data), stride):
        piece = bytes(data[start : start + stride])
        is_last = start + stride >= len(data)
        try:
            size = decoded.write(_b64decode(piece))
        except (binascii.Error, ValueError):
            return None
        if size != _clean_length(piece) or (b"=" in piece and not is_last):
            return None
    return decoded.getvalue()


def _clean_length(data: bytes) -> int:
    """Return how long the decoding is if there is nothing but alphabet, line ends and padding at the end; else -1."""
    quads, rest = divmod(len(data) - data.count(b"\n") - data.count(b"\r"), 4)
    return -1 if rest else quads * 3 - data[-8:].count(b"=")


def _decode_piece(piece: bytes) -> bytes:
    if len(piece) % 4 == 1:
        piece = piece[:-1]
    return binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))


def decode_quoted_printable(data: bytes, notes: Notes) -> bytes:
    """Decode quoted-printable; what is no escape stays as it is."""
    if b" \r" in data or b" \n" in data or b"\t\r" in data or b"\t\n" in data:
        data = _SOFT_BREAK_WITH_SPACE.sub(b"", data)  # RFC 2045, 6.7, rule 3
    if _BAD_ESCAPE.search(data):
        notes.add(Defect.INVALID_QUOTED_PRINTABLE)
    return binascii.a2b_qp(data)


def decode_uu(data: bytes, notes: Notes) -> bytes:
    """Decode uuencoded lines, with or without their ``begin`` and ``end``."""
    out = bytearray()
    for line in data.split(b"\n"):
        line = line.rstrip(b"\r")
        if line.startswith(b"begin ") and not out:
            continue
        if line in (b"end", b"`", b" "):
            break
        if line:
            out += _decode_uu_line(line, notes)
    return bytes(out)


def _decode_uu_line(line: bytes, notes: Notes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        notes.add(Defect.INVALID_UUENCODE)
    length = (((line[0] - 32) & 63) * 4 + 5) // 3  # encoders that pad the last line too far
    try:
        return binascii.a2b_uu(line[:length])
    except binascii.Error:
        return b""
