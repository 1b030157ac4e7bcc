"""What every request meets first: methods, paths, prefixes; bodies that are too large, no JSON, or of another type."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from flask_mailbox import ANYONE, Account, Protocol
from flask_mailbox.blueprints.ids import Ids
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app

OURS = {"X-Mailbox-Request": "1"}
MIB = 1024 * 1024
INBOX = f"/api/imap/folders/{Ids('ann@demo.test localhost').name('INBOX')}"


class Endless(io.RawIOBase):
    """A body that a client sends in chunks and never ends; ``given`` counts what was read of it."""

    def __init__(self) -> None:
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.given > 300 * MIB:  # what reads so much reads everything
            return 0
        self.given += len(buffer)
        buffer[:] = b" " * len(buffer)
        return len(buffer)


@pytest.mark.parametrize(
    ("url", "content_type", "most"),
    [
        ("/api/smtp/messages", "application/json", 40),
        ("/api/smtp/messages/form", "multipart/form-data; boundary=x", 40),
        (f"{INBOX}/messages", "message/rfc822", 25),
    ],
)
def test_a_body_of_unknown_length_is_read_to_the_limit_only(
    client_of_ann: FlaskClient, url: str, content_type: str, most: int
) -> None:
    body = Endless()
    chunked = {"wsgi.input": body, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    response = client_of_ann.post(url, content_type=content_type, headers=OURS, environ_overrides=chunked)

    assert (response.status_code, response.json["code"]) == (413, "too-large")  # type: ignore[index]
    assert body.given <= (most + 1) * MIB


def test_a_body_that_says_it_is_too_large_is_not_read(client_of_ann: FlaskClient) -> None:
    body = Endless()
    large = {"wsgi.input": body, "CONTENT_LENGTH": str(41 * MIB)}
    response = client_of_ann.post("/api/smtp/messages", content_type="application/json", environ_overrides=large)

    assert (response.status_code, response.json["code"]) == (413, "too-large")  # type: ignore[index]
    assert body.given == 0


NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "a brace": b"{",
    "very deep": b"[" * 200_000,
    "very deep object": b'{"a":' * 100_000,
    "a very long number": b'{"subject": ' + b"1" * 5_000 + b"}",
    "no UTF-8": b'{"subject": "\xff\xfe"}',
    "no number": b'{"delay": NaN}',
}


@pytest.mark.parametrize("text", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_no_json_is_a_problem(client_of_ann: FlaskClient, text: bytes) -> None:
    response = client_of_ann.post("/api/smtp/queue", data=text, content_type="application/json")

    assert (response.status_code, response.json["code"]) == (400, "bad-request")  # type: ignore[index]


@pytest.mark.parametrize("text", [b"[" * 200_000, b'{"subject": ' + b"1" * 5_000 + b"}", b"\xff"])
def test_what_is_no_json_in_a_form_is_a_problem_too(client_of_ann: FlaskClient, text: bytes) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\n' + text + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    response = client_of_ann.post("/api/smtp/messages/form", data=body, content_type=kind, headers=OURS)

    assert (response.status_code, response.json["code"]) == (422, "invalid")  # type: ignore[index]
    assert "message" in response.json["fields"]["form"]  # type: ignore[index]


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("content_type", ["text/plain", FORM, "application/octet-stream", None])
@pytest.mark.parametrize("url", ["/api/imap/drafts", "/api/imap/folders", "/api/smtp/messages", "/api/smtp/queue"])
def test_a_body_of_another_type_is_refused_and_not_taken_for_an_empty_one(
    client_of_ann: FlaskClient, mailserver: MailServer, url: str, content_type: str | None
) -> None:
    response = client_of_ann.post(url, data=b'{"path": "x", "subject": "x"}', content_type=content_type, headers=OURS)

    assert (response.status_code, response.json["code"]) == (415, "unsupported-media-type")  # type: ignore[index]
    assert mailserver.received("imap") == mailserver.received("smtp") == b""


@pytest.mark.parametrize("content_type", ["application/json", FORM, "text/plain"])
@pytest.mark.parametrize("url", ["/api/smtp/messages/form", f"{INBOX}/messages"])
def test_a_form_and_a_message_are_held_to_their_type_too(
    client_of_ann: FlaskClient, url: str, content_type: str
) -> None:
    response = client_of_ann.post(url, data=b"message={}", content_type=content_type, headers=OURS)

    assert (response.status_code, response.json["code"]) == (415, "unsupported-media-type")  # type: ignore[index]


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/api/imap/folders?limt=1"),
        ("GET", "/api/pop3/entries?x="),
        ("POST", "/api/smtp/messages?dry_run=true"),
        ("GET", f"{INBOX}/messages?header=x"),
        ("GET", f"{INBOX}/messages?limit=1&limti=2"),
    ],
)
def test_query_keys_that_mean_nothing_are_refused(client_of_ann: FlaskClient, method: str, url: str) -> None:
    response = client_of_ann.open(url, method=method, json={} if method == "POST" else None)

    assert (response.status_code, response.json["code"]) == (422, "invalid")  # type: ignore[index]
    assert response.json["fields"]["query"]  # type: ignore[index]


@pytest.mark.parametrize("method", ["GET", "POST", "PROPFIND", "TRACE", "FOO"])
@pytest.mark.parametrize("path", ["", "/", "/nothing/there", "/a%0Ab/c"])
def test_the_prefix_itself_and_unknown_paths_are_problems(client_of_ann: FlaskClient, method: str, path: str) -> None:
    response = client_of_ann.open(f"/api/imap{path}", method=method)

    assert (response.status_code, response.content_type) == (404, "application/problem+json")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("method", ["PUT", "PROPFIND", "TRACE", "FOO"])
@pytest.mark.parametrize("path", ["/folders", "/openapi.json", INBOX.removeprefix("/api/imap")])
def test_any_other_method_is_a_problem(client_of_ann: FlaskClient, method: str, path: str) -> None:
    response = client_of_ann.open(f"/api/imap{path}", method=method)

    assert (response.status_code, response.json["code"]) == (405, "method-not-allowed")  # type: ignore[index]
    assert "OPTIONS" in response.headers["Allow"]


def test_options_tells_the_methods_and_nothing_of_the_mailbox(mailserver: MailServer) -> None:
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test"))
    host.register_blueprint(mailbox.imap_blueprint(authorize=lambda *_: False), url_prefix="/api/imap")
    client = host.test_client()

    known, unknown = client.options("/api/imap/folders"), client.options("/api/imap/nothing")

    assert (known.status_code, known.data) == (204, b"")
    assert known.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert unknown.status_code == 404
    assert mailserver.received("imap") == b""


def test_a_blueprint_without_a_prefix_leaves_the_first_page_to_the_app(mailserver: MailServer) -> None:
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test"))
    host.register_blueprint(mailbox.imap_blueprint(authorize=ANYONE))
    host.add_url_rule("/", "first", lambda: "the app's own")
    client = host.test_client()

    assert client.get("/").text == "the app's own"
    assert client.get("/nothing").content_type == "application/problem+json"


@pytest.mark.parametrize("popped", [False, True], ids=["arguments of the views", "taken by the app"])
def test_a_prefix_may_have_values_of_the_apps_own(mailserver: MailServer, popped: bool) -> None:
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test"))
    for kind in ("imap", "smtp"):
        made = getattr(mailbox, f"{kind}_blueprint")(authorize=ANYONE)
        host.register_blueprint(made, url_prefix=f"/<tenant>/{kind}")
    if popped:
        host.url_value_preprocessor(lambda endpoint, values: values and values.pop("tenant", None))
        host.url_defaults(lambda endpoint, values: values.setdefault("tenant", "acme"))
    for number in range(2):
        mailserver.deliver(b"Subject: %d\r\n\r\nx\r\n" % number, "ann@demo.test")
    client = host.test_client()

    folders: Any = client.get("/acme/imap/folders").json
    inbox = next(each["id"] for each in folders if each["path"] == "INBOX")
    first = client.get(f"/acme/imap/folders/{inbox}/messages?limit=1")
    following = first.headers["Link"].split(">")[0].strip("<")
    later = client.post("/acme/smtp/queue", json={"to": [{"address": "bob@demo.test"}], "text": "x", "delay": 60})
    document: Any = client.get("/acme/imap/openapi.json").json

    assert following.startswith(f"/acme/imap/folders/{inbox}/messages?")
    assert client.get(following).json["messages"][0]["subject"] == "0"  # type: ignore[index]
    assert later.headers["Location"].startswith("/acme/smtp/queue/")
    assert client.delete(later.headers["Location"], headers=OURS).status_code == 204
    assert document["servers"] == [{"url": "/acme/imap"}]
    assert client.get("/acme/imap/nothing").status_code == client.get("/acme/imap").status_code == 404
    assert client.put("/acme/imap/folders", json={}).status_code == 405
    with host.app_context():
        mailbox.state.pool.close()


def test_a_refused_request_names_no_account(mailserver: MailServer) -> None:
    def may(operation: str, account: Account) -> bool:
        return False

    host, mailbox = mailbox_app(mailserver.config("ann@demo.test"))
    host.register_blueprint(mailbox.imap_blueprint(authorize=may), url_prefix="/api/imap")
    response = host.test_client().get("/api/imap/folders")

    assert response.status_code == 403
    assert "ann" not in json.dumps(response.json)


def test_a_busy_mailbox_is_told_soon_and_holds_no_thread_for_long(
    publish: Any, mailserver: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_mailbox.blueprints.base.POOL_WAIT", 0.2)
    client = publish(MAILBOX_POOL_SIZE=1, MAILBOX_OPERATION_TIMEOUT=60)
    with client.application.app_context():
        mailbox = client.application.extensions["mailbox"].mailbox
        pool, account = mailbox.state.pool, mailbox.account
        with mailbox.imap(), mailbox.pop3(), pool.lease(account, Protocol.SMTP):
            began = time.monotonic()
            letter = {"to": [{"address": "bob@demo.test"}], "text": "x"}
            answers = [
                client.get("/api/imap/folders"),
                client.get("/api/pop3/entries"),
                client.post("/api/smtp/messages", json=letter),
            ]

    assert time.monotonic() - began < 10
    assert [(each.status_code, each.json["code"]) for each in answers] == [(503, "too-busy")] * 3  # type: ignore[index]
    assert all(each.headers["Retry-After"] for each in answers)
