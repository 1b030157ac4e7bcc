"""Signing in: finding the mailbox type, testing the connection, several accounts, limits, what the server keeps."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient

from example_app import create_app
from example_app.attempts import Attempts
from example_app.vault import Vault
from flask_mailbox import ConfigurationError
from flask_mailbox.devserver import MailServer

from .conftest import app_on, sign_in, token_of


def test_a_mailbox_type_is_found_by_its_name(visitor: FlaskClient) -> None:
    page = visitor.get("/sign-in?q=yandex").text

    assert '<li  data-names="yandex' in page
    assert '<li hidden data-names="netease-163' in page


def test_an_address_leads_to_its_type(visitor: FlaskClient) -> None:
    known = visitor.get("/sign-in?q=me@163.com").location
    unknown = visitor.get("/sign-in?q=me@own.example").location

    assert known == "/sign-in/netease-163?address=me@163.com"
    assert unknown == "/sign-in/own?address=me@own.example"
    assert 'value="me@163.com"' in visitor.get(known).text


@pytest.mark.parametrize(("kind", "text"), [("outlook", "OAuth2 only"), ("hey", "no program sign in")])
def test_what_takes_no_password_says_so(visitor: FlaskClient, kind: str, text: str) -> None:
    assert text in visitor.get(f"/sign-in/{kind}").text


def test_testing_the_connection_shows_all_three_and_signs_nobody_in(visitor: FlaskClient) -> None:
    response = sign_in(visitor, do="test")

    assert response.status_code == 200
    for leg in ("SMTP login", "IMAP login", "POP3 login"):
        assert f'<li class="good"><b>{leg}</b>' in response.text
    assert visitor.get("/").status_code == 303


def test_one_leg_that_fails_is_told_and_the_others_work(visitor: FlaskClient, mailserver: MailServer) -> None:
    mailserver.faults.set("pop3", drop_before="CONNECT")
    page = sign_in(visitor, do="test").text

    assert '<li class="bad"><b>POP3 ' in page
    assert '<li class="good"><b>IMAP login</b>' in page
    assert sign_in(visitor).status_code == 303


def test_servers_that_somebody_names_are_public_ones(visitor: FlaskClient, mailserver: MailServer) -> None:
    servers = {"kind": "own", "imap": f"imaps://127.0.0.1:{mailserver.imaps}"}
    page = sign_in(visitor, **servers).text

    assert "The mailbox could not be opened." in page
    assert '<li class="good"><b>IMAP login</b>' not in page
    assert "PUBLIC" in page or "public" in page


def test_several_mailboxes_are_open_at_once(ann: FlaskClient, mailserver: MailServer) -> None:
    mailserver.deliver(b"Subject: for ann\r\n\r\nx\r\n", "ann@demo.test")
    mailserver.deliver(b"Subject: for bob\r\n\r\nx\r\n", "bob@demo.test")
    sign_in(ann, "bob-secret", address="bob@demo.test")
    bobs = ann.get("/").text
    anns = ann.post(
        "/switch", data={"csrf_token": token_of(ann), "address": "ann@demo.test"}, follow_redirects=True
    ).text

    assert "for bob" in bobs
    assert "for ann" not in bobs
    assert "for ann" in anns


def test_signing_out_of_one_mailbox_leaves_the_other_open(ann: FlaskClient) -> None:
    sign_in(ann, "bob-secret", address="bob@demo.test")
    left = ann.post("/sign-out", data={"csrf_token": token_of(ann)}, follow_redirects=True).text
    gone = ann.post("/sign-out", data={"csrf_token": token_of(ann), "all": "1"}, follow_redirects=True)

    assert "ann@demo.test" in left
    assert "bob@demo.test" not in left
    assert gone.request.path == "/sign-in"


def test_preferences_survive_signing_in_and_out(visitor: FlaskClient) -> None:
    visitor.post("/preferences", data={"csrf_token": token_of(visitor), "theme": "dark", "back": "//evil.test"})
    sign_in(visitor)
    page = visitor.get("/").text

    assert 'data-theme="dark"' in page


def test_going_back_stays_on_this_site(visitor: FlaskClient) -> None:
    for back in ("//evil.test/x", "https://evil.test", "/\\evil.test", "javascript:x"):
        answer = visitor.post("/preferences", data={"csrf_token": token_of(visitor), "theme": "dark", "back": back})

        assert answer.location == "/"


def test_an_address_is_locked_for_all_clients_and_a_client_for_all_addresses() -> None:
    attempts = Attempts(per_address=2, per_client=3)
    for client in ("192.0.2.1", "192.0.2.2"):
        attempts.take("Ann@demo.test", client=client)
    attempts.take("b@demo.test", client="192.0.2.1")
    attempts.take("c@demo.test", client="192.0.2.1")

    assert not attempts.take("ann@demo.test", client="192.0.2.9")
    assert not attempts.take("d@demo.test", client="192.0.2.1")
    assert attempts.take("d@demo.test", client="192.0.2.2")


def test_tries_at_the_same_time_are_counted_like_any_others(webmail: Flask, mailserver: MailServer) -> None:
    browsers = [webmail.test_client() for _ in range(12)]
    tokens = [token_of(browser) for browser in browsers]
    together = Barrier(12, timeout=30)

    def guess(number: int) -> int:
        fields = {"address": "ann@demo.test", "password": f"guess {number}", "csrf_token": tokens[number]}
        together.wait()
        return browsers[number].post("/sign-in/demo", data=fields).status_code

    with ThreadPoolExecutor(12) as pool:
        codes = sorted(pool.map(guess, range(12)))

    assert codes == [400] * 5 + [429] * 7
    assert mailserver.connections["imap"][0] == 5


def test_who_knows_the_password_may_come_and_go_as_often_as_wanted(visitor: FlaskClient) -> None:
    assert [sign_in(visitor).status_code for _ in range(7)] == [303] * 7


@pytest.mark.parametrize("token", ["none", "", "ü", "\udcff"])
def test_nobody_is_signed_in_by_a_form_of_another_site(visitor: FlaskClient, token: str) -> None:
    fields = {"address": "ann@demo.test", "password": "ann-secret", "csrf_token": token.encode("utf-8", "replace")}
    without_cookies = visitor.post("/sign-in/demo", data=fields).status_code
    token_of(visitor)
    with_cookies = visitor.post("/sign-in/demo", data=fields).status_code

    assert (without_cookies, with_cookies) == (400, 400)
    assert visitor.get("/").status_code == 303


def test_behind_a_proxy_visitors_are_told_apart(mailserver: MailServer) -> None:
    app = app_on(mailserver, PROXIES=1)
    app.extensions["attempts"] = Attempts(per_client=2)
    client = app.test_client()

    def guess(number: int, visitor: str) -> int:
        forwarded = {"X-Forwarded-For": f"203.0.113.9, {visitor}", "X-Forwarded-Proto": "https"}
        fields = {"address": f"{number}@demo.test", "password": "x", "csrf_token": token_of(client)}
        return client.post("/sign-in/demo", data=fields, headers=forwarded).status_code

    assert [guess(number, "192.0.2.1") for number in range(3)] == [400, 400, 429]
    assert guess(4, "192.0.2.2") == 400


def test_nobody_chooses_the_address_that_is_counted(mailserver: MailServer) -> None:
    app = app_on(mailserver)
    app.extensions["attempts"] = Attempts(per_client=2)
    client = app.test_client()
    fields = {"address": "x@demo.test", "password": "x", "csrf_token": token_of(client)}
    claims = [{"X-Forwarded-For": f"192.0.2.{number}"} for number in range(3)]
    codes = [client.post("/sign-in/demo", data=fields, headers=claim).status_code for claim in claims]

    assert codes == [400, 400, 429]


def test_the_memory_of_the_server_holds_no_password(webmail: Flask, ann: FlaskClient) -> None:
    entries = webmail.extensions["vault"]._entries

    assert entries
    assert b"ann-secret" not in b"".join(entry.sealed for entry in entries.values())


def test_a_ticket_with_another_key_opens_nothing() -> None:
    vault = Vault(60.0)
    one, two = vault.put({"address": "a"}), vault.put({"address": "b"})
    forged = one.partition(".")[0] + "." + two.partition(".")[2]

    assert vault.get(one) == {"address": "a"}
    assert [vault.get(ticket) for ticket in (forged, "1.x", "", "9.")] == [None] * 4


def test_no_log_tells_the_password(visitor: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(visitor, do="test")
    sign_in(visitor)

    assert "ann-secret" not in caplog.text


def test_the_demo_is_offered_only_where_its_server_runs(mailserver: MailServer) -> None:
    app = app_on(mailserver, MAILBOX_ACCOUNTS={}, MAILBOX_DEFAULT_ACCOUNT=None, SECRET_KEY="x" * 32)
    page = app.test_client().get("/sign-in").text

    assert "nothing leaves this machine" not in page


SERVERS = {"SMTP": "smtps://mail.example", "IMAP": "imaps://mail.example", "ADDRESS": "a@b.example", "PASSWORD": "x"}


@pytest.mark.parametrize("key", ["demo", "dev", "", "changeme"])
@pytest.mark.parametrize("accounts", [{}, {"demo": SERVERS}], ids=["", "an account that is called demo"])
def test_the_app_does_not_start_with_a_key_that_everybody_knows(key: str, accounts: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="FLASK_SECRET_KEY"):
        create_app({"SECRET_KEY": key, "MAILBOX_ACCOUNTS": accounts})


def test_while_developing_a_key_is_made_and_the_cookie_needs_no_tls() -> None:
    app = create_app({"DEBUG": True, "MAILBOX_ACCOUNTS": {}})

    assert len(app.secret_key or b"") == 32
    assert not app.config["SESSION_COOKIE_SECURE"]


def test_elsewhere_the_cookie_goes_over_tls_only() -> None:
    client = create_app({"SECRET_KEY": "k" * 32, "MAILBOX_ACCOUNTS": {}}).test_client()
    cookie = client.get("/sign-in/other").headers["Set-Cookie"]

    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax"))
