"""Fifty readers at once on pools of five, over a real server with threads: everybody gets his own mail."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import request
from werkzeug.serving import make_server

from flask_mailbox import ANYONE
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app

USERS = [f"user{number}" for number in range(2)]
READERS = 50
ROUNDS = 4


@pytest.fixture
def port(mailserver: MailServer) -> Iterator[int]:
    """The port of an app whose visitors say in a header who they are; each has a pool of five."""
    host, mailbox = mailbox_app({"MAILBOX_POOL_SIZE": 5, "MAILBOX_OPERATION_TIMEOUT": 30, "MAILBOX_READ_TIMEOUT": 30})
    accounts: dict[str, Any] = {}
    for user in USERS:
        mailserver.add_user(f"{user}@demo.test", f"{user}-secret")
        for number in range(3):
            mailserver.deliver(_letter(user, number), f"{user}@demo.test")

    @mailbox.account_loader
    def load() -> Any:
        user = request.headers["X-User"]
        if user not in accounts:
            config = mailserver.config(f"{user}@demo.test")
            keys = ("ADDRESS", "PASSWORD", "IMAP", "CA_FILE")
            accounts[user] = mailbox.load_account({key.lower(): config[f"MAILBOX_{key}"] for key in keys})
        return accounts[user]

    host.register_blueprint(mailbox.imap_blueprint(authorize=ANYONE), url_prefix="/api")
    server = make_server("127.0.0.1", 0, host, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join(10)
    server.server_close()
    with host.app_context():
        mailbox.state.pool.close()


def _letter(user: str, number: int) -> bytes:
    content = (f"{user}-{number} " * 40_000).encode()
    return (
        b"Subject: %b %d\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\nFor %b alone\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Disposition: attachment; filename=x.bin\r\n\r\n%b\r\n--b--\r\n"
        % (user.encode(), number, user.encode(), content)
    )


class Reader:
    """Reads the inbox of one user, again and again, and notes what is not his."""

    def __init__(self, port: int, number: int) -> None:
        self.user = USERS[number % len(USERS)]
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.strange: list[str] = []

    def get(self, path: str) -> bytes:
        self._connection.request("GET", f"/api{path}", headers={"X-User": self.user})
        response = self._connection.getresponse()
        data = response.read()
        if response.status != 200:
            self.strange.append(f"{response.status} {data[:200]!r}")
        return data

    def read(self) -> list[str]:
        """Return what was strange."""
        inbox = next(each["id"] for each in json.loads(self.get("/folders")) if each["path"] == "INBOX")
        for _ in range(ROUNDS):
            rows = json.loads(self.get(f"/folders/{inbox}/messages"))["messages"]
            if [row["subject"] for row in rows] != [f"{self.user} {number}" for number in (2, 1, 0)]:
                self.strange.append(f"{self.user} got {rows}")
            url = f"/folders/{inbox}/messages/{rows[0]['id']}"
            if json.loads(self.get(url))["text"].strip() != f"For {self.user} alone":
                self.strange.append(f"{self.user} got another text")
            if set(self.get(f"{url}/parts/2").split()) != {f"{self.user}-2".encode()}:
                self.strange.append(f"{self.user} got another file")
        self._connection.close()
        return self.strange


def test_fifty_readers_are_all_answered_with_their_own_mail(port: int, mailserver: MailServer) -> None:
    with ThreadPoolExecutor(READERS) as threads:
        strange = list(threads.map(lambda number: Reader(port, number).read(), range(READERS)))

    assert strange == [[]] * READERS
    assert mailserver.connections["imap"][0] <= 5 * len(USERS)
