"""Sending over SMTP: sessions, transactions and receipts."""

from .receipt import Receipt, Refusal
from .session import SMTPSession

__all__ = ["Receipt", "Refusal", "SMTPSession"]
