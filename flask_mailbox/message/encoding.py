"""base64 as it stands in messages: lines of 76 characters (RFC 2045, 6.8)."""

from __future__ import annotations

import binascii
from collections.abc import Callable

_encode: Callable[[bytes], bytes]
try:
    from pybase64 import b64encode as _encode
except ImportError:  # no wheel for this platform

    def _encode(data: bytes) -> bytes:
        return binascii.b2a_base64(data, newline=False)


LINE = 76


def encode_base64(data: bytes) -> bytes:
    """Return data in base64, lines separated by CR LF, none at the end."""
    encoded = _encode(data)
    return b"\r\n".join([encoded[at : at + LINE] for at in range(0, len(encoded), LINE)])
