"""Signing in: finding the mailbox type, testing the connection, several accounts, limits, what the server keeps."""

from __future__ import annotations

import logging

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
    anns = ann.post("/switch", data={"csrf_token": token_of(ann), "place": "1"}, follow_redirects=True).text

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
        attempts.count(address="Ann@demo.test", client=client)
    attempts.count(address="b@demo.test", client="192.0.2.1")
    attempts.count(address="c@demo.test", client="192.0.2.1")

    assert not attempts.allowed(address="ann@demo.test", client="192.0.2.9")
    assert not attempts.allowed(address="d@demo.test", client="192.0.2.1")
    assert attempts.allowed(address="d@demo.test", client="192.0.2.2")


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


@pytest.mark.parametrize("key", ["demo", "dev", "", "changeme"])
def test_the_app_does_not_start_with_a_key_that_everybody_knows(key: str) -> None:
    with pytest.raises(ConfigurationError, match="FLASK_SECRET_KEY"):
        create_app({"SECRET_KEY": key, "MAILBOX_ACCOUNTS": {}})


def test_while_developing_a_key_is_made() -> None:
    assert len(create_app({"DEBUG": True, "MAILBOX_ACCOUNTS": {}}).secret_key or b"") == 32
