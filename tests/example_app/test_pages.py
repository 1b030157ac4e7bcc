"""The example app as its user sees it, page by page, over a real mail server."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from example_app.seed import seed
from flask_mailbox import parse_message
from flask_mailbox.devserver import MailServer

from .conftest import app_on, sign_in, token_of

Deliver = Callable[..., int]


def test_strangers_are_sent_to_the_sign_in_page(visitor: FlaskClient) -> None:
    response = visitor.get("/", follow_redirects=True)

    assert response.request.path == "/sign-in"
    assert "NetEase 163.com" in response.text
    assert "Demo" in response.text


def test_the_form_tells_what_the_provider_wants(visitor: FlaskClient) -> None:
    page = visitor.get("/sign-in/163").text

    assert "Client authorization code" in page
    assert "Settings" in page


def test_a_wrong_password_shows_each_leg_with_its_advice_and_stands_nowhere(
    visitor: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    response = sign_in(visitor, "S3cr3t-wrong")

    assert response.status_code == 400
    for leg in ("SMTP login", "IMAP login", "POP3 login"):
        assert leg in response.text
    assert "Check the user name and the password." in response.text
    assert "S3cr3t" not in response.text + str(response.headers) + caplog.text
    assert visitor.get("/").status_code == 303


def test_failures_are_counted(visitor: FlaskClient, mailserver: MailServer) -> None:
    codes = [sign_in(visitor, "wrong").status_code for _ in range(7)]

    assert codes == [400] * 5 + [429] * 2
    assert mailserver.connections["imap"][0] == 5


@pytest.mark.parametrize(
    "fields",
    [
        {"address": ""},
        {"password": ""},
        {"address": "not an address"},
        {"kind": "gmial"},
        {"kind": "own", "imap": "imaps://127.0.0.1"},
        {"kind": "other", "address": "me@no-preset.example"},
        {"address": "a\r\nb@demo.test"},
    ],
)
def test_what_cannot_be_an_account_is_explained(visitor: FlaskClient, fields: dict[str, str]) -> None:
    response = sign_in(visitor, **fields)

    assert response.status_code == 400
    assert 'role="alert"' in response.text


def test_the_cookie_holds_no_secret_and_signing_out_ends_the_ticket(ann: FlaskClient) -> None:
    with ann.session_transaction() as session:
        kept = dict(session)
    ann.post("/sign-out", data={"csrf_token": token_of(ann)})
    with ann.session_transaction() as session:
        session.update(kept)

    assert "ann-secret" not in str(kept)
    assert "ann@demo.test" not in str(kept)
    assert ann.get("/").status_code == 303


def test_an_idle_sign_in_is_forgotten(mailserver: MailServer) -> None:
    client = app_on(mailserver, SIGN_IN_LIFETIME=0.0).test_client()
    sign_in(client)

    assert client.get("/").status_code == 303


def test_the_list_shows_people_subjects_and_what_is_unread(ann: FlaskClient, deliver: Deliver) -> None:
    deliver(subject="会议纪要", from_="王小明 <wang@demo.test>", attachments=[("a.txt", b"x")])
    page = ann.get("/").text

    assert "会议纪要" in page
    assert "王小明" in page
    assert 'class="row unread"' in page
    assert "has attachments" in page


def test_older_messages_are_a_page_away(ann: FlaskClient, deliver: Deliver) -> None:
    for number in range(35):
        deliver(subject=f"message {number}")
    first = ann.get("/").text
    link = first.split("Older messages")[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")

    assert "message 34" in first
    assert ">message 0<" in ann.get(link).text


def test_a_message_that_is_opened_is_read(ann: FlaskClient, deliver: Deliver) -> None:
    uid = deliver(subject="hello", body="the text")
    before = ann.get("/").text
    page = ann.get(f"/message?folder=INBOX&uid={uid}").text

    assert "the text" in page
    assert 'class="row unread"' in before
    assert 'class="row unread"' not in page


def test_html_comes_cleaned_in_a_frame_with_its_own_policy(ann: FlaskClient, deliver: Deliver) -> None:
    uid = deliver(html='<b>Hi</b><script>alert(1)</script><img src="https://tracker.test/x.png">')
    page = ann.get(f"/message?uid={uid}").text
    blocked = ann.get(f"/message/html?uid={uid}")
    loaded = ann.get(f"/message/html?uid={uid}&remote=1")

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "script" not in blocked.text.replace("allow-scripts", "")
    assert "tracker.test" not in blocked.text
    assert "https:" not in blocked.headers["Content-Security-Policy"]
    assert "tracker.test" in loaded.text


def test_attachments_and_raw_messages_are_downloads(ann: FlaskClient, deliver: Deliver) -> None:
    uid = deliver(attachments=[("报告.html", b"<script>1</script>")])
    file = ann.get(f"/message/attachment/0?uid={uid}")
    raw = ann.get(f"/message/raw?uid={uid}")

    assert file.data == b"<script>1</script>"
    assert file.content_type == "application/octet-stream"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in file.headers["Content-Security-Policy"]
    assert raw.headers["Content-Disposition"].startswith("attachment")
    assert ann.get(f"/message/attachment/9?uid={uid}").status_code == 404


def test_a_reply_is_filled_in(ann: FlaskClient, deliver: Deliver) -> None:
    uid = deliver(subject="Lunch", body="Noodles?", from_="Bob <bob@demo.test>")
    page = ann.get(f"/write?uid={uid}").text

    assert 'value="Bob &lt;bob@demo.test&gt;"' in page
    assert 'value="Re: Lunch"' in page
    assert "&gt; Noodles?" in page
    assert 'name="in_reply_to" value="&lt;' in page


def test_an_answer_to_all_stays_in_the_thread_and_leaves_oneself_out(ann: FlaskClient, mailserver: MailServer) -> None:
    headers = b"From: bob@demo.test\r\nTo: Ann@demo.test, carol@demo.test\r\nReferences: <1@x.org>\r\n"
    mailserver.deliver(headers + b"Message-ID: <2@x.org>\r\n\r\nx\r\n", "ann@demo.test")
    page = ann.get("/write?uid=1&way=all").text

    assert 'value="carol@demo.test"' in page
    assert 'name="references" value="&lt;1@x.org&gt; &lt;2@x.org&gt;"' in page


def test_what_is_written_arrives_over_imap_and_pop3_with_a_copy_in_sent(
    ann: FlaskClient, mailserver: MailServer
) -> None:
    values = {
        "to": "Ann <ann@demo.test>; bob@demo.test",
        "subject": "你好",
        "body": "正文",
        "attachments": (io.BytesIO("数据".encode()), "文件.txt"),
        "csrf_token": token_of(ann),
    }
    response = ann.post("/write", data=values, follow_redirects=True)

    arrived = parse_message(mailserver.messages("bob@demo.test")[0])
    assert "Sent to ann@demo.test, bob@demo.test." in response.text
    assert (arrived.subject, arrived.attachments[0].filename) == ("你好", "文件.txt")
    assert "你好" in ann.get("/").text
    assert "你好" in ann.get("/pop3/").text
    assert len(mailserver.messages("ann@demo.test", "Sent")) == 1


def test_who_was_refused_is_shown_with_the_reason(ann: FlaskClient) -> None:
    values = {"to": "bob@demo.test, nobody@demo.test", "body": "x", "csrf_token": token_of(ann)}
    page = ann.post("/write", data=values).text

    assert "Not everybody was reached" in page
    assert "refused: 550" in page


@pytest.mark.parametrize("to", ["not an address", "", "a@b@c", "x\r\nBcc: evil@demo.test"])
def test_a_draft_that_cannot_be_sent_keeps_its_text(ann: FlaskClient, to: str) -> None:
    response = ann.post("/write", data={"to": to, "body": "my long text", "csrf_token": token_of(ann)})

    assert response.status_code == 400
    assert "my long text" in response.text


def test_a_form_without_its_token_changes_nothing(ann: FlaskClient, mailserver: MailServer) -> None:
    assert ann.post("/write", data={"to": "bob@demo.test", "body": "x"}).status_code == 400
    assert ann.post("/sign-out").status_code == 400
    assert mailserver.messages("bob@demo.test") == []


def test_the_pop3_view_shows_the_same_mailbox(ann: FlaskClient, deliver: Deliver) -> None:
    deliver(subject="over pop3", body="the text", html="<p>html</p>", attachments=[("a.bin", b"123")])
    listed = ann.get("/pop3/").text
    link = listed.split('href="/pop3/message?')[1].split('"')[0].replace("&amp;", "&")

    assert "no read marks, no flags" in listed
    assert "The newest message, as each protocol tells it" in listed
    assert "<span>uid 1</span>" in listed
    assert "over pop3" in ann.get(f"/pop3/message?{link}").text
    assert "html" in ann.get(f"/pop3/message/html?{link}").text
    assert ann.get(f"/pop3/message/attachment/0?{link}").data == b"123"


@pytest.mark.parametrize("path", ["/?folder=Nothing", "/message?uid=99", "/message?uid=x", "/pop3/message?uidl=x"])
def test_what_is_not_there_is_a_page_that_helps(ann: FlaskClient, path: str) -> None:
    response = ann.get(path)

    assert response.status_code == 404


def test_a_dead_mail_server_is_a_page_that_helps(ann: FlaskClient, mailserver: MailServer) -> None:
    mailserver.faults.set("imap", drop_before="LIST")
    response = ann.get("/")

    assert response.status_code == 502
    assert "That did not work" in response.text


def test_every_page_has_the_policy_and_is_not_cached(ann: FlaskClient) -> None:
    for path in ("/", "/write", "/pop3/"):
        headers = ann.get(path).headers

        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"


def test_downloads_stay_out_of_every_cache(ann: FlaskClient, mailserver: MailServer) -> None:
    seed(mailserver, "ann@demo.test", "bob@demo.test")
    for path in ("/message/raw?uid=3", "/message/attachment/0?uid=3", "/message/html?uid=2"):
        assert ann.get(path).headers["Cache-Control"] == "no-store"


def test_the_api_is_for_whoever_is_signed_in(visitor: FlaskClient) -> None:
    before = visitor.get("/api/imap/folders")
    sign_in(visitor)
    after = visitor.get("/api/imap/folders")

    assert (before.status_code, before.json["code"]) == (401, "unauthorized")
    assert {folder["path"] for folder in after.json} >= {"INBOX", "Sent"}


def test_a_message_that_was_deleted_elsewhere_says_so(
    ann: FlaskClient, deliver: Deliver, mailserver: MailServer
) -> None:
    uid = deliver(subject="short-lived")
    mailserver.expunge("ann@demo.test", uid)
    response = ann.get(f"/message?uid={uid}&folder=INBOX")

    assert response.status_code == 404
    assert "it was deleted or moved" in response.text
    assert 'href="/?folder=INBOX"' in response.text


def test_a_server_that_goes_away_while_one_reads_offers_another_try(
    ann: FlaskClient, deliver: Deliver, mailserver: MailServer
) -> None:
    uid = deliver(subject="hello")
    mailserver.faults.set("imap", drop_before="FETCH")
    broken = ann.get(f"/message?uid={uid}")
    mailserver.faults.clear()
    again = ann.get(f"/message?uid={uid}")

    assert broken.status_code == 502
    assert "Try again" in broken.text
    assert again.status_code == 200


def test_too_large_an_upload_is_a_page_that_helps(ann: FlaskClient, webmail: Flask) -> None:
    token = token_of(ann)
    webmail.config["MAX_CONTENT_LENGTH"] = 2000
    values = {"to": "a@demo.test", "attachments": (io.BytesIO(b"x" * 3000), "big.bin"), "csrf_token": token}
    response = ann.post("/write", data=values)

    assert response.status_code == 413
    assert "at most 2.0 kB together" in response.text


@pytest.mark.parametrize(
    "name", ["отчёт 2026.pdf", "تقرير.pdf", "レポート.pdf", "보고서.pdf", "รายงาน.pdf", "a\u202egpj.exe", "x" * 300]
)
def test_file_names_of_every_script_arrive_and_are_downloaded(ann: FlaskClient, deliver: Deliver, name: str) -> None:
    uid = deliver(attachments=[(name, b"data")])
    page = ann.get(f"/message?uid={uid}").text
    file = ann.get(f"/message/attachment/0?uid={uid}")

    assert file.data == b"data"
    assert "\u202e" not in file.headers["Content-Disposition"]
    assert name[:4] in page
