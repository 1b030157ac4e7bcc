"""Somebody with a browser of their own who uses the webmail over HTTP."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import cast
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

PATIENCE = 60.0


@dataclass
class Person:
    """One address and its cookies; every page must come without an error, or ``HTTPError`` is raised."""

    base: str
    address: str
    password: str
    browser: OpenerDirector = field(default_factory=lambda: build_opener(HTTPCookieProcessor(CookieJar())))

    def get(self, path: str) -> str:
        """Return a page."""
        with self.browser.open(self.base + path, timeout=PATIENCE) as response:
            return cast(bytes, response.read()).decode()

    def post(self, path: str, page: str, **fields: str) -> str:
        """Send a form with the token of a page, and return where that leads."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token, page
        data = urlencode({"csrf_token": token[1], **fields}).encode()
        with self.browser.open(self.base + path, data, timeout=PATIENCE) as response:
            return cast(bytes, response.read()).decode()

    def sign_in(self) -> str:
        """Return the inbox."""
        form = self.get("/sign-in/demo")
        return self.post("/sign-in/demo", form, address=self.address, password=self.password)

    def listen(self) -> HTTPResponse:
        """Open the stream of events, and wait until it is there."""
        stream = cast(HTTPResponse, self.browser.open(f"{self.base}/events", timeout=PATIENCE))
        for _ in range(20):
            if stream.readline().startswith(b"event: ready"):
                return stream
        raise AssertionError("the stream told nothing")

    def wait_for(self, subject: str) -> str:
        """Look at the inbox until a message is there, and return the path that opens it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            rows = re.findall(
                r'<a class="rowlink" href="([^"]+)".*?<span class="subject">(.*?)</span>', self.get("/"), re.S
            )
            found = next((path for path, text in rows if text == subject), None)
            if found:
                return unescape(found)
            time.sleep(0.1)
        raise AssertionError(f"{self.address} never saw {subject}")

    def use(self, other: str) -> None:
        """Write to somebody, read what comes, answer, search, look over POP3, delete, and leave."""
        inbox = self.sign_in()
        with self.listen():
            self.post("/write", inbox, do="send", to=other, subject=f"from {self.address}", body="你好")
            path = self.wait_for("for everybody")
            page = self.get(path)
            assert "read this" in page
            self.get(path.replace("/message", "/message/source"))
            assert "for everybody" in self.get("/?q=everybody")
            assert "The same mailbox over POP3" in self.get("/pop3/")
            self.get("/?view=conversations")
            self.post("/organise", page, action="delete", uid="1", folder="INBOX")
            self.get("/?folder=Sent")
        self.post("/sign-out", page)
