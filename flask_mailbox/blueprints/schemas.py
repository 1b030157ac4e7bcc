"""What the JSON API takes and gives."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from ..message import Headers

MAX_RECIPIENTS = 50
MAX_ATTACHMENTS = 20
MAX_ATTACHMENT_BYTES = 20 * 1024 * 1024
MAX_TEXT = 2 * 1024 * 1024


class Strict(Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        unknown = RAISE


class PersonSchema(Strict):
    """A person: a name, which may be empty, and an address."""

    name = fields.String(load_default="", validate=validate.Length(max=300))
    address = fields.String(required=True, validate=validate.Length(min=3, max=320))


class PageQuery(Strict):
    """Which page of a list."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 100))
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))


class HTMLQuery(Strict):
    """Whether pictures from other servers are loaded."""

    load_remote = fields.Boolean(load_default=False)


class FolderSchema(Strict):
    """A folder."""

    id = fields.String()
    path = fields.String()
    role = fields.String(allow_none=True)
    selectable = fields.Boolean()
    messages = fields.Integer(allow_none=True)
    unseen = fields.Integer(allow_none=True)


class SummarySchema(Strict):
    """A row of a list."""

    id = fields.String()
    subject = fields.String()
    from_ = fields.List(fields.Nested(PersonSchema), data_key="from")
    to = fields.List(fields.Nested(PersonSchema))
    date = fields.AwareDateTime(allow_none=True)
    size = fields.Integer()
    flags = fields.List(fields.String())
    has_attachments = fields.Boolean()
    preview = fields.String()
    message_id = fields.String(allow_none=True)


class PageSchema(Strict):
    """A page of a list, newest first; ``next`` is the cursor of the page after it.

    ``verified`` says whether the words of a search were compared here, since the server's word is not enough, and
    ``complete`` whether all messages were looked at then: only so many are.
    """

    total = fields.Integer()
    verified = fields.Boolean()
    complete = fields.Boolean()
    next = fields.String(allow_none=True)
    messages = fields.List(fields.Nested(SummarySchema))


class PartSchema(Strict):
    """An attachment; ``index`` is its place in the message."""

    index = fields.Integer()
    filename = fields.String(allow_none=True)
    safe_filename = fields.String()
    content_type = fields.String()
    size = fields.Integer()
    inline = fields.Boolean()


class SectionSchema(PartSchema):
    """An attachment; ``section`` is its number among the parts of the message."""

    section = fields.String()


class MessageSchema(Strict):
    """A message."""

    id = fields.String()
    message_id = fields.String(allow_none=True)
    in_reply_to = fields.String(allow_none=True)
    references = fields.List(fields.String())
    subject = fields.String()
    from_ = fields.List(fields.Nested(PersonSchema), data_key="from")
    reply_to = fields.List(fields.Nested(PersonSchema))
    to = fields.List(fields.Nested(PersonSchema))
    cc = fields.List(fields.Nested(PersonSchema))
    date = fields.AwareDateTime(allow_none=True)
    text = fields.String(allow_none=True)
    has_html = fields.Boolean()
    attachments = fields.List(fields.Nested(PartSchema))
    defects = fields.List(fields.String())


class HeaderSchema(Strict):
    """A header field, decoded."""

    name = fields.String()
    value = fields.String()


class EntrySchema(Strict):
    """A message of a maildrop."""

    id = fields.String()
    uidl = fields.String()
    number = fields.Integer()
    size = fields.Integer()


class TopQuery(Strict):
    """How many lines of the message's body."""

    lines = fields.Integer(load_default=0, validate=validate.Range(0, 10_000))


class NewQuery(Strict):
    """The id of the last message that the client has seen; without it, all are new."""

    since = fields.String(load_default=None, validate=validate.Length(1, 1000))


class NewSchema(Strict):
    """Messages behind the one that was seen; all of them, and ``since_found`` false, if that is gone."""

    since_found = fields.Boolean()
    entries = fields.List(fields.Nested(EntrySchema))


class OutgoingAttachment(Strict):
    """A file to send, its content in base64."""

    filename = fields.String(required=True, validate=validate.Length(min=1, max=255))
    content_type = fields.String(load_default="application/octet-stream", validate=validate.Length(max=255))
    content = fields.String(required=True, validate=validate.Length(max=MAX_ATTACHMENT_BYTES * 4 // 3 + 4))


class OutgoingAttachments(Strict):
    """Files to send."""

    attachments = fields.List(
        fields.Nested(OutgoingAttachment), load_default=list, validate=validate.Length(max=MAX_ATTACHMENTS)
    )


class OutgoingMessage(OutgoingAttachments):
    """A message to send."""

    from_ = fields.Nested(PersonSchema, data_key="from", load_default=None)
    to = fields.List(fields.Nested(PersonSchema), load_default=list)
    cc = fields.List(fields.Nested(PersonSchema), load_default=list)
    bcc = fields.List(fields.Nested(PersonSchema), load_default=list)
    reply_to = fields.Nested(PersonSchema, load_default=None)
    subject = fields.String(load_default="", validate=validate.Length(max=1000))
    text = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    html = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    in_reply_to = fields.String(load_default=None, validate=validate.Length(max=998))
    references = fields.List(fields.String(validate=validate.Length(max=998)), load_default=list)


class RefusalSchema(Strict):
    """Why a recipient was not accepted."""

    address = fields.String()
    code = fields.Integer()
    enhanced = fields.String()
    text = fields.String()
    permanent = fields.Boolean()
    category = fields.String(allow_none=True)
    hint = fields.String()


class ReceiptSchema(Strict):
    """What became of a message, recipient by recipient."""

    message_id = fields.String()
    ok = fields.Boolean()
    accepted = fields.List(fields.String())
    refused = fields.List(fields.Nested(RefusalSchema))
    unknown_ = fields.List(fields.String(), data_key="unknown", attribute="unknown")
    suppressed = fields.Boolean()
    warnings = fields.List(fields.String())
    queue_id = fields.String()


def message_values(message: Any, identifier: str) -> dict[str, Any]:
    """Return what ``MessageSchema`` dumps of a received message."""
    names = ("message_id", "in_reply_to", "references", "subject", "from_", "reply_to", "to", "cc", "date", "text")
    return {name: getattr(message, name) for name in names} | {
        "id": identifier,
        "has_html": bool(message.html),
        "attachments": part_values(message),
        "defects": [str(defect) for defect in message.defects],
    }


def part_values(message: Any) -> list[dict[str, Any]]:
    """Return what ``PartSchema`` and ``SectionSchema`` dump of a message's attachments."""
    names = ("filename", "safe_filename", "content_type", "size", "inline", "section")
    return [
        {name: getattr(part, name) for name in names} | {"index": index}
        for index, part in enumerate(message.attachments)
    ]


def header_values(headers: Headers) -> list[dict[str, str]]:
    """Return what ``HeaderSchema`` describes of all fields, in their order."""
    return [{"name": name, "value": value} for name, value in headers.items()]
