"""What a right configuration becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flask_mailbox import ConfigurationError, UsageError
from flask_mailbox.account import Account
from flask_mailbox.config import load_account
from flask_mailbox.devserver import MailServer
from flask_mailbox.services.check import check_account

from .apps import ME, app_of, default, settings


def user(**values: Any) -> Account:
    return load_account(values)


@pytest.mark.parametrize(
    ("written", "endpoint"),
    [
        ("imaps://mail.example.com", "imaps://mail.example.com:993"),
        ("IMAPS://mail.example.com:994/", "imaps://mail.example.com:994"),
        ("imap+starttls://mail.example.com", "imap+starttls://mail.example.com:143"),
        ("imap://127.0.0.1:1143", "imap://127.0.0.1:1143"),
        ("imap://localhost", "imap://localhost:143"),
        ("imap://[::1]:1143", "imap://[::1]:1143"),
        ("imaps://[2001:db8::1]", "imaps://[2001:db8::1]:993"),
        ({"host": "mail.example.com"}, "imaps://mail.example.com:993"),
        ({"HOST": "mail.example.com", "Port": "143", "security": "starttls"}, "imap+starttls://mail.example.com:143"),
        ({"host": "mail.example.com", "security": "ssl"}, "imaps://mail.example.com:993"),
        ({"host": "::1", "security": "none", "port": 1143}, "imap://[::1]:1143"),
    ],
)
def test_a_server_is_a_url_or_a_mapping(written: Any, endpoint: str) -> None:
    assert str(default(**ME | {"MAILBOX_IMAP": written}).imap) == endpoint


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("smtps://mail.example.com", "smtps://mail.example.com:465"),
        ("smtp+starttls://mail.example.com", "smtp+starttls://mail.example.com:587"),
        ("smtp://127.0.0.1", "smtp://127.0.0.1:25"),
    ],
)
def test_every_security_has_its_usual_port(url: str, endpoint: str) -> None:
    assert str(default(**ME, MAILBOX_SMTP=url).smtp) == endpoint


def test_a_provider_gives_servers_quirks_and_user_name() -> None:
    account = user(provider="163", address="me@163.com", password="code")

    assert [str(account.smtp), str(account.imap), str(account.pop3)] == [
        "smtps://smtp.163.com:465",
        "imaps://imap.163.com:993",
        "pop3s://pop.163.com:995",
    ]
    assert account.quirks.requires_imap_id
    assert account.credential is not None
    assert account.credential.username == account.sender == "me@163.com"


def test_an_address_of_a_known_domain_needs_no_provider() -> None:
    account = user(address="me@qq.com", password="code")

    assert account.provider is not None
    assert account.provider.id == "qq"


def test_servers_that_are_named_keep_the_domains_provider_away() -> None:
    account = user(address="me@gmail.com", password="x", imap="imaps://mail.example.com")

    assert account.provider is None
    assert account.smtp is None


def test_a_server_of_ones_own_replaces_the_providers() -> None:
    account = user(provider="163", address="me@163.com", password="x", smtp="smtp://127.0.0.1:2525", pop3=False)

    assert str(account.smtp) == "smtp://127.0.0.1:2525"
    assert str(account.imap) == "imaps://imap.163.com:993"
    assert account.pop3 is None


def test_a_domain_with_servers_of_its_own_gets_them() -> None:
    account = user(address="me@sina.cn", password="x")

    assert account.imap is not None
    assert account.imap.host == "imap.sina.cn"


def test_a_placeholder_stands_for_the_addresss_domain() -> None:
    account = user(provider="own", address="me@example.com", password="x")

    assert str(account.imap) == "imaps://imap.example.com:993"


@pytest.mark.parametrize(
    ("provider", "address", "username"),
    [
        ("gmail", "me@gmail.com", "me@gmail.com"),
        ("icloud", "me@icloud.com", "me"),
        ("qq", "10001@qq.com", "10001@qq.com"),
        ("yahoo-jp", "me@yahoo.co.jp", "me"),
        ("sendgrid", "me@example.com", "apikey"),
        ("resend", "me@example.com", "resend"),
    ],
)
def test_the_user_name_has_the_providers_form(provider: str, address: str, username: str) -> None:
    account = user(provider=provider, address=address, password="x")

    assert account.credential is not None
    assert account.credential.username == username


def test_a_relay_needs_no_address() -> None:
    account = user(provider="sendgrid", password="key", sender="Shop <shop@example.com>")

    assert (account.address, account.sender) == ("", "Shop <shop@example.com>")
    assert account.imap is account.pop3 is None


def test_a_provider_without_pop3_says_so_when_it_is_used() -> None:
    host, mailbox = app_of(MAILBOX_PROVIDER="icloud", MAILBOX_ADDRESS="me@icloud.com", MAILBOX_PASSWORD="x")

    with host.app_context(), pytest.raises(UsageError) as refusal, mailbox.pop3():
        pass

    assert "Apple iCloud Mail offers no POP3: use IMAP, or set MAILBOX_POP3" in str(refusal.value)


def test_the_doctor_says_too_that_a_provider_has_no_pop3() -> None:
    with MailServer({"me@icloud.com": "x", "me": "x"}) as server:
        config = server.config("me@icloud.com") | {"MAILBOX_PROVIDER": "icloud"}
        del config["MAILBOX_POP3"]
        steps = [step for step in check_account(default(**config)) if step.leg == "pop3"]

    assert [(step.name, step.ok) for step in steps] == [("configured", None)]
    assert steps[0].detail.startswith("Apple iCloud Mail offers no POP3: use IMAP")


def test_an_account_that_was_given_no_server_says_which_key_to_set() -> None:
    host, mailbox = app_of(**ME)

    with host.app_context(), pytest.raises(UsageError, match="'default' has no POP3 server: set MAILBOX_POP3"):
        mailbox.pop3().__enter__()


def test_a_token_makes_an_oauth2_credential_and_is_asked_for_each_time() -> None:
    tokens = iter(["one", "two"])
    account = user(address="me@outlook.com", oauth2=lambda: next(tokens))

    assert account.credential is not None
    assert account.credential.kind == "oauth2"
    assert [account.credential.secret.reveal() for _ in range(2)] == ["one", "two"]


def test_a_password_may_come_from_a_function() -> None:
    account = user(address="me@163.com", password=lambda: "code")

    assert account.credential is not None
    assert account.credential.secret.reveal() == "code"


@pytest.mark.parametrize(
    "written", ["me@example.com, Ann <ann@example.com>", ["me@example.com", "Ann <ann@example.com>"]]
)
def test_identities_are_a_list_or_a_text_with_commas(written: Any) -> None:
    assert default(**ME, MAILBOX_IDENTITIES=written).identities == ("me@example.com", "Ann <ann@example.com>")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "[::1]"])
def test_clear_text_on_this_machine_needs_no_leave(host: str) -> None:
    assert user(address="me@example.com", password="x", smtp=f"smtp://{host}:2525").smtp is not None


@pytest.mark.parametrize("host", ["10.0.0.1", "127.example.com", "localhost.example.com", "mail"])
def test_clear_text_to_elsewhere_needs_the_explicit_key(host: str) -> None:
    values = {"address": "me@example.com", "password": "x", "smtp": f"smtp://{host}"}

    with pytest.raises(ConfigurationError, match="in clear text"):
        load_account(values)
    assert load_account(values | {"allow_cleartext_login": True}).allow_cleartext_login


def test_clear_text_without_a_login_gives_nothing_away() -> None:
    assert user(smtp="smtp://relay.example.com").credential is None


def test_keys_may_be_written_in_either_case() -> None:
    assert load_account({"PROVIDER": "163", "Address": "me@163.com", "password": "x"}).address == "me@163.com"


def test_the_defaults_are_the_documented_ones() -> None:
    account = user(address="me@163.com", password="x")

    assert (account.timeouts.connect, account.timeouts.read, account.timeouts.operation) == (10, 30, 60)
    assert (account.pool_size, account.max_message_size) == (4, 25 * 1024 * 1024)
    assert (account.verify_tls, account.allow_cleartext_login, account.save_sent) == (True, False, False)


def test_defaults_for_all_accounts_yield_to_an_accounts_own(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    found = settings(
        MAILBOX_POOL_SIZE=5,
        MAILBOX_CA_FILE=str(authority),
        MAILBOX_ACCOUNTS={"a": {"smtp": "smtps://a.example"}, "b": {"smtp": "smtps://b.example", "pool_size": 1}},
    )

    assert {name: account.pool_size for name, account in found.accounts.items()} == {"a": 5, "b": 1}
    assert found.account("a").ca_file == authority
    assert "default" not in found.accounts


def test_an_own_preset_serves_the_apps_accounts() -> None:
    account = default(
        MAILBOX_PROVIDERS={"acme": {"imap": [{"host": "imap.acme.example", "port": 993, "security": "tls"}]}},
        MAILBOX_PROVIDER="acme",
        MAILBOX_ADDRESS="me@acme.example",
        MAILBOX_PASSWORD="x",
    )

    assert str(account.imap) == "imaps://imap.acme.example:993"


def test_an_account_cannot_be_changed() -> None:
    account = user(address="me@163.com", password="x")

    with pytest.raises(AttributeError):
        account.address = "you@163.com"  # type: ignore[misc]
