"""A message as JSON values, for queues and stores, and back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import flask_mail
from marshmallow import RAISE, Schema, ValidationError, fields, pre_dump

from ..errors import MessageError
from .addresses import Address
from .enclosure import enclosed
from .invitation import Invitation


class _Person(fields.Field[Any]):
    """An address, or a pair of name and address."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if isinstance(value, Address):
            return [value.name, value.address]
        return list(value) if isinstance(value, tuple) else value

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return value
        if isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value):
            return tuple(value)
        raise ValidationError("takes an address, or a list of name and address.")


class _Bytes(fields.Field[bytes]):
    """Bytes in base64."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return base64.b64encode(value).decode()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise ValidationError("takes base64.") from None


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _AttachmentSchema(_Strict):
    filename = fields.String(allow_none=True)
    content_type = fields.String(required=True)
    data = _Bytes(required=True)
    disposition = fields.String()
    headers = fields.Dict(keys=fields.String(), values=fields.String())

    @pre_dump
    def _as_bytes(self, attachment: flask_mail.Attachment, **_: Any) -> flask_mail.Attachment:
        """Give a text the bytes and the type that it is sent with."""
        data, content_type = enclosed(attachment)
        return flask_mail.Attachment(
            attachment.filename, content_type, data, attachment.disposition, attachment.headers
        )


class _InvitationSchema(_Strict):
    text = fields.String(required=True)
    method = fields.String(required=True)


class _MessageSchema(_Strict):
    subject = fields.String()
    recipients = fields.List(_Person())
    cc = fields.List(_Person())
    bcc = fields.List(_Person())
    sender = _Person(allow_none=True)
    reply_to = _Person(allow_none=True)
    body = fields.String(allow_none=True)
    alts = fields.Dict(keys=fields.String(), values=fields.String())
    date = fields.Float(allow_none=True)
    charset = fields.String(allow_none=True)
    extra_headers = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)
    message_id = fields.String(allow_none=True, attribute="given_message_id", data_key="message_id")
    in_reply_to = fields.String(allow_none=True)
    references = fields.List(fields.String())
    list_unsubscribe = fields.List(fields.String())
    priority = fields.String(allow_none=True)
    mail_options = fields.List(fields.String())
    rcpt_options = fields.List(fields.String())
    attachments = fields.List(fields.Nested(_AttachmentSchema))
    invitation = fields.Nested(_InvitationSchema, allow_none=True)


def dump_message(message: flask_mail.Message) -> dict[str, Any]:
    """Return a message as JSON values; of a plain ``flask_mail.Message`` without its Message-ID."""
    values: dict[str, Any] = _MessageSchema().dump(message)
    return values


def load_message(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a message, its attachments and invitation among them.

    :raises MessageError: If the values are not those of a message.
    """
    try:
        loaded: dict[str, Any] = _MessageSchema().load(values)
    except ValidationError as error:
        raise MessageError(f"These are not the values of a message: {error.messages}") from error
    loaded["message_id"] = loaded.pop("given_message_id", None)
    loaded["attachments"] = [_attachment(each) for each in loaded.get("attachments", [])]
    invitation = loaded.get("invitation")
    loaded["invitation"] = Invitation(**invitation) if invitation else None
    return loaded


def _attachment(values: Mapping[str, Any]) -> flask_mail.Attachment:
    return flask_mail.Attachment(**values)
