"""Signing in with a domain of one's own: the servers are found, shown, and asked for nothing before one agrees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from flask_mailbox.devserver import MailServer

from ..discovery.world import World, running_world
from .conftest import app_on, sign_in, token_of


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as made:
        yield made


@pytest.fixture
def visitor(mailserver: MailServer) -> FlaskClient:
    """A browser on an app that asks no database on the Internet."""
    return app_on(mailserver, MAILBOX_ISPDB="").test_client()


def test_servers_that_dns_names_are_filled_in_and_to_be_checked(visitor: FlaskClient, world: World) -> None:
    world.records["_imaps._tcp.example.test", "SRV"] = ["0 1 993 mail.hoster.test."]
    page = sign_in(visitor, kind="own", address="ann@example.test", do="find").text

    assert 'name="imap" value="imaps://mail.hoster.test:993"' in page
    assert "Check the servers before you sign in." in page
    assert "Look twice: outside of example.test are mail.hoster.test." in page
    assert "ann-secret" not in page


def test_a_hosted_domain_leads_to_its_provider(visitor: FlaskClient, world: World) -> None:
    world.records["example.test", "MX"] = ["5 mxbiz1.qq.com."]
    page = sign_in(visitor, kind="own", address="ann@example.test", do="find").text

    assert "This is a mailbox of " in page
    assert "address=ann@example.test" in page


def test_a_server_with_a_user_name_of_its_own_is_signed_in_to_with_that(visitor: FlaskClient, world: World) -> None:
    world.records["example.test", "MX"] = ["10 mx01.mail.icloud.com."]
    page = sign_in(visitor, kind="own", address="ann@example.test", do="find").text
    typed = {"imap": "imaps://127.0.0.1", "smtp_username": "relay-7"}
    again = sign_in(visitor, kind="own", address="ann@example.test", do="test", **typed).text

    assert 'name="smtp_username" value="ann@example.test"' in page
    assert 'name="username" value="ann"' in page
    assert 'name="smtp_username" value="relay-7"' in again


def test_user_names_that_are_typed_reach_their_servers(mailserver: MailServer) -> None:
    app = app_on(mailserver, PRIVATE_SERVERS=True, MAILBOX_CA_FILE=str(mailserver.ca_file))
    servers = {"imap": f"imaps://127.0.0.1:{mailserver.imaps}", "smtp": f"smtps://127.0.0.1:{mailserver.smtps}"}
    names = {"imap_username": "ann@demo.test", "smtp_username": "bob@demo.test"}
    page = sign_in(app.test_client(), kind="own", address="ann@own.test", do="test", **servers, **names).text

    assert '<li class="good"><b>IMAP login</b>' in page
    assert '<li class="bad"><b>SMTP login</b>' in page  # with Ann's password


@pytest.mark.parametrize("key", ["address", "username", "smtp_username"])
def test_nobody_guesses_at_one_server_by_reading_at_another(mailserver: MailServer, tmp_path: Path, key: str) -> None:
    """A server of one's own takes any password; what another one says to it is a guess all the same."""
    own_users = {f"{number}@evil.test": "guess" for number in range(6)} | {"bob@demo.test": "guess"}
    with MailServer(own_users) as evil:
        both = tmp_path / "both.pem"
        both.write_text(evil.ca_file.read_text() + mailserver.ca_file.read_text())
        client = app_on(mailserver, PRIVATE_SERVERS=True, MAILBOX_CA_FILE=str(both)).test_client()
        servers = {"imap": f"imaps://127.0.0.1:{evil.imaps}", "smtp": f"smtps://127.0.0.1:{mailserver.smtps}"}

        def guess(number: int) -> int:
            fields = {"address": f"{number}@evil.test", **servers, key: "bob@demo.test"}
            return sign_in(client, "guess", kind="own", do="test", **fields).status_code

        codes = [guess(number) for number in range(6)]

    assert codes == [200] * 5 + [429]
    assert mailserver.connections["smtp"][0] == 5


def test_without_servers_the_password_goes_nowhere_but_they_are_searched(visitor: FlaskClient, world: World) -> None:
    page = sign_in(visitor, kind="own", address="ann@example.test", do="enter").text

    assert "these are the usual names" in page
    assert world.visits == []


def test_no_domain_no_search(visitor: FlaskClient) -> None:
    response = sign_in(visitor, kind="own", address="ann@localhost", do="find")

    assert response.status_code == 400
    assert 'role="alert"' in response.text


def test_searches_are_limited(visitor: FlaskClient, world: World) -> None:
    token = token_of(visitor)
    fields = {"address": "ann@example.test", "do": "find", "csrf_token": token}
    statuses = [visitor.post("/sign-in/own", data=fields).status_code for _ in range(11)]

    assert statuses == [200] * 10 + [429]
