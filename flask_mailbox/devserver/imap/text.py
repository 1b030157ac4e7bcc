"""The text of a message for SEARCH: decoded, folded to one case, never an error."""

from __future__ import annotations

import base64
import binascii
import quopri
import re

from ..structure import Part

_ENCODED_WORD = re.compile(rb"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=(?:\s+(?==\?))?")
_RUN = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?[^?]*\?=(?:\s*=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)*")


def header_text(value: bytes) -> str:
    """Return a header field's value with encoded words decoded (RFC 2047), casefolded."""
    parts = []
    position = 0
    for run in _RUN.finditer(value):
        parts.append(to_text(value[position : run.start()], "utf-8"))
        parts.append(_decode_run(run.group()))
        position = run.end()
    parts.append(to_text(value[position:], "utf-8"))
    return "".join(parts).casefold()


def whole_text(part: Part, *, headers: bool) -> str:
    """Return the text of a message's bodies, with its headers or without, casefolded."""
    parts: list[str] = []
    pending = [part]
    while pending:
        current = pending.pop()
        if headers:
            parts += [header_text(value) for _, value in current.fields]
        if current.message is not None:
            pending.append(current.message)
        elif current.is_multipart:
            pending += reversed(current.children)
        elif current.type == b"text":
            parts.append(to_text(decode_content(current), _charset(current)).casefold())
    return "\n".join(parts)


def decode_content(part: Part) -> bytes:
    """Return a part's content without its transfer encoding; what cannot be decoded stays as it is."""
    encoding = (part.get(b"content-transfer-encoding") or b"").strip().lower()
    if encoding == b"quoted-printable":
        return quopri.decodestring(part.content)
    return _base64(part.content) if encoding == b"base64" else part.content


def to_text(data: bytes, charset: str) -> str:
    """Return bytes as text, whatever their charset really is."""
    try:
        return data.decode(charset)
    except (LookupError, ValueError):
        return data.decode("latin-1")


def _charset(part: Part) -> str:
    value = next((value for name, value in part.parameters if name.lower() == b"charset"), b"utf-8")
    return value.decode("latin-1")


def _decode_run(run: bytes) -> str:
    pieces: list[tuple[str, bytes]] = []
    for charset, kind, data in _ENCODED_WORD.findall(run):
        name = charset.decode("latin-1").partition("*")[0]
        raw = _base64(data) if kind in b"bB" else quopri.decodestring(data, header=True)
        if pieces and pieces[-1][0] == name:  # a character may be split between two words
            pieces[-1] = (name, pieces[-1][1] + raw)
        else:
            pieces.append((name, raw))
    return "".join(to_text(raw, name) for name, raw in pieces)


def _base64(data: bytes) -> bytes:
    try:
        return base64.b64decode(data + b"==")
    except binascii.Error:
        return data
