"""Writing, page by page: drafts, forwarding, rich text, a moment to undo, sessions that end meanwhile."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_mailbox import parse_message
from flask_mailbox.devserver import MailServer

from .conftest import app_on, sign_in, token_of

ANN = "ann@demo.test"


def fields(page: str) -> dict[str, str]:
    """Return what the form is filled in with."""
    found = dict(re.findall(r'<input[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"', page.partition('id="letter"')[2]))
    found |= re.findall(r'<textarea[^>]*\bname="([^"]+)"[^>]*>([^<]*)</textarea>', page)
    return {name: unescape(value) for name, value in found.items()}


def post(client: FlaskClient, path: str = "/write", **values: object) -> str:
    return client.post(path, data={"csrf_token": token_of(client), **values}, follow_redirects=True).text


def drafts(mailserver: MailServer) -> list[bytes]:
    return mailserver.messages(ANN, "Drafts")


def test_what_is_typed_is_saved_in_place_of_what_was_saved_before(ann: FlaskClient, mailserver: MailServer) -> None:
    token = token_of(ann)
    first = ann.post("/draft", data={"csrf_token": token, "to": "bo", "body": "one"}).json["draft"]
    second = ann.post("/draft", data={"csrf_token": token, "to": "bob@", "body": "two", "draft": first}).json["draft"]

    assert first != second
    assert [parse_message(raw).text.strip() for raw in drafts(mailserver)] == ["two"]


def test_a_draft_is_opened_as_it_was_left(ann: FlaskClient) -> None:
    values = {"to": "half@typed, Bob <bob@", "bcc": "secret@demo.test", "subject": "你好", "body": "正文\nzwei"}
    uid = ann.post("/draft", data={"csrf_token": token_of(ann), **values}).json["draft"]
    opened = fields(ann.get(f"/write?draft={uid}").text)

    assert {name: opened[name].strip() for name in values} == values
    assert opened["draft"] == uid


def test_nothing_typed_is_no_draft(ann: FlaskClient, mailserver: MailServer) -> None:
    assert ann.post("/draft", data={"csrf_token": token_of(ann)}).json == {"draft": ""}
    assert drafts(mailserver) == []


def test_a_saved_draft_keeps_its_files_and_is_gone_once_it_is_sent(ann: FlaskClient, mailserver: MailServer) -> None:
    post(ann, do="save", to="bob@demo.test", body="x", attachments=(io.BytesIO(b"data"), "报告.txt"))
    page = ann.get("/write?draft=1").text
    sent = fields(page)
    post(ann, to=sent["to"], body=sent["body"], draft="1", carried="draft-0")

    arrived = parse_message(mailserver.messages("bob@demo.test")[0])
    assert "报告.txt" in page
    assert [(part.filename, part.content) for part in arrived.attachments] == [("报告.txt", b"data")]
    assert drafts(mailserver) == []


def test_a_draft_that_another_program_deleted_is_saved_anew(ann: FlaskClient, mailserver: MailServer) -> None:
    answer = ann.post("/draft", data={"csrf_token": token_of(ann), "body": "x", "draft": "77"})

    assert answer.status_code == 200
    assert len(drafts(mailserver)) == 1


def test_a_discarded_draft_is_gone(ann: FlaskClient, mailserver: MailServer) -> None:
    uid = ann.post("/draft", data={"csrf_token": token_of(ann), "body": "x"}).json["draft"]
    page = post(ann, "/draft/discard", draft=uid)

    assert "The draft was discarded." in page
    assert drafts(mailserver) == []


def test_forwarding_carries_the_message_whole(ann: FlaskClient, mailserver: MailServer) -> None:
    raw = b"From: bob@demo.test\r\nSubject: plan\r\nMessage-ID: <p@x>\r\n\r\nthe plan\r\n"
    mailserver.deliver(raw, ANN)
    page = ann.get("/write?way=forward&uid=1").text
    sent = fields(page)
    post(ann, **(sent | {"to": "bob@demo.test", "carried": "forward", "csrf_token": token_of(ann)}))

    arrived = parse_message(mailserver.messages("bob@demo.test")[0])
    assert "plan.eml" in page
    assert arrived.subject == "Fwd: plan"
    assert arrived.attachments[0].content == raw


def test_an_answered_message_is_marked(ann: FlaskClient, mailserver: MailServer) -> None:
    mailserver.deliver(b"From: Bob <bob@demo.test>\r\nSubject: hi\r\nMessage-ID: <p@x>\r\n\r\nx\r\n", ANN)
    post(ann, **(fields(ann.get("/write?uid=1").text) | {"csrf_token": token_of(ann)}))

    assert "answered</span>" in ann.get("/").text


def test_rich_text_is_cleaned_and_sent_with_its_plain_text(ann: FlaskClient, mailserver: MailServer) -> None:
    post(ann, to="bob@demo.test", html="<b>Hi</b><script>evil()</script>", body="ignored")

    arrived = parse_message(mailserver.messages("bob@demo.test")[0])
    assert "<b>Hi</b>" in arrived.html
    assert "script" not in arrived.html
    assert arrived.text.strip() == "Hi"


def test_people_of_recent_mail_are_suggested(ann: FlaskClient, mailserver: MailServer) -> None:
    mailserver.deliver(b'From: "Jones, Carol" <carol@demo.test>\r\n\r\nx\r\n', ANN)
    page = ann.get("/write").text

    assert 'value="&#34;Jones, Carol&#34; &lt;carol@demo.test&gt;"' in page


@pytest.fixture
def patient(mailserver: MailServer) -> Iterator[Flask]:
    """The app with a minute to undo."""
    made = app_on(mailserver, UNDO_SECONDS=60)
    yield made
    with made.app_context():
        made.extensions["mailbox"].pool.close()


def test_a_letter_can_be_taken_back_and_is_open_again(patient: Flask, mailserver: MailServer) -> None:
    client = patient.test_client()
    sign_in(client)
    page = post(client, to="bob@demo.test", subject="hasty", body="oops")
    ticket = re.search(r"/outbox/(\w+)/cancel", page)
    assert ticket
    opened = post(client, f"/outbox/{ticket[1]}/cancel")

    assert "Sending “hasty”" in page
    assert "The message was not sent." in opened
    assert fields(opened)["body"].strip() == "oops"
    assert mailserver.messages("bob@demo.test") == []


def test_what_became_of_a_letter_is_told_on_the_next_page(mailserver: MailServer) -> None:
    app = app_on(mailserver, UNDO_SECONDS=0.05)
    client = app.test_client()
    sign_in(client)
    page = post(client, to="bob@demo.test, nobody@demo.test", subject="plan", body="x")
    with client.session_transaction() as session:
        waiting = session.get("outgoing", [])
    with app.app_context():
        mailbox = app.extensions["mailbox"].mailbox
        account = mailbox.load_account(app.extensions["vault"].get(session["tickets"][0]), name=ANN)
        for letter in waiting:
            mailbox.for_account(account).ticket(letter["ticket"]).wait(10)
    page = client.get("/").text if waiting else page
    link = re.search(r'href="(/outbox/\w+)"', page)

    assert "did not reach everybody" in page
    assert link
    assert "refused: 550" in client.get(link[1]).text
    with app.app_context():
        app.extensions["mailbox"].pool.close()


def test_a_letter_survives_a_session_that_ended(mailserver: MailServer) -> None:
    client = app_on(mailserver).test_client()
    sign_in(client)
    token = token_of(client)
    with client.session_transaction() as session:
        del session["tickets"]
    asked = client.post("/write", data={"csrf_token": token, "to": "bob@demo.test", "body": "my long text"})
    values = fields_of_signin(asked.text) | {"address": ANN, "password": "ann-secret"}
    back = client.post("/sign-in/demo", data=values)

    assert asked.status_code == 401
    assert "your text is kept" in asked.text
    assert fields(back.text)["body"].strip() == "my long text"
    assert mailserver.messages("bob@demo.test") == []


def fields_of_signin(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("<main")[2])
    return {name: unescape(value) for name, value in found}


def test_a_letter_survives_a_browser_that_forgot_its_cookies(visitor: FlaskClient) -> None:
    response = visitor.post("/write", data={"to": "bob@demo.test", "subject": "Kept", "do": "send"})

    assert response.status_code == 401
    assert 'name="kept_subject" value="Kept"' in response.text
