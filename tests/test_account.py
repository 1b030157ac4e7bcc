"""Secrets show themselves to nobody."""

from __future__ import annotations

import gc
import json
import logging
import pickle
import traceback
from dataclasses import dataclass

import pytest

from flask_mailbox import AuthenticationError, Credential, ServiceError
from flask_mailbox.account import Account, Endpoint, Protocol, Secret, Security
from flask_mailbox.providers import Quirks

CANARY = 'S3cr3t-é"\\'


@pytest.fixture
def account() -> Account:
    return Account(
        name="default",
        address="me@example.com",
        sender="me@example.com",
        quirks=Quirks(),
        credential=Credential("me@example.com", Secret(CANARY)),
        imap=Endpoint(Protocol.IMAP, "mail.example.com", 993, Security.TLS),
    )


def test_no_way_of_showing_an_account_shows_its_secret(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("%s %r", account, account)
    shown = [repr(account), str(account), f"{account}", json.dumps(account, default=str), caplog.text]

    assert all("S3cr3t" not in text and "me@example.com" in text for text in shown)


def test_a_secret_is_masked_formatted_and_not_pickled() -> None:
    secret = Secret(CANARY)

    assert (repr(secret), str(secret), f"{secret:>20}") == ("Secret(***)", "***", "***")
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_a_traceback_with_locals_shows_no_secret(account: Account) -> None:
    def fail(account: Account) -> None:
        raise ServiceError("It failed.", account=account.name)

    try:
        fail(account)
    except ServiceError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())

    assert "S3cr3t" not in shown


def test_secrets_are_equal_by_what_they_are() -> None:
    def ask() -> str:
        return "x"

    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret(ask) == Secret(ask)
    assert Secret(ask) != Secret("x")


def test_callables_that_are_equal_are_one_secret() -> None:
    @dataclass(frozen=True)
    class PasswordOf:
        user: str

        def __call__(self) -> str:
            return self.user

    kept = Secret(PasswordOf("ann"))

    assert Secret(PasswordOf("ann")) == kept
    assert Secret(PasswordOf("bob")) != kept


def test_a_function_made_anew_is_never_taken_for_one_that_is_gone() -> None:
    identities = {Secret(lambda: "x").identity for _ in range(100)}

    assert len(identities) == 100


def test_a_callable_that_has_no_hash_is_a_secret_of_its_own() -> None:
    class Vault:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self) -> str:
            return "x"

    vault = Vault()

    assert Secret(vault).reveal() == "x"
    assert Secret(vault) != Secret(vault)


def test_an_error_says_what_where_and_what_to_do() -> None:
    error = AuthenticationError(
        "The server refused the sign-in: 535 no",
        code="535",
        account="work",
        protocol="smtp",
        host="smtp.example.com:465",
        hint="Check the password.",
    )

    assert str(error) == (
        "The server refused the sign-in: 535 no [account 'work', SMTP, smtp.example.com:465] Check the password."
    )
    assert not error.transient


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        (Endpoint(Protocol.IMAP, "mail.example.com", 993, Security.TLS), "imaps://mail.example.com:993"),
        (Endpoint(Protocol.SMTP, "mail.example.com", 587, Security.STARTTLS), "smtp+starttls://mail.example.com:587"),
        (Endpoint(Protocol.POP3, "::1", 110, Security.NONE), "pop3://[::1]:110"),
    ],
)
def test_an_endpoint_shows_itself_as_the_configuration_writes_it(endpoint: Endpoint, shown: str) -> None:
    assert str(endpoint) == shown


def test_equal_callables_stay_one_secret_while_any_of_them_is_held() -> None:
    """The first of them may be gone: what its equals are known by must not go with it."""

    @dataclass(frozen=True)
    class Vault:
        name: str

        def __call__(self) -> str:
            return "secret"

    first, second = Secret(Vault("a")), Secret(Vault("a"))
    del first
    gc.collect()

    assert Secret(Vault("a")) == second
    assert Secret(Vault("b")) != second
