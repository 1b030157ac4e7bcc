"""Folder names on the wire: modified UTF-7 (RFC 3501, 5.1.3)."""

from __future__ import annotations

import base64
import binascii
import re

from ..mailstore import SEPARATOR

_SHIFTED = re.compile(rb"&([^-]*)-")
_OUTSIDE = re.compile(r"[^\x20-\x7e]+|&")


def encode_name(name: str, separator: str = SEPARATOR) -> bytes:
    """Return a folder name in modified UTF-7.

    :param separator: What parts its levels on the wire.
    """
    return _OUTSIDE.sub(_shift, _exchanged(name, separator)).encode("ascii")


def decode_name(name: bytes, separator: str = SEPARATOR) -> str:
    """Return the name behind modified UTF-7; what is none is taken as UTF-8, or byte by byte."""
    try:
        return _exchanged(_SHIFTED.sub(_unshift, name).decode("utf-8"), separator)
    except (ValueError, binascii.Error):
        return name.decode("latin-1")


def _exchanged(name: str, separator: str) -> str:
    return name if separator == SEPARATOR else name.translate({ord(SEPARATOR): separator, ord(separator): SEPARATOR})


def _shift(found: re.Match[str]) -> str:
    if found.group() == "&":
        return "&-"
    encoded = base64.b64encode(found.group().encode("utf-16-be", "surrogatepass")).decode()
    return "&" + encoded.rstrip("=").replace("/", ",") + "-"


def _unshift(found: re.Match[bytes]) -> bytes:
    if not found.group(1):
        return b"&"
    padded = found.group(1).replace(b",", b"/") + b"=" * (-len(found.group(1)) % 4)
    return base64.b64decode(padded, validate=True).decode("utf-16-be").encode()
