"""A ticket as ``TicketSchema`` describes it, and who sends."""

from __future__ import annotations

import dataclasses
from typing import Any

from ...account import Account
from ...services.later import Ticket
from ..receipts import receipt_values


def sender_of(account: Account) -> str:
    """Return under what an account's messages are counted: whoever claims an address elsewhere counts apart."""
    return f"send {account.address.lower()} {account.smtp.where if account.smtp else ''}"


def ticket_values(ticket: Ticket) -> dict[str, Any]:
    """Return what ``TicketSchema`` dumps."""
    status = ticket.status()
    kept = ("attempts", "due", "created", "updated")
    return {name: getattr(status, name) for name in kept} | {
        "id": ticket.id,
        "state": str(status.state),
        "durable": ticket.durable,
        "is_new": ticket.is_new,
        "receipt": receipt_values(status.receipt) if status.receipt is not None else None,
        "failure": dataclasses.asdict(status.failure) if status.failure is not None else None,
    }
