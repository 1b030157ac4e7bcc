"""A browser, and the example app served as a person would start it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from example_app.seed import seed
from flask_mailbox.devserver import MailServer

from ..example_app.conftest import app_on

PATIENCE = 20_000.0
"""Milliseconds that anything may take: a machine with much else to do is no fault. What is quick, benchmarks say."""

expect.set_options(timeout=PATIENCE)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let a browser go on while a script or style is still sent: werkzeug leaves that file open, and Python tells."""
    left_open = "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    item.add_marker(pytest.mark.filterwarnings(left_open))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one for the run."""
    chromium = shutil.which("chromium")
    if chromium is None:
        missing = "Chromium is missing. On Debian: apt install chromium fonts-noto-cjk"
        if os.environ.get("CI") == "true":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield found
        found.close()


@dataclass
class Visit:
    """A page in a browser, and what it did that it should not."""

    page: Page
    base: str
    complaints: list[str]
    browser: Browser

    def another_browser(self) -> Visit:
        """Return a visit with cookies of its own; it ends with the browser."""
        context = self.browser.new_context(viewport={"width": 1200, "height": 720})
        context.set_default_timeout(PATIENCE)
        return Visit(context.new_page(), self.base, [], self.browser)

    def sign_in(self, password: str = "ann-secret", address: str = "ann@demo.test") -> None:
        """Choose the demo and sign in, as Ann if nobody else is named."""
        self.page.goto(self.base)
        self.page.get_by_role("link", name="Demo").click()
        self.page.get_by_label("Address", exact=True).fill(address)
        self.page.get_by_label("Password or authorization code").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def open_folder(self, name: str) -> None:
        """Follow a link beside the list; on a phone those are in a menu."""
        menu = self.page.locator(".folders-menu > summary")
        if menu.is_visible():
            menu.click()
        self.page.get_by_role("link", name=name).click()

    def sign_out(self) -> None:
        """Open the menu at the corner and sign out."""
        self.page.get_by_label("Account and settings").click()
        self.page.get_by_role("button", name="Sign out").click()


@contextmanager
def served(webmail: Flask) -> Iterator[str]:
    """Serve the app as a person would start it, and yield where."""
    server = make_server("127.0.0.1", 0, webmail, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        webmail.extensions["live"].close()
        server.shutdown()
        thread.join(5)
        server.server_close()
        with webmail.app_context():
            webmail.extensions["mailbox"].pool.close()


@pytest.fixture
def base(mailserver: MailServer) -> Iterator[str]:
    """Where the example app is served, with the demo's messages in its mailbox."""
    seed(mailserver, "ann@demo.test", "bob@demo.test")
    with served(app_on(mailserver, MAILBOX_READ_TIMEOUT=20)) as url:
        yield url


@pytest.fixture(params=[{}], ids=[""])
def visit(request: pytest.FixtureRequest, browser: Browser, base: str) -> Iterator[Visit]:
    """A fresh browser window; parametrised by the options of its context."""
    with visiting(browser, base, request.param) as made:
        yield made


@contextmanager
def visiting(browser: Browser, base: str, options: Mapping[str, Any]) -> Iterator[Visit]:
    """Open a window that notes every error, and every request to another origin."""
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 720}, **options})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    made = Visit(page, base, [], browser)
    page.on("console", lambda message: message.type == "error" and made.complaints.append(message.text))
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    page.on("request", lambda request: request.url.startswith(base) or made.complaints.append(request.url))
    yield made
    context.close()
