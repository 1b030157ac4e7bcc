"""The maildrop over POP3 as JSON: entries, messages, raw bytes, deletion."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Response
from werkzeug.exceptions import NotFound

from . import downloads
from .authorize import Authorize
from .base import Blueprint, json_response
from .ids import Ids
from .openapi import KNOWN, RANGE
from .schemas import (
    EntrySchema,
    HTMLQuery,
    MessageSchema,
    NewQuery,
    NewSchema,
    SectionSchema,
    TopQuery,
    message_values,
    part_values,
)

if TYPE_CHECKING:
    from ..accountmailbox import AccountMailbox
    from ..extension import Mailbox
    from ..message import ReceivedMessage
    from ..pop3 import Entry

MESSAGE = "/messages/<message>"


def make_pop3_blueprint(mailbox: Mailbox, *, authorize: Authorize | None, account: str | None, name: str) -> Blueprint:
    """Return the blueprint; see ``Mailbox.pop3_blueprint``."""
    blueprint = Blueprint(
        name, mailbox, authorize=authorize, account=account, title="Maildrop over POP3", factory="pop3_blueprint"
    )
    for add in (_add_entries, _add_message, _add_content, _add_parts, _add_deletion):
        add(blueprint)
    blueprint.close()
    return blueprint


def _add_entries(blueprint: Blueprint) -> None:
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


def _add_message(blueprint: Blueprint) -> None:
    @blueprint.operation(MESSAGE, "pop3.messages.read", summary="One message", answer=MessageSchema, headers=(KNOWN,))
    def read(mailbox: AccountMailbox, message: str) -> Response:
        return _kept(mailbox, message, ("json",), lambda found: _as_json(found, message))

    @blueprint.operation(
        f"{MESSAGE}/top",
        "pop3.messages.top",
        summary="The message's headers, and as many lines of its body as are asked for",
        query=TopQuery,
        answer=MessageSchema,
        headers=(KNOWN,),
    )
    def top(mailbox: AccountMailbox, message: str, query: dict[str, Any]) -> Response:
        uidl, lines = Ids.of(mailbox.account).name_of(message), query["lines"]

        def make() -> Response:
            with mailbox.pop3() as pop3:
                return _as_json(pop3.top(uidl, lines), message)

        return downloads.immutable(_entity_tag(mailbox, uidl, "top", lines), make)


def _add_content(blueprint: Blueprint) -> None:
    @blueprint.operation(
        f"{MESSAGE}/raw",
        "pop3.messages.raw",
        summary="The message's own bytes",
        produces="message/rfc822",
        headers=(KNOWN,),
    )
    def raw(mailbox: AccountMailbox, message: str) -> Response:
        uidl = Ids.of(mailbox.account).name_of(message)

        def make() -> Response:
            with mailbox.pop3() as pop3:
                return downloads.raw_message(pop3.raw(uidl), "message")

        return downloads.immutable(_entity_tag(mailbox, uidl, "raw"), make)

    @blueprint.operation(
        f"{MESSAGE}/text",
        "pop3.messages.text",
        summary="The message as plain text",
        produces="text/plain",
        headers=(KNOWN,),
    )
    def text(mailbox: AccountMailbox, message: str) -> Response:
        return _kept(mailbox, message, ("text",), downloads.plain_text)

    @blueprint.operation(
        f"{MESSAGE}/html",
        "pop3.messages.html",
        summary="The message's HTML, cleaned, for a sandboxed frame",
        query=HTMLQuery,
        produces="text/html",
        headers=(KNOWN,),
    )
    def html(mailbox: AccountMailbox, message: str, query: dict[str, Any]) -> Response:
        remote = query["load_remote"]
        return _kept(mailbox, message, ("html", remote), lambda found: downloads.safe_html(found, load_remote=remote))


def _add_parts(blueprint: Blueprint) -> None:
    @blueprint.operation(
        f"{MESSAGE}/attachments/<int:index>",
        "pop3.messages.attachment",
        summary="One attachment as a download; Range is understood",
        produces="application/octet-stream",
        headers=(KNOWN, RANGE),
    )
    def attachment(mailbox: AccountMailbox, message: str, index: int) -> Response:
        return _attached(mailbox, message, "attachment", lambda found: index, index)

    @blueprint.operation(
        f"{MESSAGE}/parts",
        "pop3.parts.list",
        summary="The attachments, with their numbers among the parts",
        answer=SectionSchema,
        many=True,
        headers=(KNOWN,),
    )
    def parts(mailbox: AccountMailbox, message: str) -> Response:
        dump = SectionSchema(many=True).dump
        return _kept(mailbox, message, ("parts",), lambda found: json_response(dump(part_values(found))))

    @blueprint.operation(
        f"{MESSAGE}/parts/<section>",
        "pop3.parts.read",
        summary="One attachment, by its number among the parts, as a download; Range is understood",
        produces="application/octet-stream",
        headers=(KNOWN, RANGE),
    )
    def part(mailbox: AccountMailbox, message: str, section: str) -> Response:
        return _attached(mailbox, message, "part", lambda found: _index_of(found, section), section)


def _add_deletion(blueprint: Blueprint) -> None:
    @blueprint.operation(
        MESSAGE, "pop3.messages.delete", method="DELETE", summary="Delete the message from the server", status=204
    )
    def delete(mailbox: AccountMailbox, message: str) -> Response:
        with mailbox.pop3() as pop3:
            pop3.delete(Ids.of(mailbox.account).name_of(message))
        return Response(status=204)


def _kept(
    mailbox: AccountMailbox, message: str, variant: tuple[object, ...], make: Callable[[ReceivedMessage], Response]
) -> Response:
    """Return what is made of a message; 304 if the client has it, and nobody is asked then."""
    uidl = Ids.of(mailbox.account).name_of(message)

    def made() -> Response:
        with mailbox.pop3() as pop3:
            found = pop3.message(uidl)
        return make(found)

    return downloads.immutable(_entity_tag(mailbox, uidl, *variant), made)


def _attached(
    mailbox: AccountMailbox, message: str, kind: str, index: Callable[[ReceivedMessage], int], which: object
) -> Response:
    tag = _entity_tag(mailbox, Ids.of(mailbox.account).name_of(message), kind, which)
    return _kept(mailbox, message, (kind, which), lambda found: downloads.attachment(found, index(found), tag))


def _index_of(message: ReceivedMessage, section: str) -> int:
    for index, part in enumerate(message.attachments):
        if part.section == section:
            return index
    raise NotFound("The message has no such part.")


def _entity_tag(mailbox: AccountMailbox, uidl: str, *variant: object) -> str:
    return Ids.of(mailbox.account).entity_tag("pop3", uidl, *variant)


def _as_json(message: ReceivedMessage, identifier: str) -> Response:
    return json_response(MessageSchema().dump(message_values(message, identifier)))


def _entry_values(ids: Ids, entry: Entry) -> dict[str, Any]:
    return dataclasses.asdict(entry) | {"id": ids.name(entry.uidl)}
