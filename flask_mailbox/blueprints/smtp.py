"""Sending as JSON: a message in, a receipt for every recipient out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..smtp import Receipt
from .authorize import Authorize
from .base import Blueprint
from .outgoing import message_of
from .schemas import OutgoingMessage, ReceiptSchema

if TYPE_CHECKING:
    from ..extension import AccountMailbox, Mailbox


def make_smtp_blueprint(mailbox: Mailbox, *, authorize: Authorize | None, account: str | None, name: str) -> Blueprint:
    """Return the blueprint; see ``Mailbox.smtp_blueprint``."""
    blueprint = Blueprint(
        name, mailbox, authorize=authorize, account=account, title="Sending over SMTP", factory="smtp_blueprint"
    )

    @blueprint.operation(
        "/messages",
        "smtp.messages.send",
        method="POST",
        summary="Send a message; the receipt tells each recipient's fate",
        body=OutgoingMessage,
        answer=ReceiptSchema,
    )
    def send(mailbox: AccountMailbox, body: dict[str, Any]) -> dict[str, Any]:
        receipt = mailbox.send(message_of(body, mailbox.account))
        if receipt.refused and not receipt.accepted and not receipt.unknown:
            raise receipt.error()
        return _receipt_values(receipt)

    blueprint.close()
    return blueprint


def _receipt_values(receipt: Receipt) -> dict[str, Any]:
    names = ("code", "enhanced", "text", "permanent", "category", "hint")
    refused = [
        {"address": address} | {name: getattr(refusal, name) for name in names}
        for address, refusal in receipt.refused.items()
    ]
    kept = ("message_id", "ok", "accepted", "unknown", "suppressed", "warnings")
    return {name: getattr(receipt, name) for name in kept} | {"refused": refused}
