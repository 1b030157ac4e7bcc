"""``OAUTH2`` as a mapping: what access tokens are fetched with, every mistake named and no secret shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from flask_mailbox import ConfigurationError
from flask_mailbox.account import RefreshGrant
from flask_mailbox.config import load_account, load_settings
from flask_mailbox.providers import oauth_profiles, shipped

CANARY = "S3cr3t-é-canary"
GRANT = {"client_id": "our-app", "refresh_token": "consent"}


def grant_of(grant: dict[str, Any], **account: Any) -> RefreshGrant:
    values = {"provider": "gmail", "address": "ann@gmail.com", "oauth2": grant} | account
    credential = load_account(values).credential

    assert credential is not None
    assert credential.kind == "oauth2"
    assert isinstance(credential.secret, RefreshGrant)
    return credential.secret


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("gmail", "https://oauth2.googleapis.com/token"),
        ("google-workspace", "https://oauth2.googleapis.com/token"),
        ("outlook", "https://login.microsoftonline.com/common/oauth2/v2.0/token"),
        ("microsoft-365", "https://login.microsoftonline.com/common/oauth2/v2.0/token"),
        ("21vianet", "https://login.partner.microsoftonline.cn/organizations/oauth2/v2.0/token"),
        ("gcc-high", "https://login.microsoftonline.us/organizations/oauth2/v2.0/token"),
        ("yahoo", "https://api.login.yahoo.com/oauth2/get_token"),
        ("aol", "https://api.login.aol.com/oauth2/get_token"),
        ("yandex", "https://oauth.yandex.com/token"),
        ("mailru", "https://oauth.mail.ru/token"),
        ("fastmail", "https://api.fastmail.com/oauth/refresh"),
        ("comcast", "https://oauth.xfinity.com/oauth/token"),
    ],
)
def test_the_provider_knows_where_tokens_are_handed_out(provider: str, url: str) -> None:
    assert grant_of(GRANT, provider=provider, address="ann@example.com").token_url == url


def test_every_providers_profile_leads_to_https() -> None:
    for provider in shipped().all():
        if provider.oauth_profile:
            url = oauth_profiles()[provider.oauth_profile].token_url()

            assert url.startswith("https://")
            assert "{" not in url


def test_a_profile_and_a_tenant_can_be_named() -> None:
    own = {"provider": None, "address": "ann@example.com", "imap": "imaps://mail.example.com"}

    grant = grant_of({**GRANT, "profile": "Microsoft", "tenant": "example.com"}, **own)
    assert grant.token_url == "https://login.microsoftonline.com/example.com/oauth2/v2.0/token"


def test_a_token_url_wins_over_the_provider() -> None:
    assert grant_of({**GRANT, "token_url": "https://login.example.com/t?x=1"}).token_url == (
        "https://login.example.com/t?x=1"
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080"])
def test_this_machine_needs_no_tls(host: str) -> None:
    assert grant_of({**GRANT, "token_url": f"http://{host}/token"}).token_url == f"http://{host}/token"


def test_keys_are_taken_in_either_case_and_scopes_as_a_list() -> None:
    grant = grant_of({"CLIENT_ID": 1234, "REFRESH_TOKEN": "x", "SCOPE": ["a", "b"], "CLIENT_AUTH": "basic"})

    assert (grant.client_id, grant.scope, grant.client_auth, grant.client_secret) == ("1234", "a b", "basic", None)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "lacks 'client_id' and 'refresh_token'"),
        ({"client_id": "x"}, "lacks 'refresh_token'"),
        ({**GRANT, "token": CANARY}, "unknown key 'token'"),
        ({**GRANT, "client_id": ["x"]}, "'client_id'"),
        ({**GRANT, "client_id": "密"}, "'client_id'"),
        ({**GRANT, "client_secret": [CANARY]}, "'client_secret'"),
        ({**GRANT, "client_secret": f"{CANARY}\r\n"}, "'client_secret'"),
        ({**GRANT, "refresh_token": 1.5}, "'refresh_token'"),
        ({**GRANT, "refresh_token": {"x": CANARY}}, "'refresh_token'"),
        ({**GRANT, "profile": "gogle"}, "takes one of: aol, comcast"),
        ({**GRANT, "tenant": "a/../b"}, "'tenant'"),
        ({**GRANT, "tenant": "x?y"}, "'tenant'"),
        ({**GRANT, "scope": [1]}, "'scope'"),
        ({**GRANT, "client_auth": "jwt"}, "'post' or 'basic'"),
        ({**GRANT, "on_refresh_token": "save"}, "'on_refresh_token'"),
        ({**GRANT, "token_url": "http://login.example.com/token"}, "is not https"),
        ({**GRANT, "token_url": "http://127.0.0.1.example.com/token"}, "is not https"),
        ({**GRANT, "token_url": "http://localhost.example.com/token"}, "is not https"),
        ({**GRANT, "token_url": "file:///etc/passwd"}, "no URL"),
        ({**GRANT, "token_url": "ftp://localhost/token"}, "is not https"),
        ({**GRANT, "token_url": f"https://me:{CANARY}@login.example.com/token"}, "'token_url'"),
        ({**GRANT, "token_url": "https://user@login.example.com/token"}, "user information"),
        ({**GRANT, "token_url": "https://login.example.com:99999/token"}, "no URL"),
        ({**GRANT, "token_url": "https:///token"}, "no URL"),
        ({**GRANT, "token_url": "https://[::1/token"}, "no URL"),
        ({**GRANT, "token_url": "https://login.example.com/token#x"}, "fragment"),
    ],
    ids=lambda value: str(value).replace(CANARY, "…")[-40:],
)
def test_each_mistake_is_named_and_no_secret_shown(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        grant_of(wrong)

    assert said in str(raised.value)
    assert str(raised.value).startswith("oauth2 ")
    assert CANARY not in json.dumps(raised.value.problems)


def test_a_provider_without_a_profile_needs_a_token_url() -> None:
    with pytest.raises(ConfigurationError, match="needs 'token_url', or 'profile' with one of: aol, comcast"):
        grant_of(GRANT, provider="163", address="me@163.com")


def test_an_account_shows_nothing_of_its_grant() -> None:
    values = {"client_id": "our-app", "client_secret": CANARY, "refresh_token": CANARY}
    account = load_account({"provider": "gmail", "address": "ann@gmail.com", "oauth2": values})

    assert "our-app" in repr(account)
    assert CANARY not in repr(account)
    assert CANARY not in json.dumps(account, default=str)


def test_a_grant_and_a_password_are_one_too_many() -> None:
    with pytest.raises(ConfigurationError, match="are both set"):
        grant_of(GRANT, password="x")


def test_the_keys_can_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in {
        "PROVIDER": "gmail",
        "ADDRESS": "ann@gmail.com",
        "OAUTH2__CLIENT_ID": "1234",
        "OAUTH2__CLIENT_SECRET": "5678",
        "OAUTH2__REFRESH_TOKEN": "1//consent",
    }.items():
        monkeypatch.setenv(f"FLASK_MAILBOX_{key}", value)
    host = Flask("host")
    host.config.from_prefixed_env()
    credential = load_settings(host.config).account(None).credential

    assert credential is not None
    assert isinstance(credential.secret, RefreshGrant)
    assert credential.secret.client_id == "1234"
    assert credential.secret.client_secret is not None
    assert credential.secret.client_secret.reveal() == "5678"
    assert credential.secret.refresh_token.reveal() == "1//consent"
