"""The maildrop over POP3 as JSON: entries, messages, raw bytes, deletion."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from flask import Response

from . import downloads
from .authorize import Authorize
from .base import Blueprint
from .ids import Ids
from .schemas import EntrySchema, HTMLQuery, MessageSchema, NewQuery, NewSchema, message_values

if TYPE_CHECKING:
    from ..extension import AccountMailbox, Mailbox
    from ..message import ReceivedMessage
    from ..pop3 import Entry

MESSAGE = "/messages/<message>"


def make_pop3_blueprint(mailbox: Mailbox, *, authorize: Authorize | None, account: str | None, name: str) -> Blueprint:
    """Return the blueprint; see ``Mailbox.pop3_blueprint``."""
    blueprint = Blueprint(
        name, mailbox, authorize=authorize, account=account, title="Maildrop over POP3", factory="pop3_blueprint"
    )

    @blueprint.operation("/entries", "pop3.entries.list", summary="All messages by uidl", answer=EntrySchema, many=True)
    def entries(mailbox: AccountMailbox) -> list[dict[str, Any]]:
        ids = Ids.of(mailbox.account)
        with mailbox.pop3() as pop3:
            return [_entry_values(ids, entry) for entry in pop3.entries()]

    @blueprint.operation(
        "/new",
        "pop3.entries.new",
        summary="The messages behind one that the client has seen; all of them if that is gone",
        query=NewQuery,
        answer=NewSchema,
    )
    def new(mailbox: AccountMailbox, query: dict[str, Any]) -> dict[str, Any]:
        ids = Ids.of(mailbox.account)
        last = ids.name_of(query["since"]) if query["since"] is not None else None
        with mailbox.pop3() as pop3:
            found = pop3.entries()
        place = next((place for place, entry in enumerate(found, 1) if entry.uidl == last), 0)
        rows = [_entry_values(ids, entry) for entry in found[place:]]
        return {"since_found": bool(place) or last is None, "entries": rows}

    @blueprint.operation(MESSAGE, "pop3.messages.read", summary="One message", answer=MessageSchema)
    def read(mailbox: AccountMailbox, message: str) -> dict[str, Any]:
        return message_values(_fetched(mailbox, message), message)

    @blueprint.operation(
        f"{MESSAGE}/top", "pop3.messages.top", summary="The message's headers only", answer=MessageSchema
    )
    def top(mailbox: AccountMailbox, message: str) -> dict[str, Any]:
        with mailbox.pop3() as pop3:
            return message_values(pop3.top(Ids.of(mailbox.account).name_of(message)), message)

    @blueprint.operation(
        f"{MESSAGE}/raw", "pop3.messages.raw", summary="The message's own bytes", produces="message/rfc822"
    )
    def raw(mailbox: AccountMailbox, message: str) -> Response:
        with mailbox.pop3() as pop3:
            return downloads.raw_message(pop3.raw(Ids.of(mailbox.account).name_of(message)), "message")

    @blueprint.operation(
        f"{MESSAGE}/text", "pop3.messages.text", summary="The message as plain text", produces="text/plain"
    )
    def text(mailbox: AccountMailbox, message: str) -> Response:
        return downloads.plain_text(_fetched(mailbox, message))

    @blueprint.operation(
        f"{MESSAGE}/html",
        "pop3.messages.html",
        summary="The message's HTML, cleaned, for a sandboxed frame",
        query=HTMLQuery,
        produces="text/html",
    )
    def html(mailbox: AccountMailbox, message: str, query: dict[str, Any]) -> Response:
        return downloads.safe_html(_fetched(mailbox, message), load_remote=query["load_remote"])

    @blueprint.operation(
        f"{MESSAGE}/attachments/<int:index>",
        "pop3.messages.attachment",
        summary="One attachment as a download",
        produces="application/octet-stream",
    )
    def attachment(mailbox: AccountMailbox, message: str, index: int) -> Response:
        return downloads.attachment(_fetched(mailbox, message), index)

    @blueprint.operation(
        MESSAGE, "pop3.messages.delete", method="DELETE", summary="Delete the message from the server", status=204
    )
    def delete(mailbox: AccountMailbox, message: str) -> Response:
        with mailbox.pop3() as pop3:
            pop3.delete(Ids.of(mailbox.account).name_of(message))
        return Response(status=204)

    blueprint.close()
    return blueprint


def _fetched(mailbox: AccountMailbox, message: str) -> ReceivedMessage:
    with mailbox.pop3() as pop3:
        return pop3.message(Ids.of(mailbox.account).name_of(message))


def _entry_values(ids: Ids, entry: Entry) -> dict[str, Any]:
    return dataclasses.asdict(entry) | {"id": ids.name(entry.uidl)}
