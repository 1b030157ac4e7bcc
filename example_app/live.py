"""New mail without reloading: what happens in a folder, as server-sent events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import cast

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from flask_mailbox import Arrived, Failed, MailboxError, Watcher

from .mailbox import mailbox
from .vault import Vault
from .who import tickets

blueprint = Blueprint("live", __name__)

HEARTBEAT = 10.0
LONGEST = 30 * 60.0
"""Seconds after which a stream ends; the browser opens another one."""


class Streams:
    """The streams that are open, no more than so many for the app and for one browser.

    A browser that goes from page to page leaves streams behind, which nobody notices before something is sent over
    them: its oldest one makes room for the next.
    """

    def __init__(self, *, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._lock = threading.Lock()
        self._open: dict[Watcher, str] = {}

    def add(self, watcher: Watcher, who: str) -> bool:
        """Take a stream in, unless the app has too many."""
        with self._lock:
            mine = [each for each, whose in self._open.items() if whose == who]
            oldest = mine[0] if len(mine) >= self._most_each else None
            if oldest is None and len(self._open) >= self._most:
                return False
            self._open[watcher] = who
        if oldest is not None:
            self.end(oldest)
        return True

    def is_open(self, watcher: Watcher) -> bool:
        """Say whether a stream goes on."""
        with self._lock:
            return watcher in self._open

    def end(self, watcher: Watcher) -> None:
        """Close a stream."""
        with self._lock:
            self._open.pop(watcher, None)
        watcher.close()

    def end_all_of(self, who: str) -> None:
        """Close somebody's streams, who has left; each tells that to its browser and ends."""
        with self._lock:
            theirs = [watcher for watcher, whose in self._open.items() if whose == who]
        for watcher in theirs:
            watcher.close()

    def close(self) -> None:
        """End all streams, for whoever stops the app."""
        with self._lock:
            watchers = list(self._open)
            self._open.clear()
        for watcher in watchers:
            watcher.close()


def init_app(app: Flask) -> None:
    """Give the app its streams."""
    app.extensions["live"] = Streams(most=app.config["LIVE_STREAMS"], most_each=4)
    app.register_blueprint(blueprint)


@blueprint.get("/events")
def events() -> ResponseReturnValue:
    """Stream what happens in the inbox and in one more folder; 503 where too many stream already."""
    streams = cast(Streams, current_app.extensions["live"])
    vault = cast(Vault, current_app.extensions["vault"])
    ticket = tickets()[0]
    watcher = mailbox.watcher(shared=True)
    if not streams.add(watcher, ticket):
        watcher.close()
        return "", 503
    response = Response(
        _stream(watcher, streams, vault, ticket),
        mimetype="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )
    response.call_on_close(lambda: streams.end(watcher))  # also if nobody ever reads of it
    try:
        watcher.add(mailbox.account, *dict.fromkeys(("INBOX", request.args.get("folder") or "INBOX")))
    except MailboxError:
        response.close()
        raise
    return response


def _stream(watcher: Watcher, streams: Streams, vault: Vault, ticket: str) -> Iterator[str]:
    """Yield events until the browser leaves, the session ends, or it is time to begin anew."""
    until = time.monotonic() + LONGEST
    try:
        watcher.wait_ready(HEARTBEAT)
        yield "retry: 2000\nevent: ready\ndata: {}\n\n"
        while time.monotonic() < until:
            event = watcher.next_event(HEARTBEAT)
            if not vault.knows(ticket):
                yield "event: ended\ndata: {}\n\n"
                return
            if not streams.is_open(watcher):
                return
            if event is None:
                yield ": still here\n\n"
            elif isinstance(event, Failed):
                yield "event: failed\ndata: {}\n\n"
                return
            else:
                arrived = list(event.uids)[-100:] if isinstance(event, Arrived) else []
                yield f"event: change\ndata: {json.dumps({'folder': event.folder, 'arrived': arrived})}\n\n"
    finally:
        streams.end(watcher)
