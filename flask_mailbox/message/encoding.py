"""base64 as it stands in messages: lines of 76 characters (RFC 2045, 6.8)."""

from __future__ import annotations

import binascii
from collections.abc import Callable

_encode: Callable[[bytes | memoryview], bytes]
try:
    from pybase64 import b64encode as _encode
except ImportError:  # no wheel for this platform

    def _encode(data: bytes | memoryview) -> bytes:
        return binascii.b2a_base64(data, newline=False)


LINE = 76
BLOCK = LINE // 4 * 3 * 2048
"""Bytes that are cut into lines at a time: all lines of a large file at once take more memory than the file."""


def encode_base64(data: bytes) -> bytes:
    """Return data in base64, lines separated by CR LF, none at the end."""
    if len(data) <= BLOCK:
        return _lines(data)
    whole = memoryview(data)
    return b"\r\n".join([_lines(whole[at : at + BLOCK]) for at in range(0, len(data), BLOCK)])


def _lines(data: bytes | memoryview) -> bytes:
    encoded = _encode(data)
    return b"\r\n".join([encoded[at : at + LINE] for at in range(0, len(encoded), LINE)])
