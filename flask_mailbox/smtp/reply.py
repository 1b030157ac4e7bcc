"""A reply of an SMTP server (RFC 5321, 4.2; enhanced codes RFC 2034)."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..auth import decode_server_text

_QUEUE_IDS = (
    re.compile(r"(?:queued as|\bid=|queue id)[ :]*([\w.@:+/-]{4,80})", re.IGNORECASE),  # Postfix, Exim, Coremail …
    re.compile(r"\b(\d{10} \S+) - gsmtp", re.IGNORECASE),  # Gmail
    re.compile(r"([\w-]{6,40}) Message accepted for delivery", re.IGNORECASE),  # Sendmail
    re.compile(r"InternalId=(\d{4,40})", re.IGNORECASE),  # Exchange
)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


class Reply(NamedTuple):
    """One reply: its code and its lines, without code and line ends, as they came.

    Most replies only say yes, so their words are decoded when somebody reads them.
    """

    code: int
    raw: tuple[bytes, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of text."""
        return tuple(map(decode_server_text, self.raw))

    @property
    def positive(self) -> bool:
        """Whether the server did what was asked (2yz)."""
        return 200 <= self.code < 300

    @property
    def negative(self) -> bool:
        """Whether the server refused it, for now or for good (4yz, 5yz); any other code settles nothing."""
        return 400 <= self.code < 600

    @property
    def permanent(self) -> bool:
        """Whether the same command would fail again (5yz)."""
        return 500 <= self.code < 600

    @property
    def enhanced(self) -> str:
        """The enhanced status code such as ``5.1.1``, or an empty text."""
        found = _ENHANCED.match(decode_server_text(self.raw[0])) if self.raw else None
        return found.group(1) if found else ""

    @property
    def text(self) -> str:
        """All lines as one, without the enhanced codes at their beginnings."""
        return " ".join(filter(None, (_ENHANCED.sub("", line, count=1).strip() for line in self.lines)))

    @property
    def words(self) -> str:
        """The reply as the server said it, code first, on one line: what error tables are matched against."""
        return f"{self.code} {' '.join(self.lines)}".strip()


def queue_id_in(words: str) -> str:
    """Return the server's own name for the message that it took, where the words of its reply tell one."""
    for pattern in _QUEUE_IDS:
        if found := pattern.search(words):
            return found[1].rstrip(".,;")
    return ""
