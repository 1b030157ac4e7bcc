"""Every route: nobody reaches another's things, no other site changes anything, and reading leaves no trace.

A route that is not in the table fails the test: whoever adds one says here what it needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from flask_mailbox import Account, Mailbox
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app

OURS = {"X-Mailbox-Request": "1"}
USERS = {"ann@demo.test": "ann-secret", "bob@demo.test": "bob-secret"}
MAIL = {"to": [{"address": "bob@demo.test"}], "subject": "x", "text": "x"}
ANSWER = {"folder": "{folder}", "message": "{message}", "text": "x"}
RAW = b"Subject: x\r\n\r\nx\r\n"
MESSAGE = (
    b"Message-ID: <a@demo.test>\r\nSubject: secret\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHello\r\n'
    b'--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename="a.html"\r\n\r\n<p>x\r\n--b--\r\n'
)


@dataclass(frozen=True)
class Needs:
    """What a request to a route carries beside its path; ``{…}`` stands for an id of the account.

    :param body: JSON, or bytes of a message.
    :param form: Fields of a form.
    :param unread: Nobody reads the answer to its end: it has none.
    """

    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    unread: bool = False
    form: dict[str, str] | None = None


NOTHING = Needs()
TABLE: dict[str, Needs] = {
    "imap.folders.list": NOTHING,
    "imap.folders.create": Needs({"path": "made"}),
    "imap.folders.rename": Needs({"path": "renamed"}),
    "imap.folders.delete": NOTHING,
    "imap.messages.list": NOTHING,
    "imap.messages.append": Needs(RAW),
    "imap.threads.list": NOTHING,
    "imap.messages.read": NOTHING,
    "imap.messages.delete": NOTHING,
    "imap.messages.headers": NOTHING,
    "imap.messages.text": NOTHING,
    "imap.messages.raw": NOTHING,
    "imap.messages.html": NOTHING,
    "imap.messages.attachment": NOTHING,
    "imap.parts.list": NOTHING,
    "imap.parts.read": NOTHING,
    "imap.messages.flag": Needs({"add": ["\\Seen"]}),
    "imap.messages.flag_many": Needs({"ids": ["{message}"], "add": ["\\Seen"]}),
    "imap.messages.move": Needs({"folder": "{other}"}),
    "imap.messages.move_many": Needs({"ids": ["{message}"], "folder": "{other}"}),
    "imap.messages.copy": Needs({"folder": "{other}"}),
    "imap.messages.copy_many": Needs({"ids": ["{message}"], "folder": "{other}"}),
    "imap.messages.delete_many": Needs({"ids": ["{message}"]}),
    "imap.drafts.create": Needs(MAIL),
    "imap.changes.list": NOTHING,
    "imap.changes.ask": Needs({"cursor": "nonsense"}),
    "imap.events": Needs(unread=True),
    "pop3.entries.list": NOTHING,
    "pop3.entries.new": Needs(query={"since": "{entry}"}),
    "pop3.messages.read": NOTHING,
    "pop3.messages.top": NOTHING,
    "pop3.messages.text": NOTHING,
    "pop3.messages.html": NOTHING,
    "pop3.messages.attachment": NOTHING,
    "pop3.messages.raw": NOTHING,
    "pop3.parts.list": NOTHING,
    "pop3.parts.read": NOTHING,
    "pop3.messages.delete": NOTHING,
    "smtp.messages.send": Needs(MAIL),
    "smtp.messages.send_form": Needs(form={"message": json.dumps(MAIL)}),
    "smtp.replies.send": Needs(ANSWER),
    "smtp.replies.send_to_all": Needs(ANSWER),
    "smtp.forwards.send": Needs(ANSWER | {"to": MAIL["to"]}),
    "smtp.queue.add": Needs(MAIL | {"delay": 3600}),
    "smtp.queue.read": NOTHING,
    "smtp.queue.cancel": NOTHING,
    "accounts.providers.list": NOTHING,
    "accounts.providers.read": NOTHING,
    "accounts.discover": Needs({"address": "me@163.com"}),
    "accounts.test": Needs({"address": "me@163.com"}),
}
CROSS_SITE: dict[str, dict[str, Any]] = {
    "a form": {"data": {"any": "thing"}},
    "a form of parts": {"data": {"message": json.dumps(MAIL)}, "content_type": "multipart/form-data"},
    "text": {"data": json.dumps(MAIL), "content_type": "text/plain"},
    "no type": {"data": json.dumps(MAIL)},
    "nothing": {},
}
"""What a page can have a browser send to another site without asking it first (Fetch, "CORS-safelisted")."""

FACTORIES = ("imap", "pop3", "smtp", "accounts")
OPERATIONS = {
    name: (kind, method, path)
    for kind in FACTORIES
    for name, method, path, _ in getattr(Mailbox(), f"{kind}_blueprint")(authorize=lambda *_: True).operations
}


@dataclass
class Site:
    """An app whose visitors say by a cookie who they are."""

    host: Flask
    asked: list[tuple[str, str]]
    ids: dict[str, str] = field(default_factory=dict)

    def visitor(self, address: str) -> FlaskClient:
        client = self.host.test_client()
        client.set_cookie("user", address)
        return client

    def send(
        self,
        client: FlaskClient,
        name: str,
        headers: dict[str, str] | None = None,
        cross_site: dict[str, Any] | None = None,
    ) -> Any:
        """Send the request that the table describes, with the ids that are known.

        :param cross_site: The body that another site's page would send in its place.
        """
        kind, method, path = OPERATIONS[name]
        needs = TABLE[name]
        known = self.ids | ({"message": self.ids["entry"]} if kind == "pop3" else {})
        url = f"/{kind}{path.format_map(known)}"
        body: dict[str, Any] = {}
        if cross_site is not None:
            body = cross_site
        elif needs.form is not None:
            body = {"data": needs.form, "content_type": "multipart/form-data"}
        elif isinstance(needs.body, bytes):
            body = {"data": needs.body, "content_type": "message/rfc822"}
        elif needs.body is not None:
            body = {"json": _filled(needs.body, known)}
        query = _filled(needs.query, known)
        return client.open(url, method=method, query_string=query, headers=headers or {}, buffered=False, **body)


def _filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, known) for each in value]
    return value.format_map(known) if isinstance(value, str) and value.startswith("{") else value


@pytest.fixture
def site(mailserver: MailServer) -> Iterator[Site]:
    """The app, and the ids of Ann's things."""
    host, mailbox = mailbox_app({})
    asked: list[tuple[str, str]] = []

    @mailbox.account_loader
    def load() -> Account:
        return mailbox.load_account(mailserver_config(mailserver, request.cookies["user"]))

    def judge(operation: str, account: Account) -> bool:
        asked.append((operation, account.address))
        return request.headers.get("X-Denied") is None

    for kind in FACTORIES:
        made = getattr(mailbox, f"{kind}_blueprint")(authorize=judge)
        host.register_blueprint(made, url_prefix=f"/{kind}")
    mailserver.deliver(MESSAGE, "ann@demo.test")
    found = Site(host, asked)
    ann = found.visitor("ann@demo.test")
    folders: Any = {each["path"]: each["id"] for each in ann.get("/imap/folders").json}  # type: ignore[union-attr]
    rows: Any = ann.get(f"/imap/folders/{folders['INBOX']}/messages").json
    entries: Any = ann.get("/pop3/entries").json
    later: Any = ann.post("/smtp/queue", json=MAIL | {"delay": 3600}).json
    found.ids = {
        "ticket": later["id"],
        "folder": folders["INBOX"], "other": folders["Archive"], "message": rows["messages"][0]["id"],
        "entry": entries[0]["id"], "section": "2", "index": "0", "provider": "163",
    }  # fmt: skip
    asked.clear()
    yield found
    ann.delete(f"/smtp/queue/{later['id']}", headers=OURS)
    with host.app_context():
        mailbox.state.pool.close()


def mailserver_config(mailserver: MailServer, address: str) -> dict[str, Any]:
    """Return a user's account keys."""
    keys = ("ADDRESS", "PASSWORD", "SMTP", "IMAP", "POP3", "CA_FILE")
    config = mailserver.config(address)
    return {key.lower(): config[f"MAILBOX_{key}"] for key in keys}


def state(mailserver: MailServer) -> Any:
    """Return all that the two users have, flags too."""
    return {
        (address, name): [(message.uid, message.raw, frozenset(message.flags)) for message in folder.messages]
        for address in USERS
        for name, folder in mailserver.store.users[address].folders.items()
    }


def test_the_table_has_every_route_and_no_other() -> None:
    assert set(TABLE) == set(OPERATIONS)


def test_every_rule_of_the_app_is_in_the_table_or_only_says_what_there_is(site: Site) -> None:
    operations = {f"mailbox_{kind}.{name.replace('.', '_')}" for name, (kind, _, _) in OPERATIONS.items()}
    harmless = re.compile(r"static|mailbox_\w+\.(openapi|unknown|prefix/?|other:.*)")
    rules = [rule for rule in site.host.url_map.iter_rules() if not harmless.fullmatch(rule.endpoint)]

    assert {rule.endpoint for rule in rules} == operations
    assert all(len((rule.methods or set()) - {"HEAD"}) == 1 for rule in rules)


@pytest.mark.parametrize("kind", FACTORIES)
@pytest.mark.parametrize("path", ["", "/", "/nothing", "/openapi.json"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_what_is_no_operation_does_nothing(
    site: Site, mailserver: MailServer, kind: str, path: str, method: str
) -> None:
    before = state(mailserver)
    response = site.visitor("ann@demo.test").open(f"/{kind}{path}", method=method, headers=OURS)

    assert response.status_code in (404, 405)
    assert site.asked == []
    assert state(mailserver) == before


@pytest.mark.parametrize(
    "name", [name for name, (_, _, path) in OPERATIONS.items() if "{" in path and name[:4] != "acco"]
)
def test_anothers_ids_lead_to_nothing(site: Site, mailserver: MailServer, name: str) -> None:
    before = state(mailserver)
    response = site.send(site.visitor("bob@demo.test"), name, OURS)
    response.close()

    assert (response.status_code, response.json["code"]) == (404, "not-found")
    assert state(mailserver) == before


@pytest.mark.parametrize("body", CROSS_SITE.values(), ids=CROSS_SITE)
@pytest.mark.parametrize("name", [name for name, (_, method, _) in OPERATIONS.items() if method != "GET"])
def test_another_site_changes_nothing(site: Site, mailserver: MailServer, name: str, body: dict[str, Any]) -> None:
    before = state(mailserver)
    response = site.send(site.visitor("ann@demo.test"), name, cross_site=body)

    assert (response.status_code, response.json["code"]) == (403, "forbidden")
    assert state(mailserver) == before


@pytest.mark.parametrize("name", [name for name, (_, method, _) in OPERATIONS.items() if method == "GET"])
def test_reading_leaves_no_trace(site: Site, mailserver: MailServer, name: str) -> None:
    before = state(mailserver)
    response = site.send(site.visitor("ann@demo.test"), name)
    if not TABLE[name].unread:
        assert response.data
    response.close()

    assert response.status_code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert state(mailserver) == before


@pytest.mark.parametrize("name", TABLE)
def test_authorize_is_asked_with_the_operation_before_anything_happens(
    site: Site, mailserver: MailServer, name: str
) -> None:
    before = state(mailserver)
    response = site.send(site.visitor("ann@demo.test"), name, OURS | {"X-Denied": "1"})

    assert (response.status_code, response.json["code"]) == (403, "forbidden")
    assert [operation for operation, _ in site.asked] == [name]
    assert state(mailserver) == before


@pytest.mark.parametrize("name", TABLE)
def test_a_path_under_a_route_has_no_other_methods(site: Site, name: str) -> None:
    kind, _, path = OPERATIONS[name]
    known = site.ids | ({"message": site.ids["entry"]} if kind == "pop3" else {})
    allowed = {method for _, (other, method, same) in OPERATIONS.items() if (other, same) == (kind, path)}
    refused = next(method for method in ("PUT", "PATCH", "DELETE", "POST", "GET") if method not in allowed)
    response = site.visitor("ann@demo.test").open(f"/{kind}{path.format_map(known)}", method=refused, headers=OURS)

    assert (response.status_code, response.json["code"]) == (405, "method-not-allowed")  # type: ignore[index]
    assert allowed <= set(response.headers["Allow"].replace(" ", "").split(","))
