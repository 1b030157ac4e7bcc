"""The route that tells what happens in a folder as it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request
from marshmallow import fields, validate
from werkzeug.exceptions import ServiceUnavailable

from ..base import Blueprint
from ..schemas import Strict
from .places import FOLDER, FolderPlace
from .streaming import EventStream, Places

if TYPE_CHECKING:
    from ...extension import AccountMailbox

RETRY_SECONDS = 30
_CURSOR = validate.Length(1, 16_000)


class EventsQuery(Strict):
    """From where on: the cursor of ``changes``; browsers that come back send ``Last-Event-ID`` instead."""

    cursor = fields.String(load_default=None, validate=_CURSOR)


def add_events(blueprint: Blueprint, most: int) -> None:
    """Add the route.

    :param most: How many streams may be open in this process.
    """
    room = Places(most)

    @blueprint.operation(
        f"{FOLDER}/events",
        "imap.events",
        summary="What happens in the folder from now on, or from a cursor on, as server-sent events",
        query=EventsQuery,
        produces="text/event-stream",
    )
    def events(mailbox: AccountMailbox, folder: str, query: dict[str, Any]) -> Response:
        place = FolderPlace.of(mailbox, folder)
        if request.method == "HEAD":
            return _answer(())
        cursor = request.headers.get("Last-Event-ID") or query["cursor"]
        return _answer(_opened(mailbox, place, room, cursor))


def _opened(mailbox: AccountMailbox, place: FolderPlace, room: Places, cursor: str | None) -> EventStream:
    """Open a stream; what keeps the folder from being watched is raised before anything is sent."""
    if not room.take():
        raise ServiceUnavailable("Too many streams are open: ask for changes instead.", retry_after=RETRY_SECONDS)
    try:
        watcher = mailbox.watch(place.path, cursors={place.path: cursor} if cursor else None)
        try:
            return EventStream(watcher, place, room, watcher.next_event(0))
        except BaseException:
            watcher.close()
            raise
    except BaseException:
        room.give_back()
        raise


def _answer(stream: Any) -> Response:
    response = Response(stream, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # nginx holds answers back otherwise
    return response
