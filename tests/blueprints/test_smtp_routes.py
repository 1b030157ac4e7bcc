"""Sending over HTTP: forms, answers, keys, later; on the embedded server, and to everybody once."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from flask import request
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from flask_mailbox import ANYONE, parse_message
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app

OURS = {"X-Mailbox-Request": "1"}
BOB = "bob@demo.test"
MAIL: dict[str, Any] = {"to": [{"name": "Bob", "address": BOB}], "subject": "你好", "text": "Hello"}
ORIGINAL = (
    b"From: Bob <bob@demo.test>\r\nTo: ann@demo.test\r\nCc: Carol <carol@demo.test>\r\n"
    b"Message-ID: <one@demo.test>\r\nSubject: Lunch\r\n\r\nAt noon?\r\n"
)


@pytest.fixture
def original(client_of_ann: FlaskClient, mailserver: MailServer) -> dict[str, str]:
    """The ids of a message that Ann can answer."""
    mailserver.add_user("carol@demo.test", "carol-secret")
    mailserver.deliver(ORIGINAL, "ann@demo.test")
    folders: Any = client_of_ann.get("/api/imap/folders").json
    inbox = next(each["id"] for each in folders if each["path"] == "INBOX")
    rows: Any = client_of_ann.get(f"/api/imap/folders/{inbox}/messages").json
    return {"folder": inbox, "message": rows["messages"][0]["id"]}


def post_form(client: FlaskClient, form: dict[str, Any]) -> Any:
    """Send a form; its body is made here, since the client leaves the temporary file of a large one open."""
    boundary, body = encode_multipart(form)
    kind = f'multipart/form-data; boundary="{boundary}"'
    return client.post("/api/smtp/messages/form", data=body, content_type=kind, headers=OURS)


def test_a_form_with_files_is_sent(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    content = bytes(range(256)) * 8_000
    form = {
        "message": json.dumps(MAIL),
        "attachments": [FileStorage(io.BytesIO(content), "报告.bin"), FileStorage(io.BytesIO(b""), "empty")],
    }

    response = post_form(client_of_ann, form)

    assert (response.status_code, response.json["accepted"]) == (200, [BOB])  # type: ignore[index]
    (raw,) = mailserver.messages(BOB)
    received = parse_message(raw)
    assert [(each.filename, each.content) for each in received.attachments] == [("报告.bin", content), ("empty", b"")]
    assert received.subject == "你好"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        ({"message": "{"}, None),
        ({"message": "[]"}, None),
        ({"message": json.dumps(MAIL | {"unknown": 1})}, None),
        (b"", "multipart/form-data; boundary=y"),
        (b'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\n{}', "multipart/form-data; boundary=y"),
        (b"nonsense", "multipart/form-data"),
    ],
)
def test_a_form_that_is_none_is_told(
    client_of_ann: FlaskClient, mailserver: MailServer, data: Any, content_type: str | None
) -> None:
    kind = content_type or "multipart/form-data"
    response = client_of_ann.post("/api/smtp/messages/form", data=data, headers=OURS, content_type=kind)

    assert (response.status_code, response.json["code"]) == (422, "invalid")  # type: ignore[index]
    assert mailserver.messages(BOB) == []


def test_attachments_beyond_the_limit_are_refused(client_of_ann: FlaskClient) -> None:
    files = [FileStorage(io.BytesIO(b"x" * 11_000_000), name) for name in "ab"]
    form = {"message": json.dumps(MAIL), "attachments": files}
    response = post_form(client_of_ann, form)

    assert (response.status_code, response.json["field"]) == (400, "attachments")  # type: ignore[index]


def test_a_dry_run_checks_and_sends_nothing(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    good = client_of_ann.post("/api/smtp/messages", json=MAIL | {"dry_run": True})
    bad = client_of_ann.post("/api/smtp/messages", json=MAIL | {"dry_run": True, "to": []})

    assert (good.status_code, good.json["suppressed"]) == (200, True)  # type: ignore[index]
    assert bad.status_code == 400
    assert mailserver.received("smtp") == b""


def test_a_reply_goes_to_the_sender_in_the_thread(
    client_of_ann: FlaskClient, mailserver: MailServer, original: dict[str, str]
) -> None:
    response = client_of_ann.post("/api/smtp/reply", json=original | {"text": "Yes."})

    assert response.json["accepted"] == [BOB]  # type: ignore[index]
    received = parse_message(mailserver.messages(BOB)[0])
    assert (received.subject, received.in_reply_to) == ("Re: Lunch", "<one@demo.test>")
    assert received.text is not None
    assert received.text.startswith("Yes.")
    assert "> At noon?" in received.text


def test_a_reply_to_all_goes_to_everybody_but_oneself(
    client_of_ann: FlaskClient, mailserver: MailServer, original: dict[str, str]
) -> None:
    response = client_of_ann.post("/api/smtp/reply-all", json=original | {"text": "Yes.", "quote": False})

    assert response.json["accepted"] == [BOB, "carol@demo.test"]  # type: ignore[index]
    assert "noon" not in str(parse_message(mailserver.messages(BOB)[0]).text)


def test_a_forward_carries_the_message_unchanged(
    client_of_ann: FlaskClient, mailserver: MailServer, original: dict[str, str]
) -> None:
    client_of_ann.post("/api/smtp/forward", json=original | {"to": [{"address": BOB}]})
    nobody = client_of_ann.post("/api/smtp/forward", json=original)

    received = parse_message(mailserver.messages(BOB)[0])
    assert received.subject == "Fwd: Lunch"
    assert b"At noon?" in mailserver.messages(BOB)[0]
    assert nobody.status_code == 400


def test_a_key_sends_once_and_gives_the_same_receipt(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    key = {"Idempotency-Key": "order-17"}
    first = client_of_ann.post("/api/smtp/messages", json=MAIL, headers=key)
    again = client_of_ann.post("/api/smtp/messages", json=MAIL, headers=key)
    other = client_of_ann.post("/api/smtp/messages", json=MAIL | {"subject": "other"}, headers=key)

    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    assert (other.status_code, other.json["code"]) == (422, "key-reused")  # type: ignore[index]
    assert len(mailserver.messages(BOB)) == 1


def test_a_message_is_sent_later_and_its_fate_is_told(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    queued = client_of_ann.post("/api/smtp/queue", json=MAIL)
    ticket: Any = {}
    for _ in range(200):
        ticket = client_of_ann.get(queued.headers["Location"]).json
        if ticket["state"] == "sent":
            break
        time.sleep(0.02)

    assert (queued.status_code, queued.json["durable"]) == (202, False)  # type: ignore[index]
    assert ticket["receipt"]["accepted"] == [BOB]
    assert len(mailserver.messages(BOB)) == 1


def test_a_message_that_waits_can_be_taken_back(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    queued = client_of_ann.post("/api/smtp/queue", json=MAIL | {"delay": 600})
    taken = client_of_ann.delete(queued.headers["Location"], headers=OURS)
    late = client_of_ann.delete(queued.headers["Location"], headers=OURS)

    assert (taken.status_code, late.status_code) == (204, 409)
    assert client_of_ann.get(queued.headers["Location"]).json["state"] == "cancelled"  # type: ignore[index]
    assert mailserver.messages(BOB) == []


def test_too_many_messages_are_refused_for_a_while(mailserver: MailServer) -> None:
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test"))
    host.register_blueprint(mailbox.smtp_blueprint(authorize=ANYONE, most=2), url_prefix="/smtp")
    client = host.test_client()
    sent = [client.post("/smtp/messages", json=MAIL) for _ in range(3)]
    with host.app_context():
        mailbox.state.pool.close()

    assert [each.status_code for each in sent] == [200, 200, 429]
    assert int(sent[2].headers["Retry-After"]) > 0


def test_a_refusal_of_everybody_carries_the_receipt(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    nobody = MAIL | {"to": [{"address": "nobody@demo.test"}]}
    for_good = client_of_ann.post("/api/smtp/messages", json=nobody)
    mailserver.faults.set("smtp", refuse={"RCPT": "450 4.2.1 Try later"})
    for_now = client_of_ann.post("/api/smtp/messages", json=nobody)

    assert (for_good.status_code, for_good.json["receipt"]["refused"][0]["address"]) == (422, "nobody@demo.test")  # type: ignore[index]
    assert (for_now.status_code, for_now.json["transient"]) == (503, True)  # type: ignore[index]
    assert for_now.headers["Retry-After"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"file": FileStorage(io.BytesIO(b"x"), "a.bin")}, "file"),
        ({"attachment": FileStorage(io.BytesIO(b"x"), "a.bin")}, "attachment"),
        ({"attachments": "text without a file name"}, "attachments"),
        ({"subject": "beside the JSON"}, "subject"),
        ({"message": [json.dumps(MAIL), json.dumps(MAIL)]}, "message"),
    ],
)
def test_a_form_with_fields_that_mean_nothing_is_refused_and_not_sent(
    client_of_ann: FlaskClient, mailserver: MailServer, form: dict[str, Any], field: str
) -> None:
    response = post_form(client_of_ann, {"message": json.dumps(MAIL)} | form)

    assert (response.status_code, response.json["code"]) == (422, "invalid")
    assert field in response.json["fields"]["form"]
    assert mailserver.messages(BOB) == []


def test_the_text_of_a_form_may_be_as_long_as_that_of_json(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    text = "你" * 300_000
    response = post_form(client_of_ann, {"message": json.dumps(MAIL | {"text": text})})

    assert response.status_code == 200
    assert len(str(parse_message(mailserver.messages(BOB)[0]).text).strip()) == 300_000


FAULTS: dict[str, tuple[dict[str, Any], int]] = {
    "a wrong password": ({"refuse": {"AUTH": "535 5.7.8 no", "AUTH-RESPONSE": "535 5.7.8 no"}}, 502),
    "a sender that is refused": ({"refuse": {"MAIL": "550 5.1.8 Not you"}}, 502),
    "everybody refused": ({"refuse": {"RCPT": "550 5.1.1 Nobody"}}, 422),
}


@pytest.mark.parametrize(("fault", "status"), FAULTS.values(), ids=FAULTS)
def test_what_fails_for_good_is_the_same_problem_with_a_key_and_without(
    client_of_ann: FlaskClient, mailserver: MailServer, fault: Any, status: int
) -> None:
    mailserver.faults.set("smtp", **fault)
    plain = client_of_ann.post("/api/smtp/messages", json=MAIL)
    keyed = client_of_ann.post("/api/smtp/messages", json=MAIL, headers={"Idempotency-Key": "order-18"})
    members = ("status", "code", "title", "category", "hint", "transient")

    assert plain.status_code == keyed.status_code == status
    assert [keyed.json.get(each) for each in members] == [plain.json.get(each) for each in members]  # type: ignore[union-attr]


def test_who_claims_an_address_elsewhere_uses_up_nobodys_messages(mailserver: MailServer) -> None:
    host, mailbox = mailbox_app({})

    @mailbox.account_loader
    def load() -> Any:
        config = mailserver.config("ann@demo.test")
        keys = ("ADDRESS", "PASSWORD", "CA_FILE")
        values: dict[str, Any] = {key.lower(): config[f"MAILBOX_{key}"] for key in keys}
        port = mailserver.smtps if "X-Elsewhere" not in request.headers else 1
        return mailbox.load_account(values | {"smtp": {"host": "localhost", "port": port, "security": "tls"}})

    host.register_blueprint(mailbox.smtp_blueprint(authorize=ANYONE, most=2), url_prefix="/smtp")
    client = host.test_client()
    claimed = [client.post("/smtp/messages", json=MAIL, headers={"X-Elsewhere": "1"}).status_code for _ in range(3)]
    own = client.post("/smtp/messages", json=MAIL)
    with host.app_context():
        mailbox.state.pool.close()

    assert claimed[2] == 429
    assert own.status_code == 200


@pytest.mark.parametrize("rule", ["reply", "reply-all", "forward"])
def test_who_may_not_read_a_message_cannot_have_it_sent_to_himself(
    publish: Any, mailserver: MailServer, original: dict[str, str], rule: str
) -> None:
    client = publish(lambda operation, account: operation != "imap.messages.read")
    response = client.post(f"/api/smtp/{rule}", json=original | {"to": [{"address": BOB}]})

    assert (response.status_code, response.json["code"]) == (403, "forbidden")
    assert mailserver.messages(BOB) == []
