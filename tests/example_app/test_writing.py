"""Writing, page by page: drafts, forwarding, rich text, a moment to undo, sessions that end meanwhile."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from flask_mailbox import parse_message
from flask_mailbox.devserver import MailServer

from .conftest import app_on, sign_in, token_of

ANN = "ann@demo.test"


def fields(page: str) -> dict[str, str]:
    """Return what the form is filled in with."""
    found = dict(
        re.findall(
            r'<input(?![^>]*checkbox)[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"', page.partition('id="letter"')[2]
        )
    )
    found |= re.findall(r'<textarea[^>]*\bname="([^"]+)"[^>]*>([^<]*)</textarea>', page)
    return {name: unescape(value) for name, value in found.items()}


def carried(page: str) -> list[str]:
    """Return the names of what the form can carry, as far as it is ticked."""
    return re.findall(r'name="carried" value="([^"]+)" checked', page)


def draft_link(client: FlaskClient, uid: int = 1) -> str:
    """Return the link that a draft offers to go on with it."""
    found = re.search(r'href="(/write\?draft=[^"]+)"', client.get(f"/message?folder=drafts&uid={uid}").text)
    assert found
    return unescape(found[1])


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
    page = ann.get(draft_link(ann)).text
    sent = fields(page)
    post(ann, to=sent["to"], body=sent["body"], draft=sent["draft"], carried=carried(page))

    arrived = parse_message(mailserver.messages("bob@demo.test")[0])
    assert "报告.txt" in page
    assert [(part.filename, part.content) for part in arrived.attachments] == [("报告.txt", b"data")]
    assert drafts(mailserver) == []


def test_a_draft_that_another_program_deleted_is_saved_anew(ann: FlaskClient, mailserver: MailServer) -> None:
    answer = ann.post("/draft", data={"csrf_token": token_of(ann), "body": "x", "draft": "77"})

    assert answer.status_code == 200
    assert len(drafts(mailserver)) == 1


def test_a_draft_is_not_taken_for_another_one_that_got_its_number(ann: FlaskClient, mailserver: MailServer) -> None:
    place = ann.post("/draft", data={"csrf_token": token_of(ann), "body": "old"}).json["draft"]
    mailserver.renew_uidvalidity(ANN, "Drafts")
    saved = ann.post("/draft", data={"csrf_token": token_of(ann), "body": "new", "draft": place}).json["draft"]
    post(ann, "/draft/discard", draft=place)

    assert saved != place
    assert [parse_message(raw).text.strip() for raw in drafts(mailserver)] == ["old", "new"]


@pytest.mark.parametrize("draft", ["x", "1", "٣.١@drafts", "1.2", "9" * 5000, "1." + "9" * 5000 + "@drafts"])
def test_what_names_no_draft_is_taken_for_none(ann: FlaskClient, draft: str) -> None:
    values = {"csrf_token": token_of(ann), "body": "x", "draft": draft}
    codes = [ann.post(path, data=values).status_code for path in ("/draft", "/draft/discard")]

    assert codes == [200, 303]
    assert ann.get("/write", query_string={"draft": draft}).status_code == 200


def test_a_letter_that_is_emptied_leaves_no_draft(ann: FlaskClient, mailserver: MailServer) -> None:
    place = ann.post("/draft", data={"csrf_token": token_of(ann), "body": "x"}).json["draft"]
    answer = ann.post("/draft", data={"csrf_token": token_of(ann), "draft": place})

    assert answer.json == {"draft": ""}
    assert drafts(mailserver) == []


def test_a_draft_of_files_alone_is_not_deleted_when_a_letter_is_typed_and_erased(
    ann: FlaskClient, mailserver: MailServer
) -> None:
    post(ann, do="save", attachments=(io.BytesIO(b"data"), "a.txt"))
    page = ann.get(draft_link(ann)).text
    values = fields(page) | {"csrf_token": token_of(ann)}
    place = ann.post("/draft", data={**values, "carried": carried(page)}).json["draft"]
    ann.post("/draft", data={**values, "draft": place})  # unticked: it may be wanted back

    assert place
    assert [[part.content for part in parse_message(raw).attachments] for raw in drafts(mailserver)] == [[b"data"]]


FILES = [("one.txt", b"first"), ("two.txt", b"second"), ("three.txt", b"third")]


def with_files(client: FlaskClient) -> str:
    """Save a draft with three files, and return the page that goes on with it."""
    uploads = [(io.BytesIO(content), name) for name, content in FILES]
    post(client, do="save", to="bob@demo.test", body="x", attachments=uploads)
    return client.get(draft_link(client)).text


def test_the_files_of_a_draft_keep_their_names_however_often_it_is_saved(
    ann: FlaskClient, mailserver: MailServer
) -> None:
    page = with_files(ann)
    values = fields(page) | {"csrf_token": token_of(ann)}
    first, second, third = carried(page)
    for ticked in ([second, third], [third], [first, third]):
        values["draft"] = ann.post("/draft", data={**values, "carried": ticked}).json["draft"]
    post(ann, **{**values, "carried": [first, third]})

    arrived = parse_message(mailserver.messages("bob@demo.test")[0])
    assert sorted(part.content for part in arrived.attachments) == [b"first", b"third"]


def test_a_file_that_was_left_out_is_left_out_when_the_draft_is_opened_again(ann: FlaskClient) -> None:
    page = with_files(ann)
    first, *rest = carried(page)
    ann.post("/draft", data={**fields(page), "csrf_token": token_of(ann), "carried": rest})
    again = ann.get(draft_link(ann, 2)).text

    assert sorted(carried(again)) == sorted(rest)
    assert f'value="{first}" >' in again


def test_nothing_is_sent_without_a_file_that_is_gone_before_that_is_said(
    ann: FlaskClient, mailserver: MailServer
) -> None:
    page = with_files(ann)
    mailserver.expunge(ANN, 1, folder="Drafts")
    values = fields(page) | {"csrf_token": token_of(ann), "do": "send"}
    asked = ann.post("/write", data={**values, "carried": carried(page)})
    sent_without_saying = len(mailserver.messages("bob@demo.test"))
    post(ann, **fields(asked.text) | {"do": "send"})

    assert asked.status_code == 400
    assert "An attachment is not there any more" in asked.text
    assert sent_without_saying == 0
    assert len(mailserver.messages("bob@demo.test")) == 1


def test_what_was_typed_outlives_the_message_that_is_forwarded(ann: FlaskClient, mailserver: MailServer) -> None:
    mailserver.deliver(b"From: bob@demo.test\r\nSubject: plan\r\n\r\nthe plan\r\n", ANN)
    values = fields(ann.get("/write?way=forward&uid=1").text) | {"to": "bob@demo.test", "body": "look", "do": "send"}
    mailserver.expunge(ANN, 1)
    asked = ann.post("/write", data={**values, "carried": "forward"})
    draft = ann.post("/draft", data={**values, "carried": "forward"}).json["draft"]
    opened = ann.get("/write", query_string={"draft": draft})
    post(ann, **fields(asked.text) | {"do": "send"})

    assert asked.status_code == 400
    assert fields(asked.text)["body"].strip() == "look"
    assert "not there any more" in opened.text
    assert parse_message(mailserver.messages("bob@demo.test")[0]).text.strip() == "look"


def test_a_saved_draft_is_found_in_its_folder_in_the_readers_language(ann: FlaskClient) -> None:
    values = {"csrf_token": token_of(ann), "do": "save", "body": "x"}
    chinese = {"Accept-Language": "zh"}
    page = ann.get(ann.post("/write", data=values).location, headers=chinese).text

    assert "<title>草稿箱" in page
    assert "Go on writing" in ann.get("/message?folder=drafts&uid=1").text


@pytest.mark.parametrize("values", [{"to": "a@b@c"}, {}, {"to": "x@demo.test", "subject": "a\x00b"}])
def test_what_is_wrong_is_said_in_the_readers_language(ann: FlaskClient, values: dict[str, str]) -> None:
    form = {"csrf_token": token_of(ann), "body": "x", **values}
    page = ann.post("/write", data=form, headers={"Accept-Language": "zh"}).text
    problem = page.partition('class="problem" role="alert"><p>')[2].partition("</p>")[0]

    assert re.search("[\u4e00-\u9fff]", problem)
    assert not re.search("[a-z]{4}", problem.replace("ann@example.com", ""))


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


@pytest.mark.parametrize("path", ["/write", "/draft"])
def test_a_forwarded_message_that_was_unticked_stays_so_in_the_draft(
    ann: FlaskClient, mailserver: MailServer, path: str
) -> None:
    mailserver.deliver(b"From: bob@demo.test\r\nSubject: plan\r\n\r\nthe plan\r\n", ANN)
    page = ann.get("/write?way=forward&uid=1").text
    post(ann, path, **fields(page) | {"do": "save"})
    unticked = ann.get(draft_link(ann)).text
    post(ann, path, **fields(unticked) | {"do": "save", "carried": "forward"})

    assert carried(page) == ["forward"]
    assert carried(unticked) == []
    assert carried(ann.get(draft_link(ann, 2)).text) == ["forward"]


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
