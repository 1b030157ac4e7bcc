"""Putting messages into folders: the bytes of one, or a draft made of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import fields, validate

from ...message import build
from ..base import Blueprint
from ..bodies import bound_body, read_body
from ..ids import Ids
from ..outgoing import message_of
from ..schemas import OutgoingMessage, Strict
from .organising import FLAG
from .places import MESSAGES, FolderPlace

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox

MAX_MESSAGE_BYTES = 25 * 1024 * 1024


class AppendQuery(Strict):
    """How a message is put into a folder."""

    flags = fields.List(fields.String(validate=FLAG), load_default=list, validate=validate.Length(max=20))
    date = fields.AwareDateTime(load_default=None)


class StoredSchema(Strict):
    """The id of a message that was stored; ``null`` where the server does not tell."""

    folder = fields.String()
    id = fields.String(allow_none=True)


def add_storing(blueprint: Blueprint) -> None:
    """Add the routes that store messages."""

    @blueprint.operation(
        MESSAGES,
        "imap.messages.append",
        method="POST",
        summary="Put a message (message/rfc822) into a folder",
        query=AppendQuery,
        consumes="message/rfc822",
        answer=StoredSchema,
        status=201,
    )
    def append(mailbox: AccountMailbox, folder: str, query: dict[str, Any]) -> dict[str, Any]:
        return _store(mailbox, FolderPlace.of(mailbox, folder), _body(), query["flags"], query["date"])

    @blueprint.operation(
        "/drafts",
        "imap.drafts.create",
        method="POST",
        summary="Keep a draft in the drafts folder",
        body=OutgoingMessage,
        answer=StoredSchema,
        status=201,
    )
    def create(mailbox: AccountMailbox, body: dict[str, Any]) -> dict[str, Any]:
        message = message_of(body, mailbox.account)
        data = build(message, sender=mailbox.account.sender, smtputf8=True)
        with mailbox.imap() as imap:
            path = imap.folder_by_role("drafts").path
        return _store(mailbox, FolderPlace(Ids.of(mailbox.account), path), data, ["\\Draft", "\\Seen"], None)


def _store(mailbox: AccountMailbox, place: FolderPlace, data: bytes, flags: list[str], date: Any) -> dict[str, Any]:
    with mailbox.imap() as imap:
        folder = place.open(imap)
        uid = folder.append(data, flags=flags, date=date)
        stored = place.message_id(folder.uidvalidity, uid) if uid else None
    return {"folder": place.ids.name(place.path), "id": stored}


def _body() -> bytes:
    """Return the message that the request carries.

    :raises RequestEntityTooLarge: If it is larger than ``MAX_MESSAGE_BYTES``.
    """
    bound_body(MAX_MESSAGE_BYTES)
    return read_body()
