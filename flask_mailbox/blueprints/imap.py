"""The mailbox over IMAP as JSON: folders, pages, messages, raw bytes, HTML, attachments."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from flask import Response, request, url_for
from marshmallow import fields

from . import downloads
from .authorize import Authorize
from .base import Blueprint, json_response
from .ids import message_id, message_of, name_id, name_of
from .schemas import FolderSchema, MessageSchema, PageQuery, PageSchema, Strict, message_values

if TYPE_CHECKING:
    from ..extension import AccountMailbox, Mailbox
    from ..message import ReceivedMessage

MESSAGE = "/folders/<folder>/messages/<message>"


class HTMLQuery(Strict):
    """Whether pictures from other servers are loaded."""

    load_remote = fields.Boolean(load_default=False)


def make_imap_blueprint(mailbox: Mailbox, *, authorize: Authorize | None, account: str | None, name: str) -> Blueprint:
    """Return the blueprint; see ``Mailbox.imap_blueprint``."""
    blueprint = Blueprint(
        name, mailbox, authorize=authorize, account=account, title="Mailbox over IMAP", factory="imap_blueprint"
    )
    _add_lists(blueprint)
    _add_messages(blueprint)
    blueprint.close()
    return blueprint


def _add_lists(blueprint: Blueprint) -> None:
    @blueprint.operation("/folders", "imap.folders.list", summary="All folders with their counts", answer=FolderSchema)
    def folders(mailbox: AccountMailbox) -> list[dict[str, Any]]:
        with mailbox.imap() as imap:
            found = imap.folders(counts=True)
        names = ("path", "role", "selectable", "messages", "unseen")
        return [{name: getattr(each, name) for name in names} | {"id": name_id(each.path)} for each in found]

    @blueprint.operation(
        "/folders/<folder>/messages",
        "imap.messages.list",
        summary="A page of a folder, newest first",
        query=PageQuery,
        answer=PageSchema,
    )
    def page(mailbox: AccountMailbox, folder: str, query: dict[str, Any]) -> Response | dict[str, Any]:
        with mailbox.imap() as imap:
            found = imap.folder(name_of(folder)).page(limit=query["limit"], cursor=query["cursor"])
        rows = [
            dataclasses.asdict(summary)
            | {"id": message_id(found.uidvalidity, summary.uid), "flags": sorted(summary.flags)}
            for summary in found
        ]
        body = PageSchema().dump({"total": found.total, "next": found.next, "messages": rows})
        response = json_response(body)
        if found.next:
            following = url_for(request.endpoint or "", folder=folder, limit=query["limit"], cursor=found.next)
            response.headers["Link"] = f'<{following}>; rel="next"'
        return response


def _add_messages(blueprint: Blueprint) -> None:
    @blueprint.operation(MESSAGE, "imap.messages.read", summary="One message, still unread", answer=MessageSchema)
    def read(mailbox: AccountMailbox, folder: str, message: str) -> dict[str, Any]:
        return message_values(_fetch(mailbox, folder, message), message)

    @blueprint.operation(
        f"{MESSAGE}/raw", "imap.messages.raw", summary="The message's own bytes", produces="message/rfc822"
    )
    def raw(mailbox: AccountMailbox, folder: str, message: str) -> Response:
        uidvalidity, uid = message_of(message)
        with mailbox.imap() as imap:
            data = imap.folder(name_of(folder)).raw(uid, uidvalidity=uidvalidity)
        return downloads.raw_message(data, f"message-{uid}")

    @blueprint.operation(
        f"{MESSAGE}/html",
        "imap.messages.html",
        summary="The message's HTML, cleaned, for a sandboxed frame",
        query=HTMLQuery,
        produces="text/html",
    )
    def html(mailbox: AccountMailbox, folder: str, message: str, query: dict[str, Any]) -> Response:
        return downloads.safe_html(_fetch(mailbox, folder, message), load_remote=query["load_remote"])

    @blueprint.operation(
        f"{MESSAGE}/attachments/<int:index>",
        "imap.messages.attachment",
        summary="One attachment as a download",
        produces="application/octet-stream",
    )
    def attachment(mailbox: AccountMailbox, folder: str, message: str, index: int) -> Response:
        return downloads.attachment(_fetch(mailbox, folder, message), index)


def _fetch(mailbox: AccountMailbox, folder: str, message: str) -> ReceivedMessage:
    """Return the message that a path names; a stale id is an error, never another message."""
    uidvalidity, uid = message_of(message)
    with mailbox.imap() as imap:
        return imap.folder(name_of(folder)).message(uid, uidvalidity=uidvalidity)
