"""Flask-Mail's keys describe the default account's SMTP where ours do not."""

from __future__ import annotations

from typing import Any

import pytest

from .apps import app_of, default, problems, settings

MAIL: dict[str, Any] = {
    "MAIL_SERVER": "smtp.example.com",
    "MAIL_PORT": 587,
    "MAIL_USE_TLS": True,
    "MAIL_USERNAME": "me@example.com",
    "MAIL_PASSWORD": "secret",
}


@pytest.mark.parametrize(
    ("keys", "endpoint"),
    [
        ({}, "smtp+starttls://smtp.example.com:587"),
        ({"MAIL_USE_SSL": True, "MAIL_USE_TLS": False, "MAIL_PORT": 465}, "smtps://smtp.example.com:465"),
        ({"MAIL_USE_SSL": "true", "MAIL_USE_TLS": "false", "MAIL_PORT": "465"}, "smtps://smtp.example.com:465"),
        ({"MAIL_SERVER": "127.0.0.1", "MAIL_USE_TLS": "0", "MAIL_PORT": 2525}, "smtp://127.0.0.1:2525"),
    ],
)
def test_server_port_and_security_make_an_endpoint(keys: dict[str, Any], endpoint: str) -> None:
    assert str(default(**MAIL | keys).smtp) == endpoint


def test_user_name_password_and_sender_are_taken_over() -> None:
    account = default(**MAIL, MAIL_DEFAULT_SENDER=("Ann", "ann@example.com"))

    assert account.credential is not None
    assert (account.credential.username, account.credential.secret.reveal()) == ("me@example.com", "secret")
    assert (account.address, account.sender) == ("me@example.com", "Ann <ann@example.com>")


def test_a_server_without_a_login_is_a_relay() -> None:
    account = default(MAIL_SERVER="relay.example.com")

    assert account.credential is None
    assert str(account.smtp) == "smtp://relay.example.com:25"


def test_our_keys_win() -> None:
    account = default(
        **MAIL,
        MAIL_DEFAULT_SENDER="old@example.com",
        MAILBOX_SENDER="new@example.com",
        MAILBOX_USERNAME="you",
        MAILBOX_PASSWORD="other",
        MAILBOX_ADDRESS="you@example.com",
        MAILBOX_SMTP="smtps://smtp.example.com",
    )

    assert account.credential is not None
    assert (account.credential.username, account.credential.secret.reveal()) == ("you", "other")
    assert (account.address, account.sender) == ("you@example.com", "new@example.com")
    assert str(account.smtp) == "smtps://smtp.example.com:465"


def test_what_flask_mail_is_told_follows_our_keys() -> None:
    host, _ = app_of(**MAIL, MAIL_DEFAULT_SENDER="old@example.com", MAILBOX_SENDER="new@example.com")

    mail = host.extensions["mail"]

    assert (mail.server, mail.port, mail.use_tls, mail.use_ssl) == ("smtp.example.com", 587, True, False)
    assert mail.default_sender == "new@example.com"
    assert mail.password is None


def test_the_same_server_in_both_is_no_conflict() -> None:
    account = default(**MAIL, MAILBOX_SMTP="smtps://SMTP.example.com", MAILBOX_IMAP="imaps://imap.example.com")

    assert account.imap is not None
    assert str(account.smtp) == "smtps://smtp.example.com:465"


def test_a_provider_with_another_server_is_a_conflict() -> None:
    (found,) = problems(**MAIL, MAILBOX_PROVIDER="163", MAILBOX_ADDRESS="me@163.com", MAILBOX_PASSWORD="x")

    assert found == "MAIL_SERVER is 'smtp.example.com' and MAILBOX_* names 'smtp.163.com': remove one of them."


def test_a_provider_and_its_own_server_agree() -> None:
    account = default(**MAIL | {"MAIL_SERVER": "smtp.163.com", "MAIL_USERNAME": "me@163.com"}, MAILBOX_PROVIDER="163")

    assert str(account.smtp) == "smtps://smtp.163.com:465"
    assert str(account.imap) == "imaps://imap.163.com:993"


def test_without_a_server_flask_mails_keys_make_no_account() -> None:
    assert settings(MAIL_DEFAULT_SENDER="me@example.com", MAIL_SUPPRESS_SEND=True, MAIL_DEBUG=1).accounts == {}


@pytest.mark.parametrize(
    ("written", "meant"), [("false", False), ("0", False), (True, True), ("yes", True), (None, False)]
)
def test_a_word_for_ascii_file_names_means_what_it_says(written: Any, meant: bool) -> None:
    assert settings(MAIL_SERVER="127.0.0.1", MAIL_ASCII_ATTACHMENTS=written).mail["ascii_attachments"] is meant


@pytest.mark.parametrize(("written", "meant"), [("10", 10), (10, 10), (None, None), ("", None)])
def test_the_most_emails_of_a_connection_are_a_number(written: Any, meant: int | None) -> None:
    assert settings(MAIL_SERVER="127.0.0.1", MAIL_MAX_EMAILS=written).mail["max_emails"] == meant


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("MAIL_ASCII_ATTACHMENTS", "perhaps", "MAIL_ASCII_ATTACHMENTS is 'perhaps', and takes true or false."),
        ("MAIL_MAX_EMAILS", "many", "MAIL_MAX_EMAILS is 'many', and takes a whole number above 0"),
    ],
)
def test_a_mistake_in_a_key_of_flask_mail_is_named(key: str, value: str, said: str) -> None:
    (found,) = problems(MAIL_SERVER="127.0.0.1", **{key: value})

    assert found.startswith(said)


@pytest.mark.parametrize(
    ("pair", "sender"),
    [
        (("Ann", "ann@example.com"), "Ann <ann@example.com>"),
        (("王小明", "ann@example.com"), "王小明 <ann@example.com>"),
        (("Ann, Bob & Co.", "ann@example.com"), '"Ann, Bob & Co." <ann@example.com>'),
        (('The "Ann" \\ Team', "ann@example.com"), '"The Ann  Team" <ann@example.com>'),
        (("", "ann@example.com"), "ann@example.com"),
        ([None, "ann@example.com"], "ann@example.com"),
    ],
)
def test_a_pair_as_sender_is_written_as_people_do(pair: Any, sender: str) -> None:
    assert default(MAIL_SERVER="127.0.0.1", MAIL_DEFAULT_SENDER=pair).sender == sender
