"""The route that tells what happens in a folder as it happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flask import Response, g, request
from marshmallow import fields, validate
from werkzeug.exceptions import ServiceUnavailable

from ...errors import ServiceTimeoutError
from ..base import Blueprint
from ..openapi import LAST
from ..schemas import Strict
from .places import FOLDER, FolderPlace
from .streaming import EventStream, Places

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox
    from ...services.events import Event
    from ...services.watch import Watcher

RETRY_SECONDS = 30
_UNSENT = "_flask_mailbox_unsent_stream"
_CURSOR = validate.Length(1, 16_000)


class EventsQuery(Strict):
    """From where on: the cursor of ``changes``; browsers that come back send ``Last-Event-ID`` instead."""

    cursor = fields.String(load_default=None, validate=_CURSOR)


def add_events(blueprint: Blueprint, most: int, each: int) -> None:
    """Add the route.

    :param most: How many streams may be open in this process.
    :param each: How many of one account.
    """
    room = Places(most, each)
    blueprint.teardown_request(_end_unsent)

    @blueprint.operation(
        f"{FOLDER}/events",
        "imap.events",
        summary="What happens in the folder from now on, or from a cursor on, as server-sent events",
        query=EventsQuery,
        produces="text/event-stream",
        headers=(LAST,),
    )
    def events(mailbox: AccountMailbox, folder: str, query: dict[str, Any]) -> Response:
        place = FolderPlace.of(mailbox, folder)
        if request.method == "HEAD":
            return _answer(iter(()))
        stream = _opened(mailbox, place, room, request.headers.get(LAST) or query["cursor"])
        setattr(g, _UNSENT, stream)
        return _answer(stream)


def _opened(mailbox: AccountMailbox, place: FolderPlace, room: Places, cursor: str | None) -> EventStream:
    """Open a stream; what keeps the folder from being watched is raised before anything is sent."""
    owner = place.ids.owner
    if not room.take(owner):
        raise ServiceUnavailable("Too many streams are open: ask for changes instead.", retry_after=RETRY_SECONDS)
    try:
        watcher = mailbox.watch(place.path, cursors={place.path: cursor} if cursor else None)
        try:
            return EventStream(watcher, place, room, _first_event(watcher))
        except BaseException:
            watcher.close()
            raise
    except BaseException:
        room.give_back(owner)
        raise


def _first_event(watcher: Watcher) -> Event | None:
    """Return what happened already, if anything.

    :raises MailboxError: If the folder could not be looked at: the mail server is away, or too slow.
    """
    first = watcher.next_event(0)
    if not watcher.wait_ready(0):
        raise ServiceTimeoutError("The folder could not be looked at in time.", protocol="imap", transient=True)
    if first is None and watcher.trouble is not None:
        raise watcher.trouble
    return first


def _end_unsent(error: BaseException | None) -> None:
    """End a stream that is never sent, since the request failed after it was opened."""
    stream: EventStream | None = g.pop(_UNSENT, None)
    if stream is not None and error is not None:
        stream.close()


def _answer(stream: Iterator[bytes]) -> Response:
    response = Response(stream, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # nginx holds answers back otherwise
    return response
