"""Sending now: a message as JSON or as a form with files, and a receipt for every recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request
from marshmallow import ValidationError
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import Conflict

from ...message import Message
from ...services.later import Status
from ...smtp import Receipt
from .. import problems
from ..base import Blueprint, json_response, refuse
from ..bodies import FORM, read_json
from ..limiter import Limiter
from ..openapi import KEY
from ..outgoing import MAX_ATTACHMENTS, attach_files, message_of
from ..receipts import receipt_values
from ..schemas import ReceiptSchema
from .queueing import ticket_response
from .schemas import SendBody, TicketSchema
from .values import sender_of

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox

WAIT = 30.0
"""Seconds in which a message with an idempotency key is mostly sent; after that the answer is its ticket."""

FILES = "attachments"
MOST_TEXT = 16 * 1024 * 1024
"""Bytes of the JSON in a form: text and HTML of two million characters each."""

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
        headers=(KEY,),
    )
    def send(mailbox: AccountMailbox, body: dict[str, Any]) -> Response:
        return send_now(mailbox, message_of(body, mailbox.account), limiter, dry_run=body["dry_run"])

    @blueprint.operation(
        "/messages/form",
        "smtp.messages.send_form",
        method="POST",
        summary="Send a message given as a form: its JSON in 'message', files in 'attachments'",
        consumes=FORM,
        form=_FORM,
        answer=ReceiptSchema,
        also={202: TicketSchema},
        headers=(KEY,),
    )
    def send_form(mailbox: AccountMailbox) -> Response:
        body, files = _read_form()
        message = message_of(body, mailbox.account)
        attach_files(message, files)
        return send_now(mailbox, message, limiter, dry_run=body["dry_run"])


def _read_form() -> tuple[dict[str, Any], list[FileStorage]]:
    """Return what a form says, and its files; a field that means nothing is refused, for it may be a lost file."""
    request.max_form_memory_size = MOST_TEXT
    unknown = {name: ["Unknown field."] for name in request.form if name != "message"}
    unknown |= {name: ["Unknown field: files come in 'attachments'."] for name in request.files if name != FILES}
    if FILES in request.form:
        unknown[FILES] = ["This is no file: give it a file name."]
    if unknown:
        refuse("form", unknown)
    files = request.files.getlist(FILES)
    if len(files) > MAX_ATTACHMENTS:
        refuse("form", {FILES: [f"A message has at most {MAX_ATTACHMENTS} attachments."]})
    texts = request.form.getlist("message")
    if len(texts) != 1:
        refuse("form", {"message": ["The form has one field 'message' with the message as JSON."]})
    try:
        return SendBody().load(read_json(texts[0])), files
    except (ValidationError, ValueError) as error:
        refuse("form", {"message": getattr(error, "messages", ["This is no JSON."])})


def send_now(mailbox: AccountMailbox, message: Message, limiter: Limiter, *, dry_run: bool) -> Response:
    """Send a message once, even if the request comes again with the same ``Idempotency-Key``.

    :raises DeliveryError: If everybody was refused.
    """
    if dry_run:
        mailbox.check(message)
        return _answered(Receipt("", suppressed=True))
    key = request.headers.get(KEY)
    if key is None or mailbox.ticket_of_key(key) is None:
        limiter.count(sender_of(mailbox.account))
    if key is None:
        return _answered(mailbox.send(message))
    ticket = mailbox.send_later(message, key=key)
    status = ticket.wait(WAIT)
    if not status.is_final:
        return ticket_response(ticket, 202)
    response = _ended(status)
    response.headers["Location"] = ticket_response(ticket, 202).headers["Location"]
    return response


def _ended(status: Status) -> Response:
    """Return what a message is answered with that was queued: the same as one that was sent in the request."""
    if status.receipt is not None:
        return _answered(status.receipt)
    if status.failure is None:
        raise Conflict("The message was taken back before it was sent.")
    return problems.failure_problem(status.failure)


def _answered(receipt: Receipt) -> Response:
    if receipt.refused and not receipt.accepted and not receipt.unknown:
        raise receipt.error()
    return json_response(ReceiptSchema().dump(receipt_values(receipt)))
