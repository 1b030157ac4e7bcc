"""The webmail behind nginx and gunicorn: what a visitor notices of them, which should be nothing."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
from email.message import Message as Headers
from http.cookiejar import CookieJar
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

import pytest

from flask_mailbox.devserver import MailServer

from ..example_app.person import Person
from ..servers.process import wait_for
from .conftest import Site, checked_out, environment

pytestmark = pytest.mark.real_server

PASSWORD = "ann-secret"
NOWHERE = {leg: f"{leg}s://127.0.0.1:{port}" for leg, port in (("smtp", 465), ("imap", 993), ("pop3", 995))}
"""Servers of an own domain that nobody runs."""


def visitor(site: Site) -> tuple[Person, CookieJar]:
    """Return somebody with a browser that knows the site's certificate."""
    jar = CookieJar()
    browser = build_opener(HTTPSHandler(context=site.context), HTTPCookieProcessor(jar))
    return Person(site.base, "ann@demo.test", PASSWORD, browser), jar


def sign_in(site: Site) -> tuple[Person, str]:
    """Return somebody who signed in with servers of an own domain, and the inbox."""
    ann, _ = visitor(site)
    form = ann.get("/sign-in/own")
    inbox = ann.post("/sign-in/own", form, address=ann.address, password=PASSWORD, do="enter", **site.servers)
    assert "/sign-out" in inbox
    return ann, inbox


def token_of(page: str) -> str:
    """Return the form token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def letter(page: str, size: int, **fields: str) -> tuple[bytes, dict[str, str]]:
    """Return the body and header fields of a form with a file of so many bytes."""
    boundary = "xxxxxxxxxx"
    values = {"csrf_token": token_of(page), "do": "send", "subject": "with a file", "body": "see there"} | fields
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in values.items()]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="attachments"; filename="a.bin"\r\n'
    file = head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + b"x" * size + b"\r\n"
    body = "".join(parts).encode() + file + f"--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def refused(browser: OpenerDirector, what: str | Request) -> tuple[int, Headers, str]:
    """Return the status, header fields and text of an answer that is no success."""
    try:
        browser.open(what, timeout=60).close()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read().decode()
    raise AssertionError("nothing was refused")


class Unfollowed(HTTPRedirectHandler):
    """Shows where a redirect leads instead of going there."""

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Headers, newurl: str) -> Any:
        return None


def test_the_plain_port_leads_to_the_secure_one(site: Site) -> None:
    code, headers, _ = refused(build_opener(Unfollowed), f"http://localhost:{site.plain}/sign-in?q=x")

    assert code == 301
    assert headers["Location"] == "https://localhost/sign-in?q=x"


def test_a_certificate_can_be_renewed_over_the_plain_port(site: Site) -> None:
    """What certbot puts there is asked for by name; the answer is a file, or that there is none, and no redirect."""
    code, _, _ = refused(build_opener(Unfollowed), f"http://localhost:{site.plain}/.well-known/acme-challenge/x")

    assert code == 404


def test_the_cookie_travels_over_tls_alone_and_is_hidden_from_scripts(site: Site) -> None:
    ann, jar = visitor(site)
    ann.get("/sign-in/own")
    (cookie,) = jar

    assert cookie.secure
    assert cookie.has_nonstandard_attr("HttpOnly")


def test_links_and_redirects_stay_on_the_site(site: Site) -> None:
    with visitor(site)[0].browser.open(f"{site.base}/", timeout=10) as response:
        assert response.url == f"{site.base}/sign-in"
        assert response.headers["Strict-Transport-Security"]


def test_new_mail_is_told_at_once_through_both(site: Site) -> None:
    ann, _ = sign_in(site)
    with ann.listen() as stream:
        site.mailserver.deliver(b"Subject: fresh\r\n\r\nx\r\n", "ann@demo.test")
        told = next(line for line in iter(stream.readline, b"") if line.startswith(b'data: {"'))

    assert json.loads(told[5:])["folder"] == "INBOX"


def test_a_large_letter_passes_and_one_too_large_is_explained(site: Site) -> None:
    ann, inbox = sign_in(site)
    body, headers = letter(inbox, 12 * 2**20, to="ann@demo.test")
    with ann.browser.open(Request(f"{site.base}/write", body, headers), timeout=60):  # noqa: S310 - to our own server
        pass
    assert wait_for(lambda: any(len(raw) > 12 * 2**20 for raw in site.mailserver.messages("ann@demo.test")), 30)

    body, headers = letter(inbox, 35 * 2**20, to="ann@demo.test")
    code, _, page = refused(ann.browser, Request(f"{site.base}/write", body, headers))  # noqa: S310 - to our own server
    assert code == 413
    assert "30" in page


def test_who_guesses_locks_only_himself_out_whatever_he_claims(site: Site) -> None:
    """Each visitor has an address of its own on loopback; the guesser claims another one with each try."""

    def attempt(source: str, number: int) -> int:
        connection = http.client.HTTPSConnection(
            "localhost", site.secure, timeout=30, context=site.context, source_address=(source, 0)
        )
        connection.request("GET", "/sign-in/own")
        page = connection.getresponse()
        cookie = (page.headers["Set-Cookie"] or "").partition(";")[0]
        form = {"csrf_token": token_of(page.read().decode()), "address": f"user{number}@demo.test", "password": "x"}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": cookie,
            "X-Forwarded-For": f"10.0.0.{number}",
            "Referer": f"{site.base}/sign-in/own",
        }
        connection.request("POST", "/sign-in/own", urlencode(form | NOWHERE | {"do": "enter"}), headers)
        status = connection.getresponse().status
        connection.close()
        return status

    answers = [attempt("127.0.0.2", number) for number in range(102)]

    assert answers[:100] == [400] * 100
    assert answers[100:] == [429] * 2
    assert attempt("127.0.0.3", 200) == 400


def test_what_waits_is_sent_when_the_service_stops_though_a_browser_listens(own_site: Site) -> None:
    site = own_site
    ann, inbox = sign_in(site)
    with ann.listen():
        ann.post("/write", inbox, do="send", to="bob@demo.test", subject="just in time", body="x")
        os.kill(site.gunicorn, signal.SIGTERM)

        assert wait_for(lambda: site.mailserver.messages("bob@demo.test"), 40)


def test_the_service_refuses_to_start_with_the_key_of_the_demo(tmp_path: Path, mailserver: MailServer) -> None:
    checkout = checked_out(tmp_path)
    settings = checkout / "example_app" / "deploy" / "gunicorn.conf.py"
    command = [sys.executable, "-m", "gunicorn", "-c", str(settings), "-b", "127.0.0.1:0", "example_app:create_app()"]
    service = environment(mailserver, FLASK_SECRET_KEY="demo")
    ended = subprocess.run(command, cwd=checkout, env=service, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode != 0
    assert "SECRET_KEY is that of the demo" in ended.stderr + ended.stdout
