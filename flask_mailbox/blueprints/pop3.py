"""The maildrop over POP3 as JSON: entries, messages, raw bytes, deletion."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from flask import Response

from . import downloads
from .authorize import Authorize
from .base import Blueprint
from .ids import Ids
from .schemas import EntrySchema, MessageSchema, message_values

if TYPE_CHECKING:
    from ..extension import AccountMailbox, Mailbox

MESSAGE = "/messages/<message>"


def make_pop3_blueprint(mailbox: Mailbox, *, authorize: Authorize | None, account: str | None, name: str) -> Blueprint:
    """Return the blueprint; see ``Mailbox.pop3_blueprint``."""
    blueprint = Blueprint(
        name, mailbox, authorize=authorize, account=account, title="Maildrop over POP3", factory="pop3_blueprint"
    )

    @blueprint.operation("/entries", "pop3.entries.list", summary="All messages by uidl", answer=EntrySchema, many=True)
    def entries(mailbox: AccountMailbox) -> list[dict[str, Any]]:
        with mailbox.pop3() as pop3:
            return [
                dataclasses.asdict(entry) | {"id": Ids.of(mailbox.account).name(entry.uidl)} for entry in pop3.entries()
            ]

    @blueprint.operation(MESSAGE, "pop3.messages.read", summary="One message", answer=MessageSchema)
    def read(mailbox: AccountMailbox, message: str) -> dict[str, Any]:
        with mailbox.pop3() as pop3:
            return message_values(pop3.message(Ids.of(mailbox.account).name_of(message)), message)

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
        MESSAGE, "pop3.messages.delete", method="DELETE", summary="Delete the message from the server", status=204
    )
    def delete(mailbox: AccountMailbox, message: str) -> Response:
        with mailbox.pop3() as pop3:
            pop3.delete(Ids.of(mailbox.account).name_of(message))
        return Response(status=204)

    blueprint.close()
    return blueprint
