"""The page on OAuth2: its app asks for the consent and reads the mailbox, at Google's and Microsoft's of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_mailbox.devserver import MailServer
from flask_mailbox.providers import OAuthProfile, oauth_profiles

from ..oauth.tokenserver import TokenServer, running_token_server
from .blocks import blocks, run

ADDRESSES = {"google": ("gmail", "ann@gmail.com"), "microsoft": ("outlook", "ann@outlook.com")}
Make = Callable[[str], FlaskClient]


@pytest.fixture
def token_server() -> Iterator[TokenServer]:
    """A token endpoint that swaps a code for tokens, and renews them."""
    with running_token_server() as server:

        def swap(form: dict[str, str]) -> Any:
            if form.get("grant_type") == "authorization_code":
                assert (form["code"], bool(form["code_verifier"])) == ("a-code", True)
                return 200, {"access_token": "first", "token_type": "Bearer", "refresh_token": server.refresh_token}
            return None

        server.answers = swap
        yield server


@pytest.fixture
def make(token_server: TokenServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """What makes a browser in front of the page's app, whose provider is ours."""
    opened: list[Any] = []

    def make(provider: str) -> FlaskClient:
        preset, address = ADDRESSES[provider]
        server = MailServer({address: "no password is taken"}, profile=preset).start()
        opened.append(server.stop)
        server.deliver(b"Subject: Hello\r\n\r\nHi\r\n", address)
        token_server.mint = lambda: server.add_user(address, "none", "a-token") or "a-token"
        hosts = {
            protocol: [{"host": "localhost", "port": getattr(server, f"{protocol}s"), "security": "tls"}]
            for protocol in ("smtp", "imap", "pop3")
        }
        own = {"name": preset, "auth": {"methods": ["oauth2"], "oauth_profile": provider}, **hosts}
        config = {
            "SECRET_KEY": "test",
            "MAILBOX_PROVIDERS": {preset: own},
            "MAILBOX_CA_FILE": str(server.ca_file),
            f"{provider.upper()}_CLIENT_ID": token_server.client_id,
            f"{provider.upper()}_CLIENT_SECRET": token_server.client_secret,
        }
        monkeypatch.setattr(Flask, "default_config", {**Flask.default_config, **config})
        monkeypatch.setitem(oauth_profiles(), provider, OAuthProfile(provider, token_server.url))
        monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        names: dict[str, Any] = {"__name__": "page"}
        run(blocks("docs/howto/oauth2.md", "python")[0], names)
        names["oauth"].create_client(provider).access_token_url = token_server.url
        opened.append(names["app"].extensions["mailbox"].pool.close)
        browser: FlaskClient = names["app"].test_client()
        return browser

    yield make
    for close in reversed(opened):
        close()


@pytest.mark.parametrize("provider", ADDRESSES)
def test_who_agrees_sees_the_inbox(make: Make, provider: str, token_server: TokenServer) -> None:
    browser = make(provider)
    asked = browser.get(f"/connect/{provider}", query_string={"address": ADDRESSES[provider][1]})
    question = parse_qs(urlsplit(asked.headers["Location"]).query)
    back = browser.get(f"/connected/{provider}", query_string={"code": "a-code", "state": question["state"][0]})
    inbox = browser.get(back.headers["Location"])

    assert question["login_hint"] == [ADDRESSES[provider][1]]
    assert "offline" in question.get("access_type", question["scope"])[0]
    assert inbox.json == ["Hello"]
    assert [form["grant_type"] for form in token_server.forms] == ["authorization_code", "refresh_token"]


def test_who_did_not_agree_sees_nothing(make: Make) -> None:
    browser = make("google")

    assert browser.get("/inbox").status_code == 409
    assert browser.get("/connected/google?code=a-code&state=made-up").status_code == 404
    assert browser.get("/connect/elsewhere?address=ann@gmail.com").status_code == 404
