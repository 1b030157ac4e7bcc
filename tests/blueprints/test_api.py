"""The JSON API over a real mail server: what it gives, and what it refuses."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from flask_mailbox import ANYONE, ConfigurationError, Mailbox
from flask_mailbox.blueprints.ids import Ids
from flask_mailbox.devserver import MailServer

ANN = Ids("ann@demo.test localhost")
INBOX = f"/api/imap/folders/{ANN.name('INBOX')}/messages"
LINE_BREAK = "a\r\nX1 NOOP"
Deliver = Callable[..., int]


def first_message(client: FlaskClient) -> str:
    """Return the URL of the newest message."""
    row = client.get(INBOX).json["messages"][0]  # type: ignore[index]
    return f"{INBOX}/{row['id']}"


def test_folders_have_ids_roles_and_counts(client_of_ann: FlaskClient, deliver: Deliver) -> None:
    deliver(subject="one")

    folders = {folder["path"]: folder for folder in client_of_ann.get("/api/imap/folders").json}  # type: ignore[union-attr]

    assert folders["INBOX"]["messages"] == folders["INBOX"]["unseen"] == 1
    assert folders["Sent"]["role"] == "sent"
    assert folders["INBOX"]["id"] == ANN.name("INBOX")


def test_pages_follow_each_other_by_the_link_header(client_of_ann: FlaskClient, deliver: Deliver) -> None:
    for number in range(5):
        deliver(subject=f"message {number}")

    first = client_of_ann.get(f"{INBOX}?limit=3")
    second = client_of_ann.get(first.headers["Link"].split(">")[0].strip("<"))

    assert [row["subject"] for row in first.json["messages"]] == ["message 4", "message 3", "message 2"]
    assert [row["subject"] for row in second.json["messages"]] == ["message 1", "message 0"]
    assert (first.json["total"], second.json["next"]) == (5, None)


def test_a_message_is_read_and_stays_unread(client_of_ann: FlaskClient, deliver: Deliver) -> None:
    deliver(subject="季度报告", body="你好", html="<p>你好</p>", attachments=[("报告.pdf", b"content")])

    message = client_of_ann.get(first_message(client_of_ann)).json
    row = client_of_ann.get(INBOX).json["messages"][0]

    assert message["subject"] == "季度报告"
    assert message["text"].strip() == "你好"
    assert message["has_html"]
    assert message["attachments"][0]["filename"] == "报告.pdf"
    assert "\\Seen" not in row["flags"]


def test_raw_and_attachments_are_downloads_without_a_chance_to_run(
    client_of_ann: FlaskClient, deliver: Deliver
) -> None:
    deliver(body="x", attachments=[("evil.html", b"<script>alert(1)</script>")])
    url = first_message(client_of_ann)

    raw = client_of_ann.get(f"{url}/raw")
    attachment = client_of_ann.get(f"{url}/attachments/0")

    assert raw.content_type == "message/rfc822"
    assert b"Subject: Hello" in raw.data
    assert attachment.data == b"<script>alert(1)</script>"
    assert attachment.content_type == "application/octet-stream"
    for response in (raw, attachment):
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert "sandbox" in response.headers["Content-Security-Policy"]


def test_html_is_cleaned_and_has_its_own_policy(client_of_ann: FlaskClient, deliver: Deliver) -> None:
    deliver(html='<p>Hi<script>alert(1)</script><img src="https://tracker.test/x.gif"></p>')

    response = client_of_ann.get(f"{first_message(client_of_ann)}/html")

    assert b"Hi" in response.data
    assert b"script" not in response.data
    assert b"tracker.test" not in response.data
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_maildrop_is_listed_read_and_deleted(
    client_of_ann: FlaskClient, deliver: Deliver, mailserver: MailServer
) -> None:
    deliver(subject="over pop3", body="text")
    (entry,) = client_of_ann.get("/api/pop3/entries").json  # type: ignore[misc]
    url = f"/api/pop3/messages/{entry['id']}"

    top = client_of_ann.get(f"{url}/top").json
    message = client_of_ann.get(url).json
    raw = client_of_ann.get(f"{url}/raw")
    gone = client_of_ann.delete(url, headers={"X-Mailbox-Request": "1"})

    assert top["subject"] == message["subject"] == "over pop3"
    assert "truncated" in top["defects"]
    assert raw.data in mailserver.messages("ann@demo.test") or raw.data
    assert gone.status_code == 204
    assert mailserver.messages("ann@demo.test") == []


def test_a_message_is_sent_with_a_receipt_for_each_recipient(
    client_of_ann: FlaskClient, mailserver: MailServer
) -> None:
    body = {
        "to": [{"name": "Bob", "address": "bob@demo.test"}, {"address": "nobody@demo.test"}],
        "subject": "你好",
        "text": "text",
        "attachments": [{"filename": "a.txt", "content_type": "text/plain", "content": "aGk="}],
    }

    receipt = client_of_ann.post("/api/smtp/messages", json=body).json

    assert receipt["accepted"] == ["bob@demo.test"]
    assert receipt["refused"][0]["address"] == "nobody@demo.test"
    assert receipt["refused"][0]["permanent"]
    assert not receipt["ok"]
    assert base64.b64encode(b"hi") in mailserver.messages("bob@demo.test")[0]


def test_nobody_accepted_is_a_problem_with_the_reason(client_of_ann: FlaskClient) -> None:
    response = client_of_ann.post("/api/smtp/messages", json={"to": [{"address": "nobody@demo.test"}], "text": "x"})

    assert response.status_code == 422
    assert response.json["code"] == "not-delivered"
    assert "nobody@demo.test" in response.json["detail"]


@pytest.mark.parametrize("factory", ["imap_blueprint", "pop3_blueprint", "smtp_blueprint"])
def test_a_blueprint_without_authorize_is_refused(factory: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{factory}.*authorize"):
        getattr(Mailbox(), factory)()


def test_authorize_sees_the_operation_and_the_account_and_decides(publish: Any, deliver: Deliver) -> None:
    deliver()
    asked: list[tuple[str, str]] = []

    def may(operation: str, account: Any) -> bool:
        asked.append((operation, account.address))
        return operation != "imap.messages.read"

    client = publish(may)
    listed, read = client.get(INBOX), client.get(first_message(client))

    assert (listed.status_code, read.status_code) == (200, 403)
    assert read.json["code"] == "forbidden"
    assert asked[-1] == ("imap.messages.read", "ann@demo.test")


def test_authorize_may_ask_for_a_sign_in(publish: Any) -> None:
    response = publish(lambda operation, account: abort(401)).get("/api/imap/folders")

    assert (response.status_code, response.json["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("method", "url"),
    [("post", "/api/smtp/messages"), ("delete", f"/api/pop3/messages/{ANN.name('x')}")],
)
def test_a_form_of_another_site_changes_nothing(client_of_ann: FlaskClient, method: str, url: str) -> None:
    response = getattr(client_of_ann, method)(url, data={"to": "bob@demo.test"})

    assert response.status_code == 403
    assert "application/json" in response.json["detail"]


BAD: dict[str, tuple[str, str, Any, int]] = {
    "unknown folder": ("get", f"/api/imap/folders/{ANN.name('No/../such')}/messages", None, 404),
    "folder with a line break": ("get", f"/api/imap/folders/{ANN.name(LINE_BREAK)}/messages", None, 404),
    "folder id that is none": ("get", "/api/imap/folders/!!/messages", None, 404),
    "message id that is none": ("get", f"{INBOX}/abc", None, 404),
    "message id too large": ("get", f"{INBOX}/1-99999999999-000000000000", None, 404),
    "huge limit": ("get", f"{INBOX}?limit=1000000000", None, 422),
    "limit that is no number": ("get", f"{INBOX}?limit=many", None, 422),
    "cursor that is none": ("get", f"{INBOX}?cursor=%0d%0aX", None, 400),
    "unknown query key": ("get", f"{INBOX}?limti=3", None, 422),
    "unknown uidl": ("get", f"/api/pop3/messages/{ANN.name('nothing')}", None, 404),
    "no recipients": ("post", "/api/smtp/messages", {"text": "x"}, 400),
    "bad address": ("post", "/api/smtp/messages", {"to": [{"address": "not an address"}]}, 400),
    "line break in the subject": (
        "post", "/api/smtp/messages", {"to": [{"address": "b@x.test"}], "subject": "a\r\nBcc: c@x.test"}, 400,
    ),
    "line break in a name": (
        "post", "/api/smtp/messages", {"to": [{"name": "a\r\nb", "address": "b@x.test"}]}, 400,
    ),
    "attachment by path": (
        "post", "/api/smtp/messages",
        {"to": [{"address": "b@x.test"}], "attachments": [{"filename": "p", "path": "/etc/passwd"}]}, 422,
    ),
    "attachment that is not base64": (
        "post", "/api/smtp/messages",
        {"to": [{"address": "b@x.test"}], "attachments": [{"filename": "p", "content": "***"}]}, 400,
    ),
    "somebody else's From": (
        "post", "/api/smtp/messages", {"to": [{"address": "b@x.test"}], "from": {"address": "boss@x.test"}}, 403,
    ),
    "51 recipients": ("post", "/api/smtp/messages", {"to": [{"address": f"u{n}@x.test"} for n in range(51)]}, 400),
    "wrong type": ("post", "/api/smtp/messages", {"to": "b@x.test"}, 422),
    "a list for a body": ("post", "/api/smtp/messages", [1, 2], 422),
    "nothing there": ("get", "/api/imap/nothing/there", None, 404),
    "wrong method": ("put", "/api/imap/folders", {}, 405),
}  # fmt: skip


@pytest.mark.parametrize(("method", "url", "body", "status"), BAD.values(), ids=BAD.keys())
def test_bad_requests_are_problems_and_reach_no_server(
    client_of_ann: FlaskClient, mailserver: MailServer, method: str, url: str, body: Any, status: int
) -> None:
    response = client_of_ann.open(url, method=method.upper(), json=body)

    assert response.status_code == status, response.data
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == status
    assert response.json["code"]
    assert b"X1 NOOP" not in mailserver.received("imap")
    assert b"MAIL FROM" not in mailserver.received("smtp")


def test_malformed_json_is_a_problem(client_of_ann: FlaskClient) -> None:
    response = client_of_ann.post("/api/smtp/messages", data="{", content_type="application/json")

    assert response.status_code in (400, 422)
    assert response.content_type == "application/problem+json"


def test_a_stale_message_id_is_a_conflict_and_never_another_message(
    client_of_ann: FlaskClient, deliver: Deliver
) -> None:
    deliver()
    folder, _, identifier = first_message(client_of_ann).rpartition("/")
    uidvalidity, uid, seal = identifier.split("-")

    response = client_of_ann.get(f"{folder}/{int(uidvalidity) - 1}-{uid}-{seal}")

    assert (response.status_code, response.json["code"]) == (409, "uidvalidity-changed")


def test_a_message_that_is_gone_is_404(client_of_ann: FlaskClient, deliver: Deliver, mailserver: MailServer) -> None:
    uid = deliver()
    url = first_message(client_of_ann)
    mailserver.expunge("ann@demo.test", uid)

    assert client_of_ann.get(url).status_code == 404


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"drop_before": "CONNECT"}, 502, "connection"),
        ({"stall": "FETCH"}, 504, "mail-server-timeout"),
        ({"certificate": "expired"}, 502, "certificate"),
        ({"refuse": {"LOGIN": "NO [AUTHENTICATIONFAILED] no", "AUTHENTICATE": "NO [AUTHENTICATIONFAILED] no"}}, 502,
         "account-authentication"),
    ],
)  # fmt: skip
def test_a_failing_mail_server_is_named_and_nothing_secret_is_told(
    client_of_ann: FlaskClient, mailserver: MailServer, deliver: Deliver, fault: Any, status: int, code: str
) -> None:
    deliver()
    mailserver.faults.set("imap", **fault)

    response = client_of_ann.get(INBOX)

    assert response.json["code"] in (code, "disconnected")
    assert response.status_code in (status, 503)
    assert "ann-secret" not in response.text


def test_paths_outside_the_prefix_stay_the_host_apps_own(client_of_ann: FlaskClient) -> None:
    response = client_of_ann.get("/elsewhere")

    assert response.status_code == 404
    assert response.content_type.startswith("text/html")


def test_405_says_what_is_allowed(client_of_ann: FlaskClient) -> None:
    response = client_of_ann.put("/api/imap/folders", json={})

    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("protocol", ["imap", "pop3", "smtp"])
def test_the_openapi_document_lists_every_operation(client_of_ann: FlaskClient, protocol: str) -> None:
    document = client_of_ann.get(f"/api/{protocol}/openapi.json").json

    operations = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": f"/api/{protocol}"}]
    assert operations
    assert all(name.startswith(f"{protocol}.") for name in operations)


def test_two_accounts_are_published_side_by_side(mailserver: MailServer) -> None:
    keys = ("ADDRESS", "PASSWORD", "SMTP", "IMAP", "POP3")
    host = Flask("host")
    configs = {name: mailserver.config(f"{name}@demo.test") for name in ("ann", "bob")}
    host.config["MAILBOX_CA_FILE"] = configs["ann"]["MAILBOX_CA_FILE"]
    host.config["MAILBOX_ACCOUNTS"] = {
        name: {key: config[f"MAILBOX_{key}"] for key in keys} for name, config in configs.items()
    }
    mailbox = Mailbox(host)
    for name in ("ann", "bob"):
        blueprint = mailbox.imap_blueprint(authorize=ANYONE, account=name, name=f"imap_{name}")
        host.register_blueprint(blueprint, url_prefix=f"/{name}")
    mailserver.deliver(b"Subject: for bob\r\n\r\nx\r\n", "bob@demo.test")
    client = host.test_client()

    folders = [client.get(f"/{name}/folders").json[0]["messages"] for name in ("ann", "bob")]  # type: ignore[index]

    assert folders == [0, 1]
    with host.app_context():
        mailbox.state.pool.close()
