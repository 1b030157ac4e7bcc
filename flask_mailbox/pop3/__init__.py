"""Reading over POP3: one locked maildrop at a time."""

from .entry import Entry
from .session import POP3Session

__all__ = ["Entry", "POP3Session"]
