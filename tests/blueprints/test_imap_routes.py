"""The routes over IMAP that change folders and messages, and those that read parts, threads and changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from flask_mailbox.devserver import MailServer
from flask_mailbox.imap import found as searching

from .conftest import Publish

Deliver = Callable[..., int]
OURS = {"X-Mailbox-Request": "1"}


@pytest.fixture
def folders(client_of_ann: FlaskClient) -> dict[str, str]:
    """The URLs of Ann's folders by path."""
    found: Any = client_of_ann.get("/api/imap/folders").json
    return {each["path"]: f"/api/imap/folders/{each['id']}" for each in found}


def rows(client: FlaskClient, folder: str, query: str = "") -> list[dict[str, Any]]:
    """Return the rows of a folder's page."""
    response = client.get(f"{folder}/messages{query}")
    assert response.status_code == 200, response.data
    return response.json["messages"]  # type: ignore[index, no-any-return]


def test_a_folder_is_made_renamed_and_deleted(client_of_ann: FlaskClient) -> None:
    made: Any = client_of_ann.post("/api/imap/folders", json={"path": "项目"})
    again = client_of_ann.post("/api/imap/folders", json={"path": "项目"})
    url = f"/api/imap/folders/{made.json['id']}"
    renamed: Any = client_of_ann.patch(url, json={"path": "Projects"})
    deleted = client_of_ann.delete(f"/api/imap/folders/{renamed.json['id']}", headers=OURS)

    assert (made.status_code, again.status_code, renamed.status_code, deleted.status_code) == (201, 409, 200, 204)
    assert client_of_ann.get(f"{url}/messages").status_code == 404


def test_a_page_is_searched_by_typed_fields(
    client_of_ann: FlaskClient, deliver: Deliver, folders: dict[str, str]
) -> None:
    for subject in ("report one", "invoice", "report two"):
        deliver(subject=subject)

    found = rows(client_of_ann, folders["INBOX"], "?subject=report&unseen=true&larger=10")

    assert [row["subject"] for row in found] == ["report two", "report one"]


@pytest.mark.parametrize("sort", ["", "&sort=subject"])
def test_a_list_says_how_far_its_search_can_be_relied_on(
    monkeypatch: pytest.MonkeyPatch, publish: Publish, deliver: Deliver, folders: dict[str, str], sort: str
) -> None:
    deliver(subject="report")
    asked = f"/messages?subject=report{sort}"
    trusted: Any = publish().get(folders["INBOX"] + asked).json
    client = publish(MAILBOX_PROVIDER="qq")  # whose server ignores words
    (inbox,) = (each["id"] for each in client.get("/api/imap/folders").json if each["path"] == "INBOX")
    compared: Any = client.get(f"/api/imap/folders/{inbox}{asked}").json
    deliver(subject="report")
    monkeypatch.setattr(searching, "MAX_HEADERS", 1)
    cut: Any = client.get(f"/api/imap/folders/{inbox}{asked}").json

    assert (trusted["total"], trusted["verified"], trusted["complete"]) == (1, False, True)
    assert (compared["total"], compared["verified"], compared["complete"]) == (1, True, True)
    assert (cut["total"], cut["verified"], cut["complete"]) == (1, True, False)


def test_a_sorted_list_is_paged(client_of_ann: FlaskClient, deliver: Deliver, folders: dict[str, str]) -> None:
    for subject in "bca":
        deliver(subject=subject)

    url = f"{folders['INBOX']}/messages?sort=subject&descending=false&limit=2"
    first: Any = client_of_ann.get(url)
    second: Any = client_of_ann.get(first.headers["Link"].split(">")[0].strip("<"))

    assert [row["subject"] for row in first.json["messages"]] == ["a", "b"]
    assert [row["subject"] for row in second.json["messages"]] == ["c"]
    assert (first.json["total"], second.json["next"]) == (3, None)


def test_flags_are_set_and_taken_away(client_of_ann: FlaskClient, deliver: Deliver, folders: dict[str, str]) -> None:
    deliver()
    (row,) = rows(client_of_ann, folders["INBOX"])
    url = f"{folders['INBOX']}/messages/{row['id']}/flags"

    client_of_ann.post(url, json={"add": ["\\Seen", "\\Flagged"]})
    client_of_ann.post(url, json={"remove": ["\\Flagged"]})

    assert rows(client_of_ann, folders["INBOX"])[0]["flags"] == ["\\Seen"]


def test_many_are_flagged_with_a_result_for_each(
    client_of_ann: FlaskClient, deliver: Deliver, folders: dict[str, str], mailserver: MailServer
) -> None:
    deliver()
    gone = deliver()
    second, first = (row["id"] for row in rows(client_of_ann, folders["INBOX"]))
    uidvalidity, uid, seal = first.split("-")
    stale = f"{int(uidvalidity) - 1}-{uid}-{seal}"
    mailserver.expunge("ann@demo.test", gone)

    answer: Any = client_of_ann.post(
        f"{folders['INBOX']}/messages/flags", json={"ids": [first, second, stale, "nonsense"], "add": ["\\Seen"]}
    )

    codes = [each["code"] for each in answer.json["results"]]
    assert codes == [None, "message-not-found", "uidvalidity-changed", "not-found"]
    assert rows(client_of_ann, folders["INBOX"])[0]["flags"] == ["\\Seen"]


@pytest.mark.parametrize(("verb", "left"), [("move", 0), ("copy", 1)])
def test_a_message_is_moved_or_copied_and_found_under_its_new_id(
    client_of_ann: FlaskClient, deliver: Deliver, folders: dict[str, str], verb: str, left: int
) -> None:
    deliver(subject="travels")
    (row,) = rows(client_of_ann, folders["INBOX"])
    target = folders["Sent"].rpartition("/")[2]

    result: Any = client_of_ann.post(f"{folders['INBOX']}/messages/{row['id']}/{verb}", json={"folder": target}).json

    assert client_of_ann.get(f"{folders['Sent']}/messages/{result['new_id']}").json["subject"] == "travels"
    assert len(rows(client_of_ann, folders["INBOX"])) == left


def test_a_message_is_deleted_to_the_trash_and_then_for_good(
    client_of_ann: FlaskClient, deliver: Deliver, folders: dict[str, str]
) -> None:
    deliver()
    (row,) = rows(client_of_ann, folders["INBOX"])

    to_trash = client_of_ann.delete(f"{folders['INBOX']}/messages/{row['id']}", headers=OURS)
    again = client_of_ann.delete(f"{folders['INBOX']}/messages/{row['id']}", headers=OURS)
    (binned,) = rows(client_of_ann, folders["Trash"])
    for_good = client_of_ann.post(
        f"{folders['Trash']}/messages/delete", json={"ids": [binned["id"]], "permanently": True}
    )

    assert (to_trash.status_code, again.status_code, for_good.status_code) == (204, 404, 200)
    assert rows(client_of_ann, folders["Trash"]) == []


def test_a_message_is_appended_and_a_draft_is_kept(client_of_ann: FlaskClient, folders: dict[str, str]) -> None:
    appended: Any = client_of_ann.post(
        f"{folders['INBOX']}/messages?flags=%5CSeen",
        data=b"Subject: put here\r\n\r\nx\r\n",
        content_type="message/rfc822",
        headers=OURS,
    )
    draft: Any = client_of_ann.post(
        "/api/imap/drafts", json={"to": [{"address": "bob@demo.test"}], "subject": "草稿", "text": "x"}
    )

    assert (appended.status_code, draft.status_code) == (201, 201)
    (row,) = rows(client_of_ann, folders["INBOX"])
    assert (row["id"], row["subject"], row["flags"]) == (appended.json["id"], "put here", ["\\Seen"])
    (kept,) = rows(client_of_ann, folders["Drafts"])
    assert (kept["subject"], "\\Draft" in kept["flags"]) == ("草稿", True)


def test_headers_text_and_parts_are_told(client_of_ann: FlaskClient, deliver: Deliver, folders: dict[str, str]) -> None:
    deliver(subject="你好", body="Guten Tag", attachments=[("报告.pdf", b"0123456789")])
    (row,) = rows(client_of_ann, folders["INBOX"])
    url = f"{folders['INBOX']}/messages/{row['id']}"

    headers: Any = client_of_ann.get(f"{url}/headers").json
    text = client_of_ann.get(f"{url}/text")
    parts: Any = client_of_ann.get(f"{url}/parts").json

    assert {"name": "Subject", "value": "你好"} in headers
    assert text.text.strip() == "Guten Tag"
    assert [part["filename"] for part in parts if part["is_attachment"]] == ["报告.pdf"]


def test_a_part_is_streamed_ranged_described_and_remembered(
    client_of_ann: FlaskClient, deliver: Deliver, folders: dict[str, str]
) -> None:
    deliver(body="x", attachments=[("报告.pdf", b"0123456789")])
    (row,) = rows(client_of_ann, folders["INBOX"])
    url = f"{folders['INBOX']}/messages/{row['id']}/parts/2"

    whole = client_of_ann.get(url)
    piece = client_of_ann.get(url, headers={"Range": "bytes=2-4"}, buffered=True)
    tail = client_of_ann.get(url, headers={"Range": "bytes=-3"}, buffered=True)
    beyond = client_of_ann.get(url, headers={"Range": "bytes=20-30"})
    head = client_of_ann.head(url)
    known = client_of_ann.get(url, headers={"If-None-Match": whole.headers["ETag"]})

    assert (whole.data, piece.data, tail.data, head.data, known.data) == (b"0123456789", b"234", b"789", b"", b"")
    assert [each.status_code for each in (whole, piece, tail, beyond, head, known)] == [200, 206, 206, 416, 200, 304]
    assert piece.headers["Content-Range"] == "bytes 2-4/10"
    assert "filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf" in whole.headers["Content-Disposition"]
    assert client_of_ann.get(f"{url}.7").status_code == 404
    assert client_of_ann.get(f"{folders['INBOX']}/messages/{row['id']}/parts/1x").status_code == 404


def test_a_client_that_leaves_gives_the_session_back(publish: Any, deliver: Deliver) -> None:
    deliver(body="x", attachments=[("big.bin", b"x" * 3_000_000)])
    client = publish(MAILBOX_POOL_SIZE=1)
    inbox = next(each for each in client.get("/api/imap/folders").json if each["path"] == "INBOX")
    messages = f"/api/imap/folders/{inbox['id']}/messages"
    url = f"{messages}/{client.get(messages).json['messages'][0]['id']}/parts/2"

    for _ in range(3):
        response = client.get(url, buffered=False)
        assert next(iter(response.response))
        response.close()

    assert len(client.get(url).data) == 3_000_000


def test_threads_are_told(client_of_ann: FlaskClient, folders: dict[str, str], mailserver: MailServer) -> None:
    mailserver.deliver(b"Message-ID: <a@x.test>\r\nSubject: a\r\n\r\nx\r\n", "ann@demo.test")
    mailserver.deliver(
        b"Message-ID: <b@x.test>\r\nReferences: <a@x.test>\r\nSubject: Re: a\r\n\r\nx\r\n", "ann@demo.test"
    )

    found: Any = client_of_ann.get(f"{folders['INBOX']}/threads").json

    assert found["total"] == 1
    assert [reply["depth"] for reply in found["threads"][0]] == [0, 1]


def test_changes_since_a_cursor_are_told(
    client_of_ann: FlaskClient, deliver: Deliver, folders: dict[str, str], mailserver: MailServer
) -> None:
    first_uid = deliver()
    start: Any = client_of_ann.get(f"{folders['INBOX']}/changes").json
    deliver()
    mailserver.expunge("ann@demo.test", first_uid)

    found: Any = client_of_ann.get(f"{folders['INBOX']}/changes", query_string={"cursor": start["cursor"]}).json

    assert [each["id"] for each in found["new"]] == [rows(client_of_ann, folders["INBOX"])[0]["id"]]
    assert found["vanished"] == [[first_uid, first_uid]]


def test_anothers_ids_lead_nowhere(publish: Any, deliver: Deliver, mailserver: MailServer) -> None:
    deliver()
    ann, bob = publish(), publish(**mailserver.config("bob@demo.test"))
    inbox = next(each for each in ann.get("/api/imap/folders").json if each["path"] == "INBOX")

    response = bob.get(f"/api/imap/folders/{inbox['id']}/messages")

    assert (response.status_code, response.json["code"]) == (404, "not-found")


def test_conversations_are_paged(client_of_ann: FlaskClient, folders: dict[str, str], deliver: Deliver) -> None:
    for number in range(3):
        deliver(subject=f"talk {number}")

    first: Any = client_of_ann.get(f"{folders['INBOX']}/threads?limit=2&subject=talk")
    second: Any = client_of_ann.get(first.headers["Link"].split(">")[0].strip("<"))

    assert (first.json["next"], len(first.json["threads"]), first.json["total"]) == (2, 2, 3)
    assert (second.json["next"], len(second.json["threads"])) == (None, 1)
    assert "Link" not in second.headers


def test_messages_are_looked_for_among_some(
    client_of_ann: FlaskClient, folders: dict[str, str], deliver: Deliver
) -> None:
    for number in range(4):
        deliver(subject=f"number {number}")
    uids = [row["id"].split("-")[1] for row in rows(client_of_ann, folders["INBOX"])]

    first: Any = client_of_ann.get(f"{folders['INBOX']}/messages?uids={uids[0]}&uids={uids[2]}&limit=1")
    second: Any = client_of_ann.get(first.headers["Link"].split(">")[0].strip("<"))

    assert [row["subject"] for row in first.json["messages"]] == ["number 3"]
    assert [row["subject"] for row in second.json["messages"]] == ["number 1"]
    assert client_of_ann.get(f"{folders['INBOX']}/messages?uids=0").status_code == 422


def test_gmails_own_search_is_refused_elsewhere(client_of_ann: FlaskClient, folders: dict[str, str]) -> None:
    response = client_of_ann.get(f"{folders['INBOX']}/messages?gmail=has:attachment")

    assert (response.status_code, response.json["code"]) == (400, "invalid-request")  # type: ignore[index]


def test_a_long_cursor_is_sent_in_a_body(
    client_of_ann: FlaskClient, deliver: Deliver, folders: dict[str, str], mailserver: MailServer
) -> None:
    for number in range(700):
        mailserver.deliver(b"Subject: %d\r\n\r\nx\r\n" % number, "ann@demo.test")
    inbox = mailserver.store.users["ann@demo.test"].folders["INBOX"]
    for message in list(inbox.messages)[::2]:
        mailserver.expunge("ann@demo.test", message.uid)
    start: Any = client_of_ann.get(f"{folders['INBOX']}/changes").json
    deliver()

    told: Any = client_of_ann.post(f"{folders['INBOX']}/changes", json={"cursor": start["cursor"]})
    nonsense = client_of_ann.post(f"{folders['INBOX']}/changes", json={"cursor": "nonsense"})

    assert (told.status_code, len(told.json["new"]), told.json["full"]) == (200, 1, False)
    assert nonsense.status_code == 400
