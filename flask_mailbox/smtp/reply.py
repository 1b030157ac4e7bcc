"""A reply of an SMTP server (RFC 5321, 4.2; enhanced codes RFC 2034)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its code and its lines of text, decoded, without code and line ends."""

    code: int
    lines: tuple[str, ...]

    @property
    def positive(self) -> bool:
        """Whether the server did or goes on with what was asked (2yz, 3yz)."""
        return 200 <= self.code < 400

    @property
    def permanent(self) -> bool:
        """Whether the same command would fail again (5yz)."""
        return self.code >= 500

    @property
    def enhanced(self) -> str:
        """The enhanced status code such as ``5.1.1``, or an empty text."""
        found = _ENHANCED.match(self.lines[0]) if self.lines else None
        return found.group(1) if found else ""

    @property
    def text(self) -> str:
        """All lines as one, without the enhanced codes at their beginnings."""
        return " ".join(filter(None, (_ENHANCED.sub("", line, count=1).strip() for line in self.lines)))

    @property
    def words(self) -> str:
        """The reply as the server said it, code first, on one line: what error tables are matched against."""
        return f"{self.code} {' '.join(self.lines)}".strip()
