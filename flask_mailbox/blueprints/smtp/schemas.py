"""What the routes that send take and give, beside the message itself."""

from __future__ import annotations

from marshmallow import fields, validate

from ..schemas import OutgoingAttachments, OutgoingMessage, PersonSchema, ReceiptSchema, Strict

MAX_DELAY = 30 * 24 * 3600
_ID = validate.Length(1, 1000)


class SendBody(OutgoingMessage):
    """A message to send; with ``dry_run`` it is only made and checked."""

    dry_run = fields.Boolean(load_default=False)


class AnswerBody(OutgoingAttachments):
    """An answer to a message of the mailbox, which ``folder`` and ``message`` name by their ids.

    ``to``, ``cc`` and ``bcc`` come to those whom the answer goes to by itself, ``text`` above what is quoted.
    """

    folder = fields.String(required=True, validate=_ID)
    message = fields.String(required=True, validate=_ID)
    from_ = fields.Nested(PersonSchema, data_key="from", load_default=None)
    to = fields.List(fields.Nested(PersonSchema), load_default=list)
    cc = fields.List(fields.Nested(PersonSchema), load_default=list)
    bcc = fields.List(fields.Nested(PersonSchema), load_default=list)
    text = fields.String(load_default="", validate=validate.Length(max=2 * 1024 * 1024))
    quote = fields.Boolean(load_default=True)
    dry_run = fields.Boolean(load_default=False)


class LaterBody(OutgoingMessage):
    """A message to send later."""

    delay = fields.Float(load_default=0.0, validate=validate.Range(0, MAX_DELAY))


class FailureSchema(Strict):
    """Why a message was not sent, or not yet."""

    text = fields.String()
    category = fields.String(allow_none=True)
    hint = fields.String()
    transient = fields.Boolean()


class TicketSchema(Strict):
    """A message that is sent later, and its fate by now.

    ``durable`` says whether that survives the server's process; else only this process knows it.
    """

    id = fields.String()
    state = fields.String()
    durable = fields.Boolean()
    is_new = fields.Boolean()
    receipt = fields.Nested(ReceiptSchema, allow_none=True)
    failure = fields.Nested(FailureSchema, allow_none=True)
    attempts = fields.Integer()
    due = fields.AwareDateTime()
    created = fields.AwareDateTime()
    updated = fields.AwareDateTime()
