"""A day of mail over the JSON API, on the embedded server and on Postfix with Dovecot."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from flask_mailbox import ANYONE

from ..apps import mailbox_app
from .server import ContractServer

OURS = {"X-Mailbox-Request": "1"}
PDF = b"%PDF-1.7 not really\n" * 5_000


class Visitor:
    """Somebody with a mailbox, and an app that publishes it."""

    def __init__(self, server: ContractServer) -> None:
        self.address, _ = server.new_user()
        self.host, self.mailbox = mailbox_app(server.config(self.address) | {"MAILBOX_OPERATION_TIMEOUT": 20})
        self.client: FlaskClient = self.host.test_client()
        for kind in ("imap", "pop3", "smtp"):
            made = getattr(self.mailbox, f"{kind}_blueprint")(authorize=ANYONE)
            self.host.register_blueprint(made, url_prefix=f"/{kind}")

    def folders(self) -> dict[str, Any]:
        """Return the folders by role, or by path where they have none."""
        found: Any = self.client.get("/imap/folders").json
        return {each["role"] or each["path"]: each for each in found}

    def rows(self, folder: str, query: str = "") -> list[Any]:
        """Return the rows of a folder's page."""
        found: Any = self.client.get(f"/imap/folders/{folder}/messages{query}").json
        return list(found["messages"])

    def post(self, url: str, body: Any) -> Any:
        """Send JSON and return what came back."""
        response = self.client.post(url, json=body)
        assert response.status_code < 300, response.text
        return response.json


@pytest.fixture
def ann(server: ContractServer) -> Iterator[Visitor]:
    """A visitor."""
    visitor = Visitor(server)
    yield visitor
    with visitor.host.app_context():
        visitor.mailbox.state.pool.close()


@pytest.fixture
def bob(server: ContractServer) -> Iterator[Visitor]:
    """Another one."""
    visitor = Visitor(server)
    yield visitor
    with visitor.host.app_context():
        visitor.mailbox.state.pool.close()


def letter(to: Visitor, **more: Any) -> dict[str, Any]:
    """Return a message with Chinese text and a file."""
    file = {"filename": "报告.pdf", "content_type": "application/pdf", "content": base64.b64encode(PDF).decode()}
    return {
        "to": [{"name": "王小明", "address": to.address}],
        "subject": "季度报告",
        "text": "正文：你好",
        "attachments": [file],
        **more,
    }


def test_a_letter_is_sent_read_answered_filed_and_deleted(server: ContractServer, ann: Visitor, bob: Visitor) -> None:
    receipt = ann.post("/smtp/messages", letter(bob))
    server.arrived(bob.address)
    inbox = bob.folders()["INBOX"]["id"]
    (row,) = bob.rows(inbox, "?subject=季度&unseen=true")
    url = f"/imap/folders/{inbox}/messages/{row['id']}"
    message: Any = bob.client.get(url).json
    (part,) = [each for each in bob.client.get(f"{url}/parts").json if each["filename"]]  # type: ignore[union-attr]
    file = bob.client.get(f"{url}/parts/{part['section']}", headers={"Range": "bytes=0-9"}, buffered=True)
    answer = bob.post("/smtp/reply-all", {"folder": inbox, "message": row["id"], "text": "收到"})
    (answered,) = server.arrived(ann.address)
    archive = bob.client.post("/imap/folders", json={"path": "存档"})
    moved = bob.post(f"{url}/move", {"folder": archive.json["id"]})  # type: ignore[index]
    flags = f"/imap/folders/{archive.json['id']}/messages/{moved['new_id']}"  # type: ignore[index]
    bob.post(f"{flags}/flags", {"add": ["\\Flagged"]})
    (filed,) = bob.rows(archive.json["id"])  # type: ignore[index]
    gone = bob.client.delete(f"{flags}?permanently=true", headers=OURS)

    assert receipt["accepted"] == [bob.address]
    assert message["text"].strip() == "正文：你好"
    assert message["attachments"][0]["filename"] == part["filename"] == "报告.pdf"
    assert (file.status_code, file.data) == (206, PDF[:10])
    assert answer["accepted"] == [ann.address]
    assert receipt["message_id"].encode() in answered
    assert filed["flags"] == ["\\Flagged"]
    assert gone.status_code == 204
    assert bob.rows(inbox) == bob.rows(archive.json["id"]) == []  # type: ignore[index]


def test_a_maildrop_is_read_and_emptied(server: ContractServer, ann: Visitor, bob: Visitor) -> None:
    ann.post("/smtp/messages", letter(bob))
    (stored,) = server.arrived(bob.address)
    entries: Any = bob.client.get("/pop3/entries").json
    url = f"/pop3/messages/{entries[0]['id']}"
    raw, file = bob.client.get(f"{url}/raw"), bob.client.get(f"{url}/attachments/0")
    deleted = bob.client.delete(url, headers=OURS)

    assert (raw.data, file.data) == (stored, PDF)
    assert deleted.status_code == 204
    assert bob.client.get("/pop3/new").json == {"since_found": True, "entries": []}


def test_a_large_file_is_read_whole_in_ranges_and_by_many_who_pause(server: ContractServer, bob: Visitor) -> None:
    content = b"".join(hashlib.sha512(b"%d" % number).digest() for number in range(50_000))
    body = base64.encodebytes(content).replace(b"\n", b"\r\n")
    head = b"Content-Disposition: attachment; filename=large.bin\r\nContent-Transfer-Encoding: base64\r\n"
    server.deliver(
        b"MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n" + head + b"\r\n" + body, bob.address
    )
    inbox = bob.folders()["INBOX"]["id"]
    url = f"/imap/folders/{inbox}/messages/{bob.rows(inbox)[0]['id']}/parts/1"

    paused = [bob.client.get(url, buffered=False) for _ in range(6)]
    begun = [next(iter(each.response)) for each in paused]  # type: ignore[call-overload]
    pieces = {
        asked: bob.client.get(url, headers={"Range": f"bytes={asked}"})
        for asked in ("0-0", "2000000-2000999", "3199990-", "-5")
    }
    whole = [first + b"".join(each.response) for first, each in zip(begun, paused, strict=True)]  # type: ignore[arg-type]

    assert whole == [content] * 6
    assert {each.status_code for each in pieces.values()} == {206}
    assert pieces["0-0"].data == content[:1]
    assert pieces["2000000-2000999"].data == content[2_000_000:2_001_000]
    assert pieces["3199990-"].data == content[3_199_990:]
    assert pieces["-5"].data == content[-5:]
    assert bob.client.get(url, headers={"Range": "bytes=3200000-"}).headers["Content-Range"] == "bytes */3200000"


def test_what_changed_is_told_and_stale_ids_lead_nowhere(server: ContractServer, bob: Visitor) -> None:
    inbox = bob.folders()["INBOX"]["id"]
    start: Any = bob.client.get(f"/imap/folders/{inbox}/changes").json
    server.deliver(b"Subject: x\r\n\r\nx\r\n", bob.address)
    told: Any = bob.client.get(f"/imap/folders/{inbox}/changes", query_string={"cursor": start["cursor"]}).json
    in_a_body = bob.post(f"/imap/folders/{inbox}/changes", {"cursor": start["cursor"]})
    (row,) = bob.rows(inbox)
    uidvalidity, uid, seal = row["id"].split("-")
    stale = bob.client.get(f"/imap/folders/{inbox}/messages/{int(uidvalidity) - 1}-{uid}-{seal}")

    assert [each["id"] for each in told["new"]] == [each["id"] for each in in_a_body["new"]] == [row["id"]]
    assert (stale.status_code, stale.json["code"]) == (409, "uidvalidity-changed")  # type: ignore[index]


def test_new_mail_is_told_as_an_event(server: ContractServer, bob: Visitor) -> None:
    inbox = bob.folders()["INBOX"]["id"]
    response = bob.client.get(f"/imap/folders/{inbox}/events")
    try:
        server.deliver(b"Subject: x\r\n\r\nx\r\n", bob.address)
        pieces = (piece.decode() for piece in response.response)  # type: ignore[union-attr]
        told = next(piece for piece in pieces if "event: " in piece)
    finally:
        response.close()

    assert "event: arrived" in told
    assert json.loads(told.partition("data: ")[2])["ids"] == [bob.rows(inbox)[0]["id"]]


def test_a_draft_is_kept_and_a_message_put_into_a_folder(bob: Visitor) -> None:
    folders = bob.folders()
    if "drafts" not in folders:
        bob.client.post("/imap/folders", json={"path": "Drafts"})
    draft = bob.post("/imap/drafts", letter(bob) | {"to": []})
    kept: Any = bob.client.get(f"/imap/folders/{draft['folder']}/messages/{draft['id']}").json
    put = bob.client.post(
        f"/imap/folders/{folders['INBOX']['id']}/messages",
        data=io.BytesIO(b"Subject: put\r\n\r\nx\r\n"),
        content_type="message/rfc822",
        headers=OURS,
    )

    assert kept["subject"] == "季度报告"
    assert (put.status_code, bob.rows(folders["INBOX"]["id"])[0]["subject"]) == (201, "put")


def test_a_refused_recipient_stands_in_the_receipt(ann: Visitor, bob: Visitor) -> None:
    nobody = "nobody-at-all@mail.test"
    both = letter(bob, cc=[{"address": nobody}])
    receipt = ann.post("/smtp/messages", both)
    alone = ann.client.post("/smtp/messages", json=letter(bob) | {"to": [{"address": nobody}]})

    assert receipt["accepted"] == [bob.address]
    assert [each["address"] for each in receipt["refused"]] == [nobody]
    assert (alone.status_code, alone.json["code"]) == (422, "not-delivered")  # type: ignore[index]


def test_an_account_is_tested_leg_by_leg(server: ContractServer) -> None:
    host, mailbox = mailbox_app({"MAILBOX_CA_FILE": str(server.ca_file), "MAILBOX_ALLOWED_NETWORKS": "127.0.0.0/8"})
    host.register_blueprint(mailbox.accounts_blueprint(authorize=ANYONE), url_prefix="/setup")
    address, password = server.new_user()
    names = {"smtp": "smtps", "imap": "imaps", "pop3": "pop3s"}
    servers = {
        name: {"host": "localhost", "port": server.ports[port], "security": "tls"} for name, port in names.items()
    }
    good: Any = host.test_client().post("/setup/test", json={"address": address, "password": password} | servers).json
    bad: Any = host.test_client().post("/setup/test", json={"address": address, "password": "wrong"} | servers).json

    assert [(leg["leg"], leg["ok"]) for leg in good["legs"]] == [("smtp", True), ("imap", True), ("pop3", True)]
    assert [leg["ok"] for leg in bad["legs"]] == [False, False, False]
    assert all(leg["steps"][-1]["name"] == "login" and leg["steps"][-1]["hint"] for leg in bad["legs"])
