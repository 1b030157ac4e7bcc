"""Reply, reply to all, forward: answers to a message of the mailbox, addressed and threaded by what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Response

from ...errors import UsageError
from ...message import Message, ReceivedMessage, forward, reply, reply_all
from ..base import Blueprint
from ..imap.places import MessagePlace
from ..limiter import Limiter
from ..openapi import KEY
from ..outgoing import complete
from ..schemas import ReceiptSchema
from .schemas import AnswerBody, TicketSchema
from .sending import send_now

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox

Make = Callable[[ReceivedMessage, dict[str, Any], tuple[str, ...]], Message]


def _reply(received: ReceivedMessage, body: dict[str, Any], own: tuple[str, ...]) -> Message:
    return reply(received, own=own, quote=body["quote"])


def _reply_all(received: ReceivedMessage, body: dict[str, Any], own: tuple[str, ...]) -> Message:
    return reply_all(received, own=own, quote=body["quote"])


def _forward(received: ReceivedMessage, body: dict[str, Any], own: tuple[str, ...]) -> Message:
    return forward(received)


ANSWERS: tuple[tuple[str, str, str, Make], ...] = (
    ("/reply", "smtp.replies.send", "Answer the sender of a message", _reply),
    ("/reply-all", "smtp.replies.send_to_all", "Answer everybody who got a message", _reply_all),
    ("/forward", "smtp.forwards.send", "Send a message on as an attachment, whole and unchanged", _forward),
)


def add_answering(blueprint: Blueprint, limiter: Limiter) -> None:
    """Add the routes that answer."""
    for rule, name, summary, make in ANSWERS:
        _add(blueprint, limiter, rule, name, summary, make)


def _add(blueprint: Blueprint, limiter: Limiter, rule: str, name: str, summary: str, make: Make) -> None:
    @blueprint.operation(
        rule,
        name,
        method="POST",
        summary=summary,
        body=AnswerBody,
        answer=ReceiptSchema,
        also={202: TicketSchema},
        headers=(KEY,),
    )
    def answer(mailbox: AccountMailbox, body: dict[str, Any]) -> Response:
        account = mailbox.account
        blueprint.ask("imap.messages.read", mailbox)
        if account.imap is None:
            raise UsageError("The account has no IMAP server to find the message on.")
        place = MessagePlace.of(mailbox, body["folder"], body["message"])
        with mailbox.imap() as imap:
            received = place.folder.open(imap).message(place.uid, uidvalidity=place.uidvalidity)
        message = make(received, body, (account.address, *account.identities))
        complete(message, body, account)
        return send_now(mailbox, message, limiter, dry_run=body["dry_run"])
