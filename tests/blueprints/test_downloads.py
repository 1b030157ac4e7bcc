"""Downloads: their names, and what a client may keep of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient

import flask_mailbox
from flask_mailbox.blueprints.downloads import disposition
from flask_mailbox.blueprints.release import VERSION
from flask_mailbox.devserver import MailServer

Deliver = Callable[..., int]
KINDS = ["", "/headers", "/text", "/raw", "/html", "/attachments/0", "/parts/2"]


@pytest.fixture
def url(client_of_ann: FlaskClient, deliver: Deliver) -> str:
    """Where a message with a text, HTML and a file is, over IMAP."""
    deliver(body="x", html="<p>x</p>", attachments=[("a.bin", b"0123456789")])
    folders: Any = client_of_ann.get("/api/imap/folders").json
    inbox = next(each["id"] for each in folders if each["path"] == "INBOX")
    rows: Any = client_of_ann.get(f"/api/imap/folders/{inbox}/messages").json
    return f"/api/imap/folders/{inbox}/messages/{rows['messages'][0]['id']}"


@pytest.fixture
def drop_url(client_of_ann: FlaskClient, url: str) -> str:
    """Where it is over POP3."""
    entries: Any = client_of_ann.get("/api/pop3/entries").json
    return f"/api/pop3/messages/{entries[0]['id']}"


@pytest.mark.parametrize("kind", KINDS)
def test_what_never_changes_is_asked_for_again_and_not_sent_twice(
    client_of_ann: FlaskClient, mailserver: MailServer, url: str, kind: str
) -> None:
    first = client_of_ann.get(url + kind)
    before = mailserver.received("imap")
    again = client_of_ann.get(url + kind, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert mailserver.received("imap") == before
    assert first.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("kind", ["", "/top", "/text", "/raw", "/html", "/attachments/0", "/parts/2"])
def test_so_is_what_a_maildrop_holds(
    client_of_ann: FlaskClient, mailserver: MailServer, drop_url: str, kind: str
) -> None:
    first = client_of_ann.get(drop_url + kind)
    before = mailserver.received("pop3")
    again = client_of_ann.get(drop_url + kind, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert mailserver.received("pop3") == before


@pytest.mark.parametrize("kind", KINDS)
def test_another_release_shows_what_it_makes_itself(
    client_of_ann: FlaskClient, url: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client_of_ann.get(url + kind)
    monkeypatch.setattr("flask_mailbox.blueprints.ids.MADE_BY", "0.1.1")
    again = client_of_ann.get(url + kind, headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]


def test_the_release_is_the_packages_own() -> None:
    assert flask_mailbox.__version__ == VERSION


def test_any_etag_will_do_only_for_what_is_there(
    client_of_ann: FlaskClient, mailserver: MailServer, url: str, drop_url: str
) -> None:
    there = client_of_ann.get(f"{url}/raw", headers={"If-None-Match": "*"})
    in_the_drop = client_of_ann.get(f"{drop_url}/raw", headers={"If-None-Match": "*"})
    mailserver.expunge("ann@demo.test", int(url.rpartition("/")[2].split("-")[1]))
    gone = client_of_ann.get(f"{url}/raw", headers={"If-None-Match": "*"})

    assert [each.status_code for each in (there, in_the_drop, gone)] == [304, 304, 404]


@pytest.mark.parametrize("kind", ["imap", "pop3"])
def test_attachments_have_ranges_too(client_of_ann: FlaskClient, url: str, drop_url: str, kind: str) -> None:
    where = f"{url if kind == 'imap' else drop_url}/attachments/0"
    piece = client_of_ann.get(where, headers={"Range": "bytes=2-4"})
    beyond = client_of_ann.get(where, headers={"Range": "bytes=10-"})

    assert (piece.status_code, piece.data, piece.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */10")


def test_the_parts_of_a_maildrops_message_are_listed_and_read(client_of_ann: FlaskClient, drop_url: str) -> None:
    (part,) = client_of_ann.get(f"{drop_url}/parts").json  # type: ignore[misc]
    content = client_of_ann.get(f"{drop_url}/parts/{part['section']}")

    assert (part["filename"], part["size"], part["index"]) == ("a.bin", 10, 0)
    assert (content.data, content.mimetype) == (b"0123456789", "application/octet-stream")
    assert client_of_ann.get(f"{drop_url}/parts/7").status_code == 404


def test_the_top_of_a_message_has_as_many_lines_as_asked_for(
    client_of_ann: FlaskClient, mailserver: MailServer
) -> None:
    mailserver.deliver(b"Subject: x\r\n\r\none\r\ntwo\r\nthree\r\n", "ann@demo.test")
    entry = client_of_ann.get("/api/pop3/entries").json[-1]["id"]  # type: ignore[index]
    top = f"/api/pop3/messages/{entry}/top"

    assert client_of_ann.get(top).json["text"] in (None, "")  # type: ignore[index]
    assert client_of_ann.get(f"{top}?lines=2").json["text"].split() == ["one", "two"]  # type: ignore[index]
    assert client_of_ann.get(f"{top}?lines=-1").status_code == 422
    assert client_of_ann.get(f"{top}?lines=1000000000000").status_code == 422


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("报告.pdf", "报告.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("长" * 300 + ".tar.gz", "长" * 147 + ".gz"),
        ("no dot " * 50, ("no dot " * 50)[:150].strip()),
        ("a." + "b" * 300, "a." + "b" * 148),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\r\nb\u202efdp.exe", "a__b_fdp.exe"),
        ("...", "download"),
    ],
)
def test_a_download_keeps_its_name_and_what_it_ends_with(name: str, kept: str) -> None:
    assert unquote(disposition(name).partition("UTF-8''")[2]) == kept


def test_a_message_that_is_too_large_to_be_read_whole_says_so(publish: Any, deliver: Deliver) -> None:
    deliver(body="x", attachments=[("big.bin", b"x" * 300_000)])
    client = publish(MAILBOX_MAX_MESSAGE_SIZE=100_000)
    inbox = next(each["id"] for each in client.get("/api/imap/folders").json if each["path"] == "INBOX")
    row = client.get(f"/api/imap/folders/{inbox}/messages").json["messages"][0]["id"]
    entry = client.get("/api/pop3/entries").json[0]["id"]
    url = f"/api/imap/folders/{inbox}/messages/{row}"

    answers = [client.get(url), client.get(f"{url}/raw"), client.get(f"/api/pop3/messages/{entry}/raw")]

    assert [(each.status_code, each.json["code"]) for each in answers] == [(413, "message-too-large")] * 3
    assert client.get(f"{url}/parts/2").data == b"x" * 300_000
