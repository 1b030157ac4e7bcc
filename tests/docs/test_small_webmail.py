"""The app that the tutorial builds, made of the blocks of its page and driven against the embedded server."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_mailbox.devserver import MailServer

from .blocks import ROOT, blocks

PAGE = "docs/tutorial/small-webmail.md"
USER, CODE = "me@163.com", "practice-code"


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer({USER: CODE}, profile="163") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the whole page."""
    write_files(tmp_path)
    return tmp_path


def write_files(folder: Path, until: int = sys.maxsize) -> None:
    """Put the files together from the blocks above a line of the page."""
    for block in [*blocks(PAGE, "python"), *blocks(PAGE, "html+jinja")]:
        if block.line < until:
            first, rest = block.text.split("\n", 1)
            path = folder / first.strip("#<!-> ")
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text("utf-8") + "\n\n" if path.exists() else ""
            path.write_text(before + rest, "utf-8")


@pytest.fixture
def start(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], FlaskClient]]:
    """What starts the app of a folder, with what the practice server prints in the environment."""
    server.reset()
    for key, value in server.config(USER).items():
        monkeypatch.setenv(f"FLASK_{key}", str(value))
    started: list[Flask] = []

    def start(folder: Path) -> FlaskClient:
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, "webmail", raising=False)
        started.append(importlib.import_module("webmail").app)
        return started[-1].test_client()

    yield start
    for app in started:
        app.extensions["mailbox"].pool.close()


@pytest.fixture
def browser(folder: Path, start: Callable[[Path], FlaskClient]) -> FlaskClient:
    return start(folder)


def enter(browser: FlaskClient, code: str = CODE) -> str:
    form = {"provider": "163", "address": USER, "password": code}
    return browser.post("/sign-in", data=form, follow_redirects=True).text


def test_it_stays_small(folder: Path) -> None:
    written = [line for path in folder.rglob("*.*") for line in path.read_text("utf-8").splitlines() if line.strip()]

    assert len(written) <= 180
    assert len((folder / "webmail.py").read_text("utf-8").splitlines()) <= 120


def test_the_app_runs_after_each_step(tmp_path: Path, server: MailServer, start: Callable[[Path], FlaskClient]) -> None:
    server.deliver(HOSTILE, USER)
    page = (ROOT / PAGE).read_text("utf-8").splitlines()
    steps = [number for number, line in enumerate(page, 1) if line.startswith("## ")][2:7]
    for done, end in enumerate(steps, 1):
        write_files(tmp_path / str(done), end)
        browser = start(tmp_path / str(done))

        assert "Authorization code" in browser.get("/sign-in").text
        assert ("Look" in enter(browser)) == (done >= 3)
        assert (browser.get("/messages/1").status_code == 200) == (done >= 4)


def test_a_wrong_code_is_answered_with_what_to_do(browser: FlaskClient) -> None:
    page = enter(browser, "the login password")

    assert "client authorization code" in page
    assert browser.get("/").headers["Location"] == "/sign-in"


def test_what_cannot_be_an_account_is_told_too(browser: FlaskClient) -> None:
    page = browser.post("/sign-in", data={"provider": "", "address": "nobody", "password": "x"}).text

    assert "write local@domain" in page


def test_somebody_signs_in_sends_lists_and_reads(browser: FlaskClient, server: MailServer) -> None:
    assert "Nothing here yet." in enter(browser)

    sent = browser.post("/write", data={"to": USER, "subject": "你好", "text": "<b>Hello</b>"}).text
    (uid,) = re.findall(r'/messages/(\d+)">你好<', browser.get("/").text)
    shown = browser.get(f"/messages/{uid}").text

    assert f"Sent to {USER}." in sent
    assert "你好" in shown
    assert 'sandbox="' in shown
    body = browser.get(f"/messages/{uid}/body")
    assert "&lt;b&gt;Hello&lt;/b&gt;" in body.text
    assert "sandbox" in body.headers["Content-Security-Policy"]


def test_hostile_mail_neither_runs_nor_loads_and_files_are_downloads(browser: FlaskClient, server: MailServer) -> None:
    server.deliver(HOSTILE, USER)
    enter(browser)
    body = browser.get("/messages/1/body").text
    shown = browser.get("/messages/1").text
    file = browser.get("/messages/1/files/0")

    assert "script" not in body
    assert "evil.example" not in body
    assert "passwd" in shown
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "/" not in file.headers["Content-Disposition"]
    assert browser.get("/messages/1/files/1").status_code == 404


def test_a_refused_recipient_and_a_missing_message_are_told(browser: FlaskClient) -> None:
    enter(browser)
    refused = browser.post("/write", data={"to": "nobody@163.com", "subject": "x", "text": "x"}).text
    missing = browser.get("/messages/99")

    assert "nobody@163.com was refused" in refused
    assert missing.status_code == 404
    assert "99" in missing.text


def test_the_cookie_holds_no_code_and_sign_out_ends_it(browser: FlaskClient) -> None:
    enter(browser)
    with browser.session_transaction() as session:
        assert list(session) == ["ticket"]
        ticket = session["ticket"]
    browser.post("/sign-out")
    with browser.session_transaction() as session:
        session["ticket"] = ticket

    assert browser.get("/").headers["Location"] == "/sign-in"


HOSTILE = b"""\
From: Eve <eve@evil.example>
To: me@163.com
Subject: Look
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<p onclick="x()">Hi<script>alert(1)</script><img src="https://evil.example/pixel"></p>
--b
Content-Type: text/html
Content-Disposition: attachment; filename="../../etc/passwd"

<script>alert(2)</script>
--b--
"""
