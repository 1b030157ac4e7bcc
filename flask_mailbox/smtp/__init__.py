"""Sending over SMTP: sessions, transactions and receipts."""

from .commands import checked_events, checked_options
from .parcel import Parcel
from .receipt import Receipt, Refusal
from .session import SMTPSession

__all__ = ["Parcel", "Receipt", "Refusal", "SMTPSession", "checked_events", "checked_options"]
