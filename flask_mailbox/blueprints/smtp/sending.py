"""Sending now: a message as JSON or as a form with files, and a receipt for every recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request
from marshmallow import ValidationError

from ...message import Message
from ...smtp import Receipt
from ..base import Blueprint, json_response, refuse
from ..limiter import Limiter
from ..outgoing import MAX_ATTACHMENTS, attach_files, message_of
from ..receipts import receipt_values
from ..schemas import ReceiptSchema
from .queueing import ticket_response
from .schemas import SendBody, TicketSchema

if TYPE_CHECKING:
    from ...extension import AccountMailbox

WAIT = 30.0
"""Seconds in which a message with an idempotency key is mostly sent; after that the answer is its ticket."""

_FORM = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {"type": "string", "description": "The message as JSON, without attachments."},
        "attachments": {"type": "array", "items": {"type": "string", "format": "binary"}},
    },
}


def add_sending(blueprint: Blueprint, limiter: Limiter) -> None:
    """Add the routes that send at once."""

    @blueprint.operation(
        "/messages",
        "smtp.messages.send",
        method="POST",
        summary="Send a message; the receipt tells each recipient's fate",
        body=SendBody,
        answer=ReceiptSchema,
        also={202: TicketSchema},
    )
    def send(mailbox: AccountMailbox, body: dict[str, Any]) -> Response:
        return send_now(mailbox, message_of(body, mailbox.account), limiter, dry_run=body["dry_run"])

    @blueprint.operation(
        "/messages/form",
        "smtp.messages.send_form",
        method="POST",
        summary="Send a message given as a form: its JSON in 'message', files in 'attachments'",
        consumes="multipart/form-data",
        form=_FORM,
        answer=ReceiptSchema,
        also={202: TicketSchema},
    )
    def send_form(mailbox: AccountMailbox) -> Response:
        files = request.files.getlist("attachments")
        if len(files) > MAX_ATTACHMENTS:
            refuse("form", {"attachments": [f"A message has at most {MAX_ATTACHMENTS} attachments."]})
        try:
            body = SendBody().loads(request.form.get("message", ""))
        except (ValidationError, ValueError) as error:
            refuse("form", {"message": getattr(error, "messages", ["This is no JSON."])})
        message = message_of(body, mailbox.account)
        attach_files(message, files)
        return send_now(mailbox, message, limiter, dry_run=body["dry_run"])


def send_now(mailbox: AccountMailbox, message: Message, limiter: Limiter, *, dry_run: bool) -> Response:
    """Send a message once, even if the request comes again with the same ``Idempotency-Key``.

    :raises DeliveryError: If everybody was refused.
    """
    if dry_run:
        mailbox.check(message)
        return _answered(Receipt("", suppressed=True))
    key = request.headers.get("Idempotency-Key")
    if key is None or mailbox.ticket_of_key(key) is None:
        limiter.count(f"send {mailbox.account.address}")
    if key is None:
        return _answered(mailbox.send(message))
    ticket = mailbox.send_later(message, key=key)
    status = ticket.wait(WAIT)
    if status.receipt is None or not status.is_final:
        return ticket_response(ticket, 202)
    response = _answered(status.receipt)
    response.headers["Location"] = ticket_response(ticket, 202).headers["Location"]
    return response


def _answered(receipt: Receipt) -> Response:
    if receipt.refused and not receipt.accepted and not receipt.unknown:
        raise receipt.error()
    return json_response(ReceiptSchema().dump(receipt_values(receipt)))
