"""Folder names: modified UTF-7 on the wire, text here, and every odd name kept addressable (RFC 3501, 5.1.3).

A name that is not correct modified UTF-7 (raw UTF-8, a broken ``&``) is shown with each byte that cannot be kept
as a character of the private use area, U+F700 plus the byte, so that encoding the path gives the same bytes again.
"""

from __future__ import annotations

import re

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from ..errors import UsageError
from ..guard import guard

MAX_LENGTH = 1_000

_BASE = 0xF700
_ODD = re.compile("[\uf700-\uf7ff]")
_UNKEPT = re.compile(rb"[^\x20-\x25\x27-\x7e]")


def decode_name(raw: bytes) -> str:
    """Return a folder's path as text, such that ``encode_name`` gives the same bytes back."""
    try:
        path: str = decode_utf7(raw)
        if encode_utf7(path) == raw and not _ODD.search(path):
            return "INBOX" if path.upper() == "INBOX" else path
    except (UnicodeError, ValueError):
        pass
    return "".join(chr(_BASE + byte) if _UNKEPT.match(bytes([byte])) else chr(byte) for byte in raw)


def encode_name(path: str) -> bytes:
    """Return a folder's path as it goes on the wire.

    :raises UnsafeValueError: If it contains CR, LF or NUL.
    :raises UsageError: If it is empty, too long, or no text.
    """
    guard(path, "folder name")
    if not path or len(path) > MAX_LENGTH:
        raise UsageError(f"A folder name has 1 to {MAX_LENGTH} characters.")
    if _ODD.search(path):
        return guard(b"".join(_odd_bytes(character) for character in path), "folder name")
    try:
        encoded: bytes = encode_utf7(path)
    except UnicodeEncodeError as error:
        raise UsageError("The folder name holds half a character (a lone surrogate).") from error
    return encoded


def quote_name(path: str) -> bytes:
    """Return a folder's path as a quoted string."""
    name = encode_name(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + name + b'"'


def _odd_bytes(character: str) -> bytes:
    code = ord(character)
    return bytes([code - _BASE]) if _BASE <= code <= _BASE + 0xFF else character.encode()
