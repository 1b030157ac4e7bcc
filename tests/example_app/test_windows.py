"""Two windows of one browser with two accounts: what a page of one asks for never happens to the other."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_mailbox import parse_message
from flask_mailbox.devserver import MailServer

from .conftest import sign_in, token_of
from .test_writing import fields, fields_of_signin

ANN, BOB = "ann@demo.test", "bob@demo.test"


@pytest.fixture
def both(ann: FlaskClient) -> FlaskClient:
    """A browser of Ann's in which somebody signed in as Bob meanwhile."""
    sign_in(ann, "bob-secret", address=BOB)
    return ann


def as_ann(**values: object) -> dict[str, object]:
    """Return the fields of a form on a page of Ann's, whose token is older than the latest sign-in."""
    return {"csrf_token": "old", "account": ANN, **values}


def test_every_form_says_whose_page_it_is_on(ann: FlaskClient, mailserver: MailServer) -> None:
    sign_in(ann, "bob-secret", address=BOB)
    mailserver.deliver(b"Subject: x\r\n\r\nx\r\n", BOB)
    for path in ("/", "/message?uid=1", "/write", "/pop3/", "/outbox/"):
        page = ann.get(path).text
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)

        assert forms
        assert all(f'name="account" value="{BOB}"' in form for form in forms)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/write", {"to": "ann@demo.test", "body": "x"}),
        ("/write", {"to": "ann@demo.test", "body": "x", "do": "save"}),
        ("/draft", {"body": "x", "draft": "1.1@drafts"}),
        ("/draft/discard", {"draft": "1.1@drafts"}),
        ("/organise", {"action": "delete", "uid": "1"}),
        ("/undo", {}),
        ("/outbox/x/cancel", {}),
        ("/sign-out", {}),
    ],
)
def test_nothing_is_done_in_the_other_mailbox(
    both: FlaskClient, mailserver: MailServer, path: str, values: dict[str, str]
) -> None:
    mailserver.deliver(b"Subject: bob's\r\n\r\nx\r\n", BOB)
    mailserver.deliver(b"Subject: bob's draft\r\n\r\nx\r\n", BOB, folder="Drafts")
    answer = both.post(path, data=as_ann(**values))

    assert answer.status_code == 409
    assert [len(mailserver.messages(BOB, folder)) for folder in ("INBOX", "Drafts", "Sent")] == [1, 1, 0]
    assert mailserver.messages(ANN) == []
    assert both.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/outbox/notes"])
def test_a_list_that_refreshes_itself_never_shows_the_other_mailbox(
    both: FlaskClient, mailserver: MailServer, path: str
) -> None:
    mailserver.deliver(b"Subject: bob's\r\n\r\nx\r\n", BOB)
    answer = both.get(path, query_string={"account": ANN}, headers={"X-Background": "1"})

    assert answer.status_code == 409
    assert "bob's" not in answer.text


def test_the_letter_goes_on_in_its_own_mailbox(both: FlaskClient, mailserver: MailServer) -> None:
    asked = both.post("/write", data=as_ann(to=BOB, body="my long text", draft="1.1@drafts")).text
    back = both.post("/switch", data=fields_of_signin(asked))
    both.post("/write", data=fields(back.text))

    assert "That page belongs to the mailbox of ann@demo.test" in asked
    assert fields(back.text)["body"].strip() == "my long text"
    assert fields(back.text)["draft"] == "1.1@drafts"
    assert parse_message(mailserver.messages(BOB)[0]).from_[0].address == ANN


def test_a_letter_that_is_taken_to_another_mailbox_leaves_behind_what_belongs_to_the_first(
    webmail: Flask, mailserver: MailServer
) -> None:
    mailserver.deliver(b"Subject: bob's draft\r\n\r\nx\r\n", BOB, folder="Drafts")
    client = webmail.test_client()
    letter = as_ann(to="ann@demo.test", body="my long text", draft="1.1@drafts", answer="1.1@INBOX")
    asked = client.post("/write", data=letter)
    entered = {"address": BOB, "password": "bob-secret"}
    back = client.post("/sign-in/demo", data=fields_of_signin(asked.text) | entered).text

    assert fields(back)["body"].strip() == "my long text"
    assert (fields(back)["draft"], fields(back)["answer"]) == ("", "")


def test_an_account_that_is_not_signed_in_any_more_is_asked_for(both: FlaskClient) -> None:
    both.post("/sign-out", data={"csrf_token": token_of(both), "account": BOB, "all": "1"})
    sign_in(both, "bob-secret", address=BOB)
    asked = both.post("/write", data=as_ann(to=BOB, body="my long text")).text
    again = both.post("/sign-in/again", data=fields_of_signin(asked))

    assert 'name="kept_body" value="my long text"' in unescape(again.text)


def test_the_menu_switches_to_the_account_it_names(both: FlaskClient) -> None:
    with both.session_transaction() as session:
        bob, ann = session["tickets"]
        session["tickets"] = [bob, "99.of-somebody-long-idle", ann]
    menu = both.get("/").text
    switched = both.post("/switch", data={"csrf_token": token_of(both), "address": ANN}, follow_redirects=True).text
    gone = both.post("/switch", data={"csrf_token": token_of(both), "address": "carol@demo.test"})

    assert re.findall(r'name="address" value="([^"]*)"', menu) == [ANN]
    assert f'class="whoami">{ANN}' in switched
    assert gone.location == "/sign-in"


def test_signing_out_closes_the_connections(webmail: Flask, ann: FlaskClient) -> None:
    ann.get("/")
    with webmail.app_context():
        pool = webmail.extensions["mailbox"].pool
        before = pool.connections
        ann.post("/sign-out", data={"csrf_token": token_of(ann)})

        assert (before, pool.connections) == (1, 0)
