"""Undoing a transfer encoding piece by piece, so that a part of any size passes through little memory (RFC 2045, 6)."""

from __future__ import annotations

import binascii
from typing import Protocol

from pybase64 import b64decode

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(_BASE64)))


class Decoder(Protocol):
    """Takes encoded pieces, gives decoded ones."""

    def feed(self, data: bytes) -> bytes:
        """Return what the data completes."""

    def close(self) -> bytes:
        """Return what was still waiting for more."""


def decoder_for(encoding: str) -> Decoder:
    """Return a decoder for a Content-Transfer-Encoding; unknown ones change nothing."""
    if encoding == "base64":
        return _Base64()
    return _QuotedPrintable() if encoding == "quoted-printable" else _Identity()


class _Identity:
    def feed(self, data: bytes) -> bytes:
        return data

    def close(self) -> bytes:
        return b""


class _Base64:
    """Line ends, padding and foreign characters are passed over, as RFC 2045, 6.8 wants."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> bytes:
        clean = self._waiting + data.translate(None, _NOT_BASE64)
        whole = len(clean) // 4 * 4
        self._waiting = clean[whole:]
        return b64decode(clean[:whole])

    def close(self) -> bytes:
        waiting, self._waiting = self._waiting, b""
        return b64decode(waiting + b"=" * (4 - len(waiting))) if len(waiting) > 1 else b""


class _QuotedPrintable:
    """Whole lines only: what an ``=`` means is seen at the end of its line."""

    MAX_LINE = 64 * 1024

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> bytes:
        text = self._waiting + data
        end = text.rfind(b"\n") + 1
        if not end and len(text) > self.MAX_LINE:
            end = len(text) - 3
        self._waiting = text[end:]
        return binascii.a2b_qp(text[:end])

    def close(self) -> bytes:
        waiting, self._waiting = self._waiting, b""
        return binascii.a2b_qp(waiting)
