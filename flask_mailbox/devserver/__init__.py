"""A mail server in one thread, for development and tests: SMTP, IMAP and POP3 on loopback, all in memory."""

from __future__ import annotations

from .faults import Fault, Faults
from .server import MailServer
from .wire import LogLine

__all__ = ["Fault", "Faults", "LogLine", "MailServer"]
