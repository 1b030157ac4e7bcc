"""APOP: POP3 sign-in by a digest of the greeting's timestamp (RFC 1939, 7)."""

from __future__ import annotations

import hashlib
import re

_TIMESTAMP = re.compile(rb"<[!-;=?-~]+@[!-;=?-~]+>")


def apop_timestamp(greeting: bytes) -> bytes | None:
    """Return the timestamp of a greeting, angle brackets included, or ``None`` if the server offers no APOP."""
    found = _TIMESTAMP.search(greeting)
    return found.group() if found else None


def apop_digest(timestamp: bytes, password: str) -> str:
    """Return the digest that proves the password; MD5 is what the protocol defines."""
    return hashlib.md5(timestamp + password.encode(), usedforsecurity=False).hexdigest()
