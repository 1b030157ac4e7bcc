"""Configuration from environment variables, where Flask makes numbers, booleans and nulls of texts."""

from __future__ import annotations

import pytest
from flask import Flask

from flask_mailbox import Account, ConfigurationError
from flask_mailbox.config import load_settings


def from_environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Account:
    """Return the default account of an app with these variables."""
    values = {"PROVIDER": "163", "ADDRESS": "me@163.com", "PASSWORD": "code"} | variables
    for key, value in values.items():
        monkeypatch.setenv(f"FLASK_MAILBOX_{key}", value)
    host = Flask("host")
    host.config.from_prefixed_env()
    return load_settings(host.config).account(None)


def password_of(account: Account) -> str:
    assert account.credential is not None
    return account.credential.secret.reveal()


def test_a_provider_whose_name_is_a_number_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    account = from_environment(monkeypatch, PROVIDER="163")

    assert account.provider is not None
    assert account.provider.id == "netease-163"
    assert str(account.imap) == "imaps://imap.163.com:993"


@pytest.mark.parametrize("written", ["123456", "0123", "-5", "12345678901234567890", "1_000", "abc", "it's", "tr ue"])
def test_a_password_is_what_was_written(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    assert password_of(from_environment(monkeypatch, PASSWORD=written)) == written


@pytest.mark.parametrize("written", ["123456", "1234e5", "true", "null", "1.50", "[1]"])
def test_a_quoted_password_is_what_stands_in_the_quotes(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    assert password_of(from_environment(monkeypatch, PASSWORD=f'"{written}"')) == written


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("1234e5", "float"),
        ("1.50", "float"),
        ("NaN", "float"),
        ("true", "bool"),
        ("false", "bool"),
        ("null", "null"),
        ("[1]", "list"),
        ('{"a": 1}', "dict"),
    ],
)
def test_a_password_that_is_lost_is_refused_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, written: str, kind: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^MAILBOX_PASSWORD arrived as {kind}.*Quote it") as caught:
        from_environment(monkeypatch, PASSWORD=written)

    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("written", ["false", "False", "0", "no", "off", "OFF"])
def test_a_word_for_false_means_false(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    account = from_environment(monkeypatch, VERIFY_TLS=written, POP3=written)

    assert account.verify_tls is False
    assert account.pop3 is None


@pytest.mark.parametrize("written", ["true", "True", "1", "yes", "on"])
def test_a_word_for_true_means_true(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    assert from_environment(monkeypatch, SAVE_SENT=written).save_sent is True


@pytest.mark.parametrize("written", ["", "null"])
def test_an_empty_value_counts_as_left_out(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    account = from_environment(monkeypatch, SENDER=written, IMAP=written, POOL_SIZE=written)

    assert account.sender == "me@163.com"
    assert str(account.imap) == "imaps://imap.163.com:993"
    assert account.pool_size == 4


def test_numbers_mean_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    account = from_environment(monkeypatch, POOL_SIZE="7", CONNECT_TIMEOUT='"2.5"', READ_TIMEOUT="4")

    assert account.pool_size == 7
    assert (account.timeouts.connect, account.timeouts.read, account.timeouts.operation) == (2.5, 4, 60)


def test_a_user_name_of_digits_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    account = from_environment(monkeypatch, PROVIDER="qq", ADDRESS="10001@qq.com", USERNAME="10001")

    assert account.credential is not None
    assert account.credential.username == "10001"


def test_a_server_may_be_a_mapping_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    account = from_environment(
        monkeypatch,
        SMTP__host="mail.example.com",
        SMTP__port="465",
        SMTP__security="ssl",
        POP3="pop3s://mail.example.com",
    )

    assert str(account.smtp) == "smtps://mail.example.com:465"
    assert str(account.pop3) == "pop3s://mail.example.com:995"


def test_named_accounts_stand_behind_double_underscores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_MAILBOX_ACCOUNTS__work__PROVIDER", "126")
    monkeypatch.setenv("FLASK_MAILBOX_ACCOUNTS__work__ADDRESS", "me@126.com")
    monkeypatch.setenv("FLASK_MAILBOX_ACCOUNTS__work__PASSWORD", "123456")
    host = Flask("host")
    host.config.from_prefixed_env()

    account = load_settings(host.config).account("work")

    assert account.imap is not None
    assert account.imap.host == "imap.126.com"
    assert password_of(account) == "123456"
