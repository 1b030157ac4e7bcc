"""The error table: what servers say, what it means, and what to do about it."""

from __future__ import annotations

import re

import pytest

from flask_mailbox.providers import Provider, advise, shipped
from flask_mailbox.providers.errortable import _patterns

APP_PASSWORD = "app_password_required"
SAID = [
    # provider, protocol, the server's words, category, transient
    ("163", "smtp", "535 Error: authentication failed", "bad_credentials", False),
    ("163", "smtp", "550 User has no permission", "protocol_disabled", False),
    ("163", "smtp", "553 Mail from must equal authorized user", "sender_mismatch", False),
    ("126", "smtp", "554 DT:SPM 126 smtp1,AAAA see http://mail.163.com/help", "spam_rejected", False),
    ("126", "smtp", "421 HL:REP 126 smtp1,AAAA see http://mail.163.com/help", "spam_rejected", True),
    ("163", "smtp", "554 HL:ITC 163 smtp1,AAAA see http://mail.163.com/help", "quota", True),
    ("163", "smtp", "554 MI:STC 163 smtp1,AAAA see http://mail.163.com/help", "quota", True),
    ("163", "smtp", "550 RP:TRC 163 smtp1,AAAA see http://mail.163.com/help", "quota", True),
    ("163", "smtp", "554 MI:SPB 163 smtp1,AAAA see http://mail.163.com/help", "spam_rejected", False),
    ("163", "smtp", "451 RP:CEL 163 smtp1,AAAA see http://mail.163.com/help", "spam_rejected", True),
    ("163", "smtp", "554 DT:SUM 163 smtp1,AAAA see http://mail.163.com/help", "sender_mismatch", False),
    ("163", "smtp", "554 IP<192.0.2.1> in blacklist", "spam_rejected", False),
    ("126", "smtp", "550 RP:XYZ 126 smtp1,AAAA see http://mail.163.com/help", "spam_rejected", False),
    ("126", "smtp", "421 HL:XYZ 126 smtp1,AAAA", "spam_rejected", True),
    ("126", "smtp", "450 MI:XYZ 126 smtp1,AAAA", "spam_rejected", True),
    ("126", "smtp", "554 DT:XYZ 126 smtp1,AAAA", "spam_rejected", False),
    ("yeah", "smtp", "451 Requested mail action not taken: too much fail authentication", "rate_limited", True),
    ("163", "imap", "SELECT Unsafe Login. Please contact kefu@188.com for help", "id_required", False),
    ("163", "imap", "LOGIN Login error or password error", "bad_credentials", False),
    ("163", "imap", "Request not ending with \\r\\n", "syntax", False),
    ("163", "imap", "SEARCH State error", "syntax", False),
    ("qq", "smtp", "535 Login Fail. Please enter your authorization code to login.", APP_PASSWORD, False),
    ("qq", "smtp", "501 mail from address must be same as authorization user.", "sender_mismatch", False),
    ("exmail", "smtp", "535 Login Fail. Please enter your authorization code to login.", APP_PASSWORD, False),
    ("gmail", "smtp", "534 5.7.9 Application-specific password required. For more", APP_PASSWORD, False),
    ("gmail", "smtp", "534-5.7.9 Application-specific password required.", APP_PASSWORD, False),
    ("gmail", "smtp", "535 5.7.8 Username and Password not accepted. Learn more", "bad_credentials", False),
    ("gmail", "smtp", "454 4.7.0 Too many login attempts, please try again later.", "rate_limited", True),
    ("gmail", "imap", "[AUTHENTICATIONFAILED] Invalid credentials (Failure)", "bad_credentials", False),
    ("gmail", "imap", "[ALERT] Application-specific password required: https://support", APP_PASSWORD, False),
    ("gmail", "imap", "[WEBALERT https://accounts.google.com/x] Web login required.", "web_login_required", False),
    ("gmail", "imap", "[ALERT] Too many simultaneous connections. (Failure)", "too_many_connections", True),
    (
        "outlook",
        "smtp",
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        "oauth_required",
        False,
    ),
    ("office365", "smtp", "535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox", "admin_disabled", False),
    ("outlook", "imap", "LOGIN failed.", "oauth_required", False),
    ("outlook", "imap", "User is authenticated but not connected.", "protocol_disabled", True),
    ("outlook", "smtp", "432 4.3.2 Concurrent connections limit exceeded.", "too_many_connections", True),
    ("yahoo", "imap", "[AUTHENTICATIONFAILED] LOGIN Invalid credentials", APP_PASSWORD, False),
    ("icloud", "smtp", "535 5.7.8 Error: authentication failed: authentication failure", APP_PASSWORD, False),
    ("zoho", "smtp", "535 Authentication Failed", APP_PASSWORD, False),
    (
        "yandex",
        "smtp",
        "535 5.7.8 Error: authentication failed: This user does not have access rights to this service",
        "protocol_disabled",
        False,
    ),
    ("mailru", "imap", "[AUTHENTICATIONFAILED] Application password is REQUIRED", APP_PASSWORD, False),
    ("aliyun", "smtp", "526 Authentication failure[0]", "bad_credentials", False),
    (None, "imap", "[AUTHENTICATIONFAILED] Authentication failed.", "bad_credentials", False),
    (None, "imap", "[UNAVAILABLE] Temporary authentication failure.", "temporary", True),
    (
        None,
        "imap",
        "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
        "too_many_connections",
        True,
    ),
    (None, "smtp", "530 5.7.0 Must issue a STARTTLS command first", "tls_required", False),
    (None, "smtp", "530 5.7.0 Authentication required", "login_required", False),
    (None, "smtp", "554 5.7.1 <x@example.org>: Relay access denied", "sender_mismatch", False),
]


def preset(name: str | None) -> Provider | None:
    return shipped().get(name) if name else None


@pytest.mark.parametrize(
    ("name", "protocol", "words", "category", "transient"), SAID, ids=lambda value: str(value)[:40]
)
def test_what_a_server_says_has_a_meaning(
    name: str | None, protocol: str, words: str, category: str, transient: bool
) -> None:
    advice = advise(protocol, words, provider=preset(name))

    assert advice is not None
    assert (advice.category, advice.transient) == (category, transient)
    assert len(advice.hint) > 10
    assert "{" not in advice.hint


@pytest.mark.parametrize("pattern", _patterns(), ids=lambda pattern: f"{pattern.family}-{pattern.match[0][:20]}")
def test_every_row_of_the_table_advises(pattern: object) -> None:
    for text in pattern.match:  # type: ignore[attr-defined]
        protocol = "imap" if pattern.protocol == "any" else pattern.protocol  # type: ignore[attr-defined]
        advice = advise(protocol, f"before {text} after", family=pattern.family)  # type: ignore[attr-defined]

        assert advice is not None
        assert advice.hint


def test_a_familys_own_meaning_comes_before_the_general_one() -> None:
    words = "[AUTHENTICATIONFAILED] LOGIN Invalid credentials"

    assert advise("imap", words, provider=preset("yahoo")).category == "app_password_required"  # type: ignore[union-attr]
    assert advise("imap", words).category == "bad_credentials"  # type: ignore[union-attr]


def test_another_familys_words_mean_nothing_here() -> None:
    assert advise("smtp", "553 Mail from must equal authorized user", provider=preset("gmail")) is None


def test_another_protocols_words_mean_nothing_here() -> None:
    assert advise("smtp", "SELECT Unsafe Login", provider=preset("163")) is None


def test_words_that_nobody_knows_get_no_advice() -> None:
    assert advise("imap", "the cat sat on the mat") is None


@pytest.mark.parametrize(
    ("name", "protocol", "words", "credential"),
    [
        ("163", "smtp", "535 Error: authentication failed", "the client authorization code"),
        ("qq", "smtp", "535 Login Fail. Please enter your authorization code to login", "the authorization code"),
        ("icloud", "smtp", "535 5.7.8 Error: authentication failed", "the app-specific password"),
        ("gmail", "imap", "[ALERT] Application-specific password required", "the app password"),
        ("mailru", "imap", "Application password is REQUIRED", "the password for external applications"),
    ],
)
def test_a_hint_names_the_providers_own_credential_and_what_to_switch_on(
    name: str, protocol: str, words: str, credential: str
) -> None:
    provider = shipped().get(name)
    advice = advise(protocol, words, provider=provider)

    assert advice is not None
    assert credential in advice.hint
    assert provider.name in advice.hint
    assert provider.help in advice.hint


def test_no_hint_has_a_blank_too_many_or_an_article_twice() -> None:
    providers = shipped().all()
    for pattern in _patterns():
        for provider in (each for each in providers if each.family == pattern.family):
            protocol = "imap" if pattern.protocol == "any" else pattern.protocol
            advice = advise(protocol, pattern.match[0], provider=provider)

            assert advice is not None
            assert not re.search(r"  |the the|the any|\.\.|^ | $", advice.hint), (provider.id, advice.hint)
