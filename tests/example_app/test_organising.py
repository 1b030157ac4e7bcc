"""Searching, and changing mail from the list: read, flag, move, delete, and taking it back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_mailbox.devserver import MailServer

from .conftest import token_of

Deliver = Callable[..., int]


def do(client: FlaskClient, action: str, *uids: int, **fields: object) -> str:
    """Tick messages, press a button, and return the page that comes then."""
    values = {"csrf_token": token_of(client), "action": action, "uid": [str(uid) for uid in uids], **fields}
    return client.post("/organise", data=values, follow_redirects=True).text


def undo(client: FlaskClient) -> str:
    return client.post("/undo", data={"csrf_token": token_of(client)}, follow_redirects=True).text


def subjects(page: str) -> list[str]:
    return re.findall(r'<span class="subject">([^<]*)</span>', page)


def test_ticked_messages_are_marked_and_that_is_taken_back(ann: FlaskClient, deliver: Deliver) -> None:
    first, second = deliver(subject="one"), deliver(subject="two")
    read = do(ann, "read", first, second)
    unread = undo(ann)

    assert 'class="row unread"' not in read
    assert unread.count('class="row unread"') == 2


def test_taking_back_a_mark_leaves_alone_what_had_it_before(ann: FlaskClient, deliver: Deliver) -> None:
    seen, new = deliver(subject="seen", flags=["\\Seen"]), deliver(subject="new")
    do(ann, "read", seen, new)
    page = undo(ann)

    assert page.count('class="row unread"') == 1
    assert "Taken back." in page


def test_more_than_a_hundred_messages_can_be_taken_back(ann: FlaskClient, mailserver: MailServer) -> None:
    uids = [mailserver.deliver(b"Subject: %d\r\n\r\nx\r\n" % number, "ann@demo.test") for number in range(120)]
    page = do(ann, "delete", *uids)
    left = len(mailserver.messages("ann@demo.test"))
    undo(ann)

    assert "Undo" in page
    assert left == 0
    assert len(mailserver.messages("ann@demo.test")) == 120


def test_taking_back_touches_no_message_that_got_the_number_of_another(
    ann: FlaskClient, deliver: Deliver, mailserver: MailServer
) -> None:
    do(ann, "delete", deliver(subject="gone"))
    mailserver.renew_uidvalidity("ann@demo.test", "Trash")
    page = undo(ann)

    assert "numbered this folder anew" in page
    assert mailserver.messages("ann@demo.test") == []


def test_the_button_takes_back_what_it_was_offered_for_and_nothing_later(ann: FlaskClient, deliver: Deliver) -> None:
    first, second = deliver(subject="one"), deliver(subject="two")
    offered = re.search(r'name="undo" value="(\w+)"', do(ann, "flag", first))
    do(ann, "delete", second)
    assert offered
    late = {"csrf_token": token_of(ann), "undo": offered[1]}
    page = ann.post("/undo", data=late, follow_redirects=True).text
    back = undo(ann)

    assert "There is nothing to take back." in page
    assert subjects(page) == ["one"]
    assert sorted(subjects(back)) == ["one", "two"]


@pytest.mark.parametrize("odd", ["1x", "1,", ",1", "1 2", "-1", "0", "01", "99999999999", "٣"])
def test_what_is_no_message_changes_none(ann: FlaskClient, deliver: Deliver, mailserver: MailServer, odd: str) -> None:
    deliver()
    values = {"csrf_token": token_of(ann), "action": "delete", "uid": ["1", odd]}

    assert ann.post("/organise", data=values).status_code == 400
    assert len(mailserver.messages("ann@demo.test")) == 1


def test_no_uid_is_cut_short_however_many_come(ann: FlaskClient, mailserver: MailServer) -> None:
    """A list of ten thousand characters that was cut in the middle of a number named another message."""
    for number in range(3):
        mailserver.deliver(b"Subject: %d\r\n\r\nx\r\n" % number, "ann@demo.test")
    row = ",".join(["1000000000"] * 909) + ",23"  # after ten thousand characters only "2" of the last one is left
    do(ann, "delete", uid=row)
    too_many = do(ann, "delete", uid=[str(number) for number in range(1, 2002)])

    assert "Nothing was changed: at most 2000 messages at once." in too_many
    assert len(mailserver.messages("ann@demo.test")) == 3


@pytest.mark.parametrize("cursor", ["9" * 5000, "x", "٣", "-1"])
def test_a_page_of_conversations_that_is_none_is_the_first(ann: FlaskClient, deliver: Deliver, cursor: str) -> None:
    deliver(subject="one")
    page = ann.get("/", query_string={"view": "conversations", "cursor": cursor})

    assert page.status_code == 200
    assert subjects(page.text) == ["one"]


def test_a_flag_is_shown_and_can_be_searched_for(ann: FlaskClient, deliver: Deliver) -> None:
    uid = deliver(subject="one")
    deliver(subject="two")
    page = do(ann, "flag", uid)

    assert page.count("flagged</span>") == 1
    assert subjects(ann.get("/?flagged=1").text) == ["one"]


def test_what_is_deleted_lies_in_the_trash_until_that_is_taken_back(
    ann: FlaskClient, deliver: Deliver, mailserver: MailServer
) -> None:
    page = do(ann, "delete", deliver(subject="gone"))
    in_trash = len(mailserver.messages("ann@demo.test", "Trash"))
    back = undo(ann)

    assert subjects(page) == []
    assert in_trash == 1
    assert subjects(back) == ["gone"]


def test_deleting_in_the_trash_is_for_good(ann: FlaskClient, deliver: Deliver, mailserver: MailServer) -> None:
    page = do(ann, "delete", deliver(folder="Trash"), folder="Trash")

    assert "deleted for good" in page
    assert mailserver.messages("ann@demo.test", "Trash") == []


def test_messages_are_moved_to_the_folder_that_was_chosen(ann: FlaskClient, deliver: Deliver) -> None:
    page = do(ann, "move", deliver(subject="kept"), destination="Archive")

    assert "1 message moved to “Archive”." in page
    assert subjects(ann.get("/?folder=Archive").text) == ["kept"]


def test_without_ticks_or_folder_it_is_said_what_is_missing(ann: FlaskClient, deliver: Deliver) -> None:
    assert "Tick the messages first." in do(ann, "delete")
    assert "Choose a folder" in do(ann, "move", deliver())


def test_uids_that_are_void_change_nothing(ann: FlaskClient, deliver: Deliver, mailserver: MailServer) -> None:
    page = do(ann, "delete", deliver(), uidvalidity="7")

    assert "numbered this folder anew" in page
    assert len(mailserver.messages("ann@demo.test")) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=纪要", ["会议纪要"]),
        ("from_=wang", ["会议纪要"]),
        ("subject=lunch", ["Lunch"]),
        ("to=ann", ["files", "Lunch", "会议纪要"]),
        ("attached=1", ["files"]),
        ("unread=1", ["files", "Lunch"]),
        ("since=2020-01-01", ["files", "Lunch", "会议纪要"]),
        ("before=2020-01-01", []),
        ("q=x&from_=nobody", []),
    ],
)
def test_the_search_form_finds(ann: FlaskClient, deliver: Deliver, query: str, found: list[str]) -> None:
    deliver(subject="会议纪要", from_="wang@demo.test", flags=["\\Seen"])
    deliver(subject="Lunch")
    deliver(subject="files", attachments=[("a.txt", b"x")])
    page = ann.get(f"/?{query}").text

    assert subjects(page) == found
    assert found or "Nothing was found" in page


def test_conversations_are_one_row_each(ann: FlaskClient, mailserver: MailServer) -> None:
    for number, refers in enumerate(("", "References: <m0@x>\r\n", "References: <m0@x>\r\n")):
        raw = f"From: bob@demo.test\r\nSubject: part {number}\r\nMessage-ID: <m{number}@x>\r\n{refers}\r\nx\r\n"
        mailserver.deliver(raw.encode(), "ann@demo.test")
    mailserver.deliver(b"From: carol@demo.test\r\nSubject: alone\r\n\r\nx\r\n", "ann@demo.test")
    page = ann.get("/?view=conversations").text
    opened = ann.get("/message?uid=3&view=conversations").text

    assert subjects(page) == ["alone", "part 2"]
    assert "2 conversations" in page
    assert "In this conversation" in opened
    assert "part 0" in opened


INVITATION = b"""From: bob@demo.test
Subject: Standup
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Please come.
--b
Content-Type: text/calendar; method=REQUEST

BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
SUMMARY:Standup\\, daily
DTSTART:20261124T083000Z
DTEND:20261124T084500Z
LOCATION:Room 7
ORGANIZER;CN=Bob:mailto:bob@demo.test
END:VEVENT
END:VCALENDAR
--b--
""".replace(b"\n", b"\r\n")


def test_an_invitation_is_shown_as_one(ann: FlaskClient, mailserver: MailServer) -> None:
    mailserver.deliver(INVITATION, "ann@demo.test")
    page = ann.get("/message?uid=1").text

    assert "Standup, daily" in page
    assert "Tuesday, 24 November 2026, 08:30 – 08:45</p>" in page
    assert "Room 7" in page
    assert "bob@demo.test" in page


def test_headers_and_source_are_shown_as_text(ann: FlaskClient, mailserver: MailServer) -> None:
    mailserver.deliver(b"Subject: <b>x</b>\r\nX-Odd: yes\r\n\r\n<script>1</script>\r\n", "ann@demo.test")
    page = ann.get("/message/source?uid=1").text

    assert "X-Odd" in page
    assert "&lt;script&gt;1&lt;/script&gt;" in page


def test_a_message_that_is_too_large_offers_its_parts(webmail: Flask, ann: FlaskClient, deliver: Deliver) -> None:
    uid = deliver(subject="huge", attachments=[("大文件.bin", b"x" * 100)])
    webmail.config["MAX_SHOWN_MESSAGE"] = 50
    page = ann.get(f"/message?uid={uid}").text
    with ann.get(f"/message/part/2?uid={uid}") as file:
        content = file.data

    assert "too large to be shown" in page
    assert "大文件.bin" in page
    assert content == b"x" * 100
    assert file.headers["Content-Disposition"].startswith("attachment")
