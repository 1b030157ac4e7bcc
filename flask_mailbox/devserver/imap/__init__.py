"""The IMAP server (IMAP4rev1, RFC 3501, with the extensions that today's clients use)."""

from __future__ import annotations

from .server import make_imap

__all__ = ["make_imap"]
