"""The stream of what happens in a folder, as the browser gets it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_mailbox.devserver import MailServer

from .conftest import app_on, sign_in, token_of

Deliver = Callable[..., int]


def stream(client: FlaskClient) -> Iterator[str]:
    """Yield the chunks of the stream, after the one that says that it listens."""
    chunks = (chunk.decode() for chunk in client.get("/events", buffered=False).iter_encoded())
    assert "event: ready" in next(chunks)
    return chunks


def data_of(chunk: str) -> dict[str, object]:
    values: dict[str, object] = json.loads(chunk.partition("data: ")[2])
    return values


def test_new_mail_is_told_at_once(ann: FlaskClient, deliver: Deliver) -> None:
    chunks = stream(ann)
    uid = deliver(subject="news")

    assert data_of(next(chunks)) == {"folder": "INBOX", "arrived": [uid]}
    chunks.close()


def test_what_another_browser_changes_is_told(ann: FlaskClient, webmail: Flask, deliver: Deliver) -> None:
    uid = deliver(subject="news")
    other = webmail.test_client()
    sign_in(other)
    chunks = stream(ann)
    other.post("/organise", data={"csrf_token": token_of(other), "action": "read", "uid": str(uid)})

    assert data_of(next(chunks)) == {"folder": "INBOX", "arrived": []}
    chunks.close()


def test_windows_and_pages_listen_over_one_connection(mailserver: MailServer, ann: FlaskClient, webmail: Flask) -> None:
    other = webmail.test_client()
    sign_in(other)
    stream(ann).close()
    opened = mailserver.connections["imap"][0]
    chunks = [stream(ann), stream(other)]

    assert mailserver.connections["imap"][0] == opened
    for each in chunks:
        each.close()


def test_signing_out_ends_the_stream_at_once(ann: FlaskClient) -> None:
    chunks = stream(ann)
    ann.post("/sign-out", data={"csrf_token": token_of(ann)})

    assert list(chunks) == ["event: ended\ndata: {}\n\n"]


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_who_leaves_before_the_first_word_leaves_no_stream(webmail: Flask, ann: FlaskClient, method: str) -> None:
    ann.open("/events", method=method, buffered=False).close()

    assert webmail.extensions["live"]._open == {}


def test_a_stream_of_another_account_than_the_pages_is_refused(ann: FlaskClient) -> None:
    assert ann.get("/events", query_string={"account": "bob@demo.test"}).status_code == 409


def test_strangers_and_too_many_get_no_stream(mailserver: MailServer) -> None:
    client = app_on(mailserver, LIVE_STREAMS=0).test_client()
    before = client.get("/events").status_code
    sign_in(client)

    assert (before, client.get("/events").status_code) == (401, 503)


def test_a_browser_that_goes_from_page_to_page_ends_its_oldest_stream(ann: FlaskClient, deliver: Deliver) -> None:
    streams = [stream(ann) for _ in range(5)]
    deliver(subject="news")

    assert list(streams[0]) == []
    assert "event: change" in next(streams[4])
    for each in streams:
        each.close()


def test_pages_that_refresh_by_themselves_keep_no_session_alive(webmail: Flask, ann: FlaskClient) -> None:
    with ann.session_transaction() as session:
        name = session["tickets"][0].partition(".")[0]
    entry = webmail.extensions["vault"]._entries[name]
    used = entry.used
    ann.get("/", headers={"X-Background": "1"})
    ann.get("/events", buffered=False).close()  # as a browser does whose stream was cut
    by_itself = entry.used
    ann.get("/")

    assert by_itself == used < entry.used


@pytest.mark.parametrize("header", ["X-Background", "X-Part"])
def test_a_page_that_a_script_asks_for_leaves_the_notes_to_the_next(
    ann: FlaskClient, deliver: Deliver, header: str
) -> None:
    uid = deliver()
    ann.post("/organise", data={"csrf_token": token_of(ann), "action": "flag", "uid": str(uid)})
    background = ann.get("/", headers={header: "1"}).text
    page = ann.get("/").text

    assert "Undo" not in background
    assert "Undo" in page
