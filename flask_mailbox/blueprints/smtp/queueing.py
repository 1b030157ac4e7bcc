"""Sending later: a ticket for a message, its fate, and a way to take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request
from werkzeug.exceptions import Conflict, NotFound

from ...services.later import Ticket
from ..base import Blueprint, json_response, own_url
from ..limiter import Limiter
from ..openapi import KEY
from ..outgoing import message_of
from .schemas import LaterBody, TicketSchema
from .values import sender_of, ticket_values

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox

TICKET = "/queue/<ticket>"
_READ = "smtp.queue.read"


def add_queueing(blueprint: Blueprint, limiter: Limiter) -> None:
    """Add the routes to messages that are sent later."""

    @blueprint.operation(
        "/queue",
        "smtp.queue.add",
        method="POST",
        summary="Send a message later; with Idempotency-Key the same message is queued once",
        body=LaterBody,
        answer=TicketSchema,
        status=202,
        headers=(KEY,),
    )
    def add(mailbox: AccountMailbox, body: dict[str, Any]) -> Response:
        message = message_of(body, mailbox.account)
        key = request.headers.get(KEY)
        if key is None or mailbox.ticket_of_key(key) is None:
            limiter.count(sender_of(mailbox.account))
        return ticket_response(mailbox.send_later(message, key=key, delay=body["delay"]), 202)

    @blueprint.operation(TICKET, _READ, summary="The fate of a message that is sent later", answer=TicketSchema)
    def read(mailbox: AccountMailbox, ticket: str) -> dict[str, Any]:
        return ticket_values(_found(mailbox, ticket))

    @blueprint.operation(
        TICKET, "smtp.queue.cancel", method="DELETE", summary="Take back a message that is not sent yet", status=204
    )
    def cancel(mailbox: AccountMailbox, ticket: str) -> Response:
        if not _found(mailbox, ticket).cancel():
            raise Conflict("The message is being sent, or was.")
        return Response(status=204)


def ticket_response(ticket: Ticket, status: int) -> Response:
    """Return a ticket, and where its fate can be asked for."""
    response = json_response(TicketSchema().dump(ticket_values(ticket)), status)
    response.headers["Location"] = own_url(_READ, ticket=ticket.id)
    return response


def _found(mailbox: AccountMailbox, ticket: str) -> Ticket:
    found = mailbox.ticket(ticket)
    if found is None:
        raise NotFound("There is nothing under this id.")
    return found
