"""Refresh tokens that change: the new one reaches the app, and is never lost on the way."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_mailbox import AuthenticationError, UsageError
from flask_mailbox.account import Account
from flask_mailbox.imap import IMAPSession

from .tokenserver import Answer, TokenServer

MakeAccount = Callable[..., Account]


@pytest.fixture
def rotating(token_server: TokenServer) -> TokenServer:
    """A server that hands out a new refresh token each time, and access tokens that are not kept."""
    token_server.rotates, token_server.lifetime = True, 0
    return token_server


def sign_in(account: Account) -> None:
    IMAPSession.open(account).finish()


def test_a_new_refresh_token_is_handed_over_and_used(ann: MakeAccount, rotating: TokenServer) -> None:
    saved: list[str] = []
    account = ann(on_refresh_token=saved.append)
    for _ in range(3):
        sign_in(account)

    assert saved == ["consent-1", "consent-2", "consent-3"]
    assert [form["refresh_token"] for form in rotating.forms] == ["consent-0", "consent-1", "consent-2"]


def test_the_same_refresh_token_again_is_no_new_one(ann: MakeAccount, token_server: TokenServer) -> None:
    saved: list[str] = []
    token_server.answers = lambda form: (200, {"access_token": token_server.mint(), "refresh_token": "consent-0"})
    sign_in(ann(on_refresh_token=saved.append))

    assert saved == []


def test_an_account_that_carries_the_new_refresh_token_shares_the_kept_access_token(
    ann: MakeAccount, rotating: TokenServer
) -> None:
    rotating.lifetime = 3600
    saved: list[str] = []
    sign_in(ann(on_refresh_token=saved.append))
    sign_in(ann(refresh_token=saved[-1]))
    sign_in(ann(refresh_token="consent-0"))

    assert len(rotating.forms) == 1


def test_a_hook_that_fails_loses_no_token_and_is_called_again(
    ann: MakeAccount, rotating: TokenServer, caplog: pytest.LogCaptureFixture
) -> None:
    rotating.lifetime = 3600
    saved: list[str] = []

    def fails_once(token: str) -> None:
        saved.append(token)
        if len(saved) == 1:
            raise OSError(f"the database does not take {token}")

    account = ann(on_refresh_token=fails_once)
    for _ in range(3):
        sign_in(account)

    assert saved == ["consent-1", "consent-1"]
    assert "OSError" in caplog.text
    assert "consent-1" not in caplog.text


def test_a_hook_may_use_the_account_itself(ann: MakeAccount, rotating: TokenServer) -> None:
    rotating.lifetime = 3600
    saved: list[str] = []

    def hook(token: str) -> None:
        saved.append(token)
        sign_in(account)

    account = ann(on_refresh_token=hook)
    sign_in(account)

    assert saved == ["consent-1"]
    assert len(rotating.forms) == 1


def test_without_a_hook_the_log_says_that_the_new_token_ends_with_the_process(
    ann: MakeAccount, rotating: TokenServer, caplog: pytest.LogCaptureFixture
) -> None:
    account = ann()
    for _ in range(2):
        sign_in(account)

    assert "on_refresh_token" in caplog.text
    assert not any("consent-" in record.getMessage() for record in caplog.records)
    assert {record.levelno for record in caplog.records if record.name == "flask_mailbox"} == {logging.WARNING}


def test_a_token_that_another_process_swapped_is_read_anew(ann: MakeAccount, rotating: TokenServer) -> None:
    stored = ["consent-0"]

    def swapped_meanwhile(form: dict[str, str]) -> Answer | None:
        if len(rotating.forms) == 1:
            rotating.refresh_token = stored[0] = "of-another-process"
        return None

    rotating.answers = swapped_meanwhile
    sign_in(ann(refresh_token=lambda: stored[0]))

    assert [form["refresh_token"] for form in rotating.forms] == ["consent-0", "of-another-process"]


def test_a_consent_that_is_gone_for_good_is_asked_for_once(ann: MakeAccount, rotating: TokenServer) -> None:
    rotating.refresh_token = "another user's"
    with pytest.raises(AuthenticationError):
        sign_in(ann(refresh_token=lambda: "consent-0"))

    assert len(rotating.forms) == 1


@pytest.mark.parametrize("value", [None, "", 7])
def test_a_callable_that_returns_no_token_is_named(ann: MakeAccount, value: object) -> None:
    with pytest.raises(UsageError, match="'refresh_token' of account 'user'"):
        sign_in(ann(refresh_token=lambda: value))


@pytest.mark.parametrize("what", ["refresh_token", "client_secret"])
def test_half_a_surrogate_pair_goes_nowhere_and_is_not_shown(
    ann: MakeAccount, token_server: TokenServer, what: str
) -> None:
    with pytest.raises(UsageError) as raised:
        sign_in(ann(**{what: "canary\udcff"}))

    assert token_server.forms == []
    assert "canary" not in str(raised.value)


def in_child(act: Callable[[], None]) -> int:
    """Do something in a forked child and return its exit code, 0 if all went well."""
    child = os.fork()
    if child == 0:
        try:
            act()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_uses_what_its_parent_has(ann: MakeAccount, rotating: TokenServer) -> None:
    rotating.lifetime = 3600
    account = ann(on_refresh_token=lambda token: None)
    sign_in(account)

    assert in_child(lambda: sign_in(account)) == 0
    assert len(rotating.forms) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_forked_while_a_token_is_fetched_fetches_its_own(ann: MakeAccount, token_server: TokenServer) -> None:
    asked, forked = threading.Event(), threading.Event()

    def first_waits(form: dict[str, str]) -> Answer | None:
        if len(token_server.forms) == 1:
            asked.set()
            forked.wait(5)
        return None

    token_server.answers = first_waits
    account = ann()
    with ThreadPoolExecutor(1) as threads:
        parents = threads.submit(sign_in, account)
        assert asked.wait(5)
        code = in_child(lambda: sign_in(account))
        forked.set()
        parents.result()

    assert code == 0
    assert len(token_server.forms) == 2
