"""A mail server in one thread, for development and tests: SMTP, IMAP and POP3 on loopback, all in memory."""

from __future__ import annotations

from .faults import Fault, Faults
from .server import MailServer
from .smtp import SPAM_TEXT
from .wire import LogLine

__all__ = ["SPAM_TEXT", "Fault", "Faults", "LogLine", "MailServer"]
