"""One message: as JSON, its headers, its text, its cleaned HTML, its own bytes, its attachments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from .. import downloads
from ..base import Blueprint, json_response
from ..openapi import KNOWN, RANGE
from ..schemas import HeaderSchema, HTMLQuery, MessageSchema, header_values, message_values
from .places import MESSAGE, MessagePlace

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox
    from ...message import ReceivedMessage


def add_messages(blueprint: Blueprint) -> None:
    """Add the routes that read one message; all leave it unread, and what they give never changes."""

    @blueprint.operation(
        MESSAGE, "imap.messages.read", summary="One message, still unread", answer=MessageSchema, headers=(KNOWN,)
    )
    def read(mailbox: AccountMailbox, folder: str, message: str) -> Response:
        place = MessagePlace.of(mailbox, folder, message)

        def make() -> Response:
            return json_response(MessageSchema().dump(message_values(_fetch(mailbox, place), message)))

        return downloads.immutable(place.entity_tag("json"), make)

    @blueprint.operation(
        f"{MESSAGE}/headers",
        "imap.messages.headers",
        summary="The header fields, in order",
        answer=HeaderSchema,
        many=True,
        headers=(KNOWN,),
    )
    def headers(mailbox: AccountMailbox, folder: str, message: str) -> Response:
        place = MessagePlace.of(mailbox, folder, message)

        def make() -> Response:
            with mailbox.imap() as imap:
                found = place.folder.open(imap).headers(place.uid, uidvalidity=place.uidvalidity)
            return json_response(header_values(found))

        return downloads.immutable(place.entity_tag("headers"), make)

    @blueprint.operation(
        f"{MESSAGE}/text",
        "imap.messages.text",
        summary="The message as plain text",
        produces="text/plain",
        headers=(KNOWN,),
    )
    def text(mailbox: AccountMailbox, folder: str, message: str) -> Response:
        place = MessagePlace.of(mailbox, folder, message)
        return downloads.immutable(place.entity_tag("text"), lambda: downloads.plain_text(_fetch(mailbox, place)))

    @blueprint.operation(
        f"{MESSAGE}/raw",
        "imap.messages.raw",
        summary="The message's own bytes",
        produces="message/rfc822",
        headers=(KNOWN,),
    )
    def raw(mailbox: AccountMailbox, folder: str, message: str) -> Response:
        place = MessagePlace.of(mailbox, folder, message)

        def make() -> Response:
            with mailbox.imap() as imap:
                data = place.folder.open(imap).raw(place.uid, uidvalidity=place.uidvalidity)
            return downloads.raw_message(data, f"message-{place.uid}")

        return downloads.immutable(place.entity_tag("raw"), make)

    @blueprint.operation(
        f"{MESSAGE}/html",
        "imap.messages.html",
        summary="The message's HTML, cleaned, for a sandboxed frame",
        query=HTMLQuery,
        produces="text/html",
        headers=(KNOWN,),
    )
    def html(mailbox: AccountMailbox, folder: str, message: str, query: dict[str, Any]) -> Response:
        place = MessagePlace.of(mailbox, folder, message)
        load_remote = query["load_remote"]
        return downloads.immutable(
            place.entity_tag("html", load_remote),
            lambda: downloads.safe_html(_fetch(mailbox, place), load_remote=load_remote),
        )

    @blueprint.operation(
        f"{MESSAGE}/attachments/<int:index>",
        "imap.messages.attachment",
        summary="One attachment as a download",
        produces="application/octet-stream",
        headers=(KNOWN, RANGE),
    )
    def attachment(mailbox: AccountMailbox, folder: str, message: str, index: int) -> Response:
        place = MessagePlace.of(mailbox, folder, message)
        tag = place.entity_tag("attachment", index)
        return downloads.immutable(tag, lambda: downloads.attachment(_fetch(mailbox, place), index, tag))


def _fetch(mailbox: AccountMailbox, place: MessagePlace) -> ReceivedMessage:
    """Return the message; a stale id is an error, never another message."""
    with mailbox.imap() as imap:
        return place.folder.open(imap).message(place.uid, uidvalidity=place.uidvalidity)
