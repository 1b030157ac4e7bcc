"""A receipt as ``ReceiptSchema`` describes it."""

from __future__ import annotations

from typing import Any

from ..smtp import Receipt


def receipt_values(receipt: Receipt) -> dict[str, Any]:
    """Return what ``ReceiptSchema`` dumps."""
    names = ("code", "enhanced", "text", "permanent", "category", "hint")
    refused = [
        {"address": address} | {name: getattr(refusal, name) for name in names}
        for address, refusal in receipt.refused.items()
    ]
    kept = ("message_id", "ok", "accepted", "unknown", "suppressed", "warnings", "queue_id")
    return {name: getattr(receipt, name) for name in kept} | {"refused": refused}
