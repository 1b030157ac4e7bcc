"""Sending: a moment to undo it, a time that was chosen, accounts of one protocol only, servers that fail halfway."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_mailbox import parse_message
from flask_mailbox.devserver import MailServer

from .conftest import app_on, sign_in, token_of
from .test_writing import ANN, carried, drafts, fields, post

BOB = "bob@demo.test"


def closed(app: Flask) -> None:
    with app.app_context():
        app.extensions["mailbox"].pool.close()


@pytest.fixture
def patient(mailserver: MailServer) -> Iterator[Flask]:
    """The app with a minute to undo."""
    made = app_on(mailserver, UNDO_SECONDS=60)
    yield made
    closed(made)


@pytest.fixture
def quick(mailserver: MailServer) -> Iterator[Flask]:
    """The app with no time to undo worth mentioning: letters leave through the queue all the same."""
    made = app_on(mailserver, UNDO_SECONDS=0.05)
    yield made
    closed(made)


def browser_of(app: Flask, **who: str) -> FlaskClient:
    """Return a browser of Ann's, or of somebody else."""
    made = app.test_client()
    assert sign_in(made, **who).status_code == 303
    return made


def settled(app: Flask, client: FlaskClient) -> str:
    """Wait until nothing of Ann's is on its way, and return the page that she sees next."""
    with client.session_transaction() as session:
        values = app.extensions["vault"].get(session["tickets"][0])
    with app.app_context():
        mailbox = app.extensions["mailbox"].mailbox
        account = mailbox.load_account(values, name=ANN)
        for outgoing in app.extensions["departures"].of(account):
            mailbox.for_account(account).ticket(outgoing.ticket).wait(10)
    return client.get("/").text


def cancel_link(page: str) -> str:
    found = re.search(r'action="(/outbox/\w+/cancel)"', page)
    assert found, page
    return found[1]


def test_a_letter_can_be_taken_back_and_is_open_again(patient: Flask, mailserver: MailServer) -> None:
    client = browser_of(patient)
    page = post(client, to=BOB, subject="hasty", body="oops", attachments=(io.BytesIO(b"data"), "a.txt"))
    opened = post(client, cancel_link(page))

    assert "Sending “hasty”" in page
    assert "The message was not sent." in opened
    assert fields(opened)["body"].strip() == "oops"
    assert "a.txt" in opened
    assert mailserver.messages(BOB) == []


@pytest.mark.parametrize("refused", [{}, {"APPEND": "NO [OVERQUOTA] full"}], ids=["saved", "not saved"])
def test_a_letter_that_is_taken_back_carries_no_more_than_it_did(
    patient: Flask, mailserver: MailServer, refused: dict[str, str]
) -> None:
    client = browser_of(patient)
    mailserver.deliver(b"From: bob@demo.test\r\nSubject: plan\r\n\r\nthe plan\r\n", ANN)
    mailserver.faults.set("imap", refuse=refused)
    page = post(client, **fields(client.get("/write?way=forward&uid=1").text) | {"to": BOB, "do": "send"})
    opened = post(client, cancel_link(page))

    assert 'value="forward"' in opened
    assert carried(opened) == []


def test_files_that_came_with_a_letter_go_along_after_a_queue_was_full(mailserver: MailServer) -> None:
    app = app_on(mailserver, UNDO_SECONDS=60, MAILBOX_QUEUE_SIZE=1)
    client = browser_of(app)
    post(client, to=BOB, body="first", do="send")
    refused = post(client, to=BOB, body="x", do="send", attachments=(io.BytesIO(b"data"), "a.txt"))
    closed(app)

    assert 'class="problem" role="alert"' in refused
    assert "a.txt" in refused
    assert len(carried(refused)) == 1


def test_what_became_of_a_letter_is_told_on_the_next_page(quick: Flask) -> None:
    client = browser_of(quick)
    post(client, to=f"{BOB}, nobody@demo.test", subject="plan", body="x")
    page = settled(quick, client)
    link = re.search(r'href="(/outbox/\w+)"', page)

    assert "did not reach everybody" in page
    assert link
    assert "refused: 550" in client.get(link[1]).text


def test_a_letter_that_was_sent_leaves_no_draft_and_a_mark_on_what_it_answers(
    quick: Flask, mailserver: MailServer
) -> None:
    client = browser_of(quick)
    mailserver.deliver(b"From: Bob <bob@demo.test>\r\nSubject: hi\r\nMessage-ID: <p@x>\r\n\r\nx\r\n", ANN)
    post(client, **fields(client.get("/write?uid=1").text))
    page = settled(quick, client)

    assert f"Sent to {BOB}." in page
    assert "answered</span>" in page
    assert drafts(mailserver) == []


@pytest.mark.parametrize("command", ["APPEND", "SELECT", "LIST"])
def test_a_letter_is_sent_once_and_said_to_be_also_where_no_draft_can_be_kept(
    quick: Flask, mailserver: MailServer, command: str
) -> None:
    client = browser_of(quick)
    token = token_of(client)
    mailserver.faults.set("imap", refuse={command: "NO [OVERQUOTA] full"})
    answer = client.post("/write", data={"csrf_token": token, "to": BOB, "body": "x"})
    mailserver.faults.clear()
    page = settled(quick, client)

    assert answer.status_code == 303
    assert "Sent to" in page
    assert len(mailserver.messages(BOB)) == 1


def test_a_letter_that_no_draft_was_kept_of_is_given_back_all_the_same(patient: Flask, mailserver: MailServer) -> None:
    client = browser_of(patient)
    token = token_of(client)
    mailserver.faults.set("imap", refuse={"APPEND": "NO [OVERQUOTA] full"})
    files = (io.BytesIO(b"data"), "a.txt")
    client.post("/write", data={"csrf_token": token, "to": BOB, "body": "my text", "attachments": files})
    mailserver.faults.clear()
    page = client.get("/").text
    opened = post(client, cancel_link(page))

    assert "attach its files again" in page
    assert fields(opened)["body"].strip() == "my text"


@pytest.mark.parametrize("command", ["STORE", "SELECT"])
def test_what_fails_after_sending_is_a_warning(ann: FlaskClient, mailserver: MailServer, command: str) -> None:
    mailserver.deliver(b"From: Bob <bob@demo.test>\r\nSubject: hi\r\nMessage-ID: <p@x>\r\n\r\nx\r\n", ANN)
    values = fields(ann.get("/write?uid=1").text)
    mailserver.faults.set("imap", refuse={command: "NO [UNAVAILABLE] not now"})
    answer = ann.post("/write", data=values)
    mailserver.faults.clear()
    page = ann.get("/").text

    assert answer.status_code == 303
    assert "The message was sent, but" in page
    assert len(mailserver.messages(BOB)) == 1


def test_without_imap_one_can_write_all_the_same(quick: Flask, mailserver: MailServer) -> None:
    client = browser_of(quick)
    mailserver.faults.set("imap", drop_before="CONNECT")
    form = client.get("/write")
    page = post(client, to=BOB, subject="by SMTP alone", body="x")
    mailserver.faults.clear()
    settled(quick, client)

    assert form.status_code == 200
    assert "That did not work" in page  # the list, which cannot be had
    assert [parse_message(raw).subject for raw in mailserver.messages(BOB)] == ["by SMTP alone"]


def test_pages_come_while_what_was_sent_cannot_be_tidied_up(quick: Flask, mailserver: MailServer) -> None:
    client = browser_of(quick)
    post(client, to=BOB, body="x")
    mailserver.faults.set("imap", drop_before="LIST")
    broken = settled(quick, client)
    page = client.get("/pop3/")
    mailserver.faults.clear()

    assert "That did not work" in broken
    assert "The message was sent, but its draft may still be there" in broken + page.text
    assert page.status_code == 200


def test_a_mailbox_of_pop3_alone_reads_and_writes(mailserver: MailServer) -> None:
    app = app_on(mailserver, PRIVATE_SERVERS=True, MAILBOX_CA_FILE=str(mailserver.ca_file), UNDO_SECONDS=60)
    mailserver.deliver(b"Subject: over POP3\r\n\r\nx\r\n", ANN)
    client = app.test_client()
    servers = {"smtp": f"smtps://localhost:{mailserver.smtps}", "pop3": f"pop3s://localhost:{mailserver.pop3s}"}
    entered = sign_in(client, kind="own", **servers)
    listed = client.get("/", follow_redirects=True).text
    form = client.get("/write").text
    page = post(client, to=BOB, subject="hasty", body="my text")
    opened = post(client, cancel_link(page))
    post(client, **fields(opened) | {"when": ""})
    closed(app)

    assert entered.status_code == 303
    assert "over POP3" in listed
    assert 'href="/write"' in listed
    assert "Save as draft" not in form
    assert fields(opened)["body"].strip() == "my text"


def test_what_leaves_later_is_listed_whoever_signed_in_again(patient: Flask, mailserver: MailServer) -> None:
    client = browser_of(patient)
    page = post(client, to=BOB, subject="for Monday", body="x", when="monday")
    client.post("/sign-out", data={"csrf_token": token_of(client)})
    other = browser_of(patient)
    listed = other.get("/outbox/").text
    taken_back = post(other, cancel_link(listed))

    assert "“for Monday” will be sent: Monday, " in page
    assert ", 08:00." in page
    assert "Sending “for Monday”" not in page
    assert 'href="/outbox/"' in page
    assert "for Monday" in listed
    assert "If the server is stopped before, it is sent then" in listed
    assert "The message was not sent." in taken_back
    assert "Nothing waits to be sent." in other.get("/outbox/").text


def test_a_receipt_before_the_letter_has_left_says_so(patient: Flask) -> None:
    client = browser_of(patient)
    page = post(client, to=BOB, body="x")
    receipt = client.get(cancel_link(page).removesuffix("/cancel")).text

    assert "<h1>On its way</h1>" in receipt
    assert "Not everybody was reached" not in receipt


def test_why_somebody_was_not_reached_is_said_in_the_readers_language(ann: FlaskClient, mailserver: MailServer) -> None:
    mailserver.faults.set("smtp", refuse={"MAIL": "550 5.7.1 not you"})
    form = {"csrf_token": token_of(ann), "to": BOB, "body": "x"}
    page = ann.post("/write", data=form, headers={"Accept-Language": "zh"}).text
    problem = page.partition('class="problem" role="alert"><p>')[2].partition("</p>")[0]

    assert "邮件服务器没有照办" in problem
    assert fields(page)["body"].strip() == "x"


def test_what_leaves_later_is_its_writers_alone(patient: Flask, mailserver: MailServer) -> None:
    client = browser_of(patient)
    page = post(client, to=BOB, subject="for Monday", body="x", when="monday")
    link = cancel_link(client.get("/outbox/").text)
    bob = browser_of(patient, password="bob-secret", address=BOB)
    refused = bob.post(link, data={"csrf_token": token_of(bob)})

    assert "for Monday" in page
    assert "for Monday" not in bob.get("/outbox/").text
    assert refused.status_code == 404


def test_a_letter_that_has_left_cannot_be_taken_back(quick: Flask, mailserver: MailServer) -> None:
    client = browser_of(quick)
    page = post(client, to=BOB, subject="gone", body="x")
    link = re.search(r'action="(/outbox/\w+/cancel)"', page)
    told = settled(quick, client)
    late = post(client, link[1]) if link else "It is too late"

    assert "Sent to" in told or "Sent to" in page
    assert "It is too late" in late


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Shanghai"])
def test_eight_o_clock_is_eight_o_clock_where_the_writer_is(patient: Flask, zone: str) -> None:
    client = browser_of(patient)
    client.set_cookie("zone", zone)
    post(client, to=BOB, body="x", when="tomorrow")
    shown = client.get("/outbox/").text
    found = re.search(r'<time datetime="([^"]+)"', shown)
    assert found
    due = datetime.fromisoformat(found[1]).astimezone(ZoneInfo(zone))
    tomorrow = datetime.now(ZoneInfo(zone)).date() + timedelta(days=1)

    wanted = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 8, tzinfo=ZoneInfo(zone))

    assert abs(due - wanted) < timedelta(minutes=1)
