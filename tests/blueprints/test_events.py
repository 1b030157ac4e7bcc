"""Server-sent events over HTTP: told as they happen, gone on with, and ended when the client has left."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Response, request
from flask.testing import FlaskClient

from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app

Deliver = Callable[..., int]
Told = dict[str, Any]


@pytest.fixture
def inbox(client_of_ann: FlaskClient) -> str:
    """The URL of Ann's inbox."""
    found: Any = client_of_ann.get("/api/imap/folders").json
    return next(f"/api/imap/folders/{each['id']}" for each in found if each["path"] == "INBOX")


@contextmanager
def streamed(client: FlaskClient, folder: str, **headers: str) -> Iterator[Iterator[Told]]:
    """Open a stream and give its events."""
    response = client.get(f"{folder}/events", headers={name.replace("_", "-"): text for name, text in headers.items()})
    assert (response.status_code, response.mimetype) == (200, "text/event-stream")
    try:
        yield read(response.response)
    finally:
        response.close()


def read(pieces: Any) -> Iterator[Told]:
    """Return events as a browser does, comments left out."""
    until = time.monotonic() + 10
    for piece in pieces:
        assert time.monotonic() < until
        fields = dict(line.partition(": ")[::2] for line in piece.decode().split("\n") if line and line[0] != ":")
        if "event" in fields:
            yield fields | {"data": json.loads(fields["data"])}


def test_what_happens_is_told_with_ids_that_lead_to_it(
    client_of_ann: FlaskClient, inbox: str, deliver: Deliver, mailserver: MailServer
) -> None:
    with streamed(client_of_ann, inbox) as events:
        uid = deliver(subject="news")
        arrived = next(events)
        (identifier,) = arrived["data"]["ids"]
        subject = client_of_ann.get(f"{inbox}/messages/{identifier}").json["subject"]  # type: ignore[index]
        client_of_ann.post(f"{inbox}/messages/{identifier}/flags", json={"add": ["\\Flagged"]})
        changed = next(events)
        mailserver.expunge("ann@demo.test", uid)
        gone = next(events)

    assert (arrived["event"], subject) == ("arrived", "news")
    assert changed["event"] == "changed"
    assert changed["data"]["messages"] == [{"id": identifier, "flags": ["\\Flagged"]}]
    assert (gone["event"], gone["data"]["ids"]) == ("gone", [identifier])


def test_a_client_that_comes_back_misses_nothing(client_of_ann: FlaskClient, inbox: str, deliver: Deliver) -> None:
    with streamed(client_of_ann, inbox) as events:
        deliver()
        last = next(events)["id"]
    deliver()
    with streamed(client_of_ann, inbox, Last_Event_ID=last) as events:
        missed = next(events)

    assert (missed["event"], len(missed["data"]["ids"])) == ("arrived", 1)


def test_a_cursor_of_changes_begins_a_stream(client_of_ann: FlaskClient, inbox: str, deliver: Deliver) -> None:
    cursor = client_of_ann.get(f"{inbox}/changes").json["cursor"]  # type: ignore[index]
    deliver()
    response = client_of_ann.get(f"{inbox}/events", query_string={"cursor": cursor})
    try:
        assert next(read(response.response))["event"] == "arrived"
    finally:
        response.close()


def test_streams_that_were_left_make_room_and_one_too_many_waits(mailserver: MailServer) -> None:
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test"))
    made = mailbox.imap_blueprint(authorize=lambda operation, account: True, streams=2)
    host.register_blueprint(made, url_prefix="/api/imap")
    client = host.test_client()
    folders: Any = client.get("/api/imap/folders").json
    url = next(f"/api/imap/folders/{each['id']}" for each in folders if each["path"] == "INBOX")

    for _ in range(3):
        with streamed(client, url), streamed(client, url):
            refused = client.get(f"{url}/events")
        assert (refused.status_code, refused.json["code"]) == (503, "unavailable")  # type: ignore[index]
        assert refused.headers["Retry-After"]
    with host.app_context():
        mailbox.state.pool.close()


def test_a_stream_that_was_never_read_ends_too(client_of_ann: FlaskClient, inbox: str, mailserver: MailServer) -> None:
    before = mailserver.connections["imap"][1]
    for _ in range(3):
        client_of_ann.get(f"{inbox}/events").close()
        client_of_ann.head(f"{inbox}/events").close()

    until = time.monotonic() + 5
    while mailserver.connections["imap"][1] > before and time.monotonic() < until:
        time.sleep(0.02)
    assert mailserver.connections["imap"][1] == before


def test_what_keeps_a_folder_from_being_watched_is_a_problem_and_no_stream(
    client_of_ann: FlaskClient, inbox: str, mailserver: MailServer
) -> None:
    made: Any = client_of_ann.post("/api/imap/folders", json={"path": "short-lived"}).json
    url = f"/api/imap/folders/{made['id']}"
    client_of_ann.delete(url, headers={"X-Mailbox-Request": "1"})

    missing = client_of_ann.get(f"{url}/events")
    nonsense = client_of_ann.get(f"{inbox}/events", headers={"Last-Event-ID": "nonsense"})

    assert (missing.status_code, missing.json["code"]) == (404, "folder-not-found")  # type: ignore[index]
    assert nonsense.status_code == 400


def test_very_many_at_once_are_told_as_reset(
    client_of_ann: FlaskClient, inbox: str, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_mailbox.blueprints.imap.streaming.MOST_IDS", 2)
    cursor = client_of_ann.get(f"{inbox}/changes").json["cursor"]  # type: ignore[index]
    for _ in range(3):
        deliver()
    with streamed(client_of_ann, inbox, Last_Event_ID=cursor) as events:
        told = next(events)

    assert (told["event"], told["data"]) == ("reset", {})


def closed_again(mailserver: MailServer, before: int) -> bool:
    """Wait until no more IMAP connections are open than before."""
    until = time.monotonic() + 10
    while mailserver.connections["imap"][1] > before and time.monotonic() < until:
        time.sleep(0.02)
    return mailserver.connections["imap"][1] <= before


@pytest.mark.parametrize("how", ["fails", "answers something else"])
def test_a_stream_that_is_never_sent_leaves_its_place_and_its_connection(mailserver: MailServer, how: str) -> None:
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test") | {"PROPAGATE_EXCEPTIONS": False})
    made = mailbox.imap_blueprint(authorize=lambda operation, account: True, streams=2)
    host.register_blueprint(made, url_prefix="/api/imap")

    @host.after_request
    def after(response: Any) -> Any:
        if request.headers.get("X-Fail") == "fails":
            raise LookupError("the app's own mistake")
        return Response("something else") if "X-Fail" in request.headers else response

    client = host.test_client()
    folders: Any = client.get("/api/imap/folders").json
    url = next(f"/api/imap/folders/{each['id']}" for each in folders if each["path"] == "INBOX")
    before = mailserver.connections["imap"][1]
    for _ in range(4):
        client.get(f"{url}/events", headers={"X-Fail": how})
        assert closed_again(mailserver, before)
    with streamed(client, url), streamed(client, url):
        pass

    with host.app_context():
        mailbox.state.pool.close()


def test_one_account_cannot_take_all_streams(mailserver: MailServer) -> None:
    host, mailbox = mailbox_app({})

    @mailbox.account_loader
    def load() -> Any:
        config = mailserver.config(request.headers["X-User"])
        keys = ("ADDRESS", "PASSWORD", "IMAP", "CA_FILE")
        return mailbox.load_account({key.lower(): config[f"MAILBOX_{key}"] for key in keys})

    made = mailbox.imap_blueprint(authorize=lambda operation, account: True, streams=5, streams_per_account=2)
    host.register_blueprint(made, url_prefix="/api/imap")
    client = host.test_client()

    def opened(name: str) -> Any:
        user = {"X-User": f"{name}@demo.test"}
        folders: Any = client.get("/api/imap/folders", headers=user).json
        inbox = next(each["id"] for each in folders if each["path"] == "INBOX")
        return client.get(f"/api/imap/folders/{inbox}/events", headers=user)

    streams = [opened("ann"), opened("ann"), opened("ann"), opened("bob")]

    assert [each.status_code for each in streams] == [200, 200, 503, 200]
    for each in streams:
        each.close()
    with host.app_context():
        mailbox.state.pool.close()


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [({"drop_before": "CONNECT"}, 502, "connection"), ({"stall": "CONNECT"}, 504, "mail-server-timeout")],
)
def test_a_mail_server_that_is_away_is_a_problem_and_no_stream(
    client_of_ann: FlaskClient, inbox: str, mailserver: MailServer, fault: Any, status: int, code: str
) -> None:
    mailserver.faults.set("imap", **fault)

    response = client_of_ann.get(f"{inbox}/events")

    assert response.status_code in (status, 503)
    assert response.json["code"] in (code, "disconnected")  # type: ignore[index]
