"""Access tokens from refresh tokens: kept, renewed once, and handed to SMTP, IMAP and POP3."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flask_mailbox import AuthenticationError
from flask_mailbox.account import Account
from flask_mailbox.devserver import MailServer
from flask_mailbox.imap import IMAPSession
from flask_mailbox.pop3 import POP3Session
from flask_mailbox.smtp import SMTPSession

from .conftest import ANN
from .tokenserver import Answer, TokenServer

SESSIONS: list[Any] = [SMTPSession, IMAPSession, POP3Session]
MakeAccount = Callable[..., Account]


@pytest.mark.parametrize("session", SESSIONS)
def test_a_refresh_token_signs_in_over_every_protocol(
    ann: MakeAccount, token_server: TokenServer, session: Any
) -> None:
    session.open(ann()).finish()

    assert token_server.forms == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "consent-0",
            "client_id": token_server.client_id,
            "client_secret": "s3cret-of-our-app",
        }
    ]


def test_an_app_can_prove_itself_in_a_header_and_ask_for_a_scope(ann: MakeAccount, token_server: TokenServer) -> None:
    SMTPSession.open(ann(client_auth="basic", scope=["mail", "offline"])).finish()

    assert token_server.forms == [
        {"grant_type": "refresh_token", "refresh_token": "consent-0", "scope": "mail offline"}
    ]


def test_an_app_without_a_secret_names_itself_only(ann: MakeAccount, token_server: TokenServer) -> None:
    token_server.client_secret = ""
    SMTPSession.open(ann(client_secret=None)).finish()

    assert "client_secret" not in token_server.forms[0]
    assert token_server.forms[0]["client_id"] == token_server.client_id


def test_a_token_is_kept_for_all_protocols_and_for_accounts_that_are_loaded_anew(
    ann: MakeAccount, token_server: TokenServer
) -> None:
    for session in SESSIONS * 2:
        session.open(ann()).finish()

    assert len(token_server.forms) == 1


def test_another_app_secret_never_gets_a_kept_token(ann: MakeAccount, token_server: TokenServer) -> None:
    SMTPSession.open(ann()).finish()

    with pytest.raises(AuthenticationError, match="invalid_client"):
        SMTPSession.open(ann(client_secret="wrong"))


@pytest.mark.parametrize("lifetime", [0, 30, "30"])
def test_a_token_is_renewed_before_it_expires(ann: MakeAccount, token_server: TokenServer, lifetime: object) -> None:
    token_server.lifetime = lifetime
    for _ in range(2):
        IMAPSession.open(ann()).finish()

    assert len(token_server.forms) == 2


@pytest.mark.parametrize("lifetime", [None, "soon", -1, float("1e300")])
def test_a_lifetime_that_is_none_counts_as_some_minutes(
    ann: MakeAccount, token_server: TokenServer, lifetime: object
) -> None:
    token_server.lifetime = lifetime
    for _ in range(2):
        IMAPSession.open(ann()).finish()

    assert len(token_server.forms) == 1


def test_many_threads_wait_for_one_refresh(ann: MakeAccount, token_server: TokenServer) -> None:
    begun = threading.Event()

    def slow(form: dict[str, str]) -> Answer | None:
        begun.wait(2)
        return None

    token_server.answers = slow
    accounts = [ann() for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        sessions = [threads.submit(IMAPSession.open, account) for account in accounts]
        begun.set()
        for session in sessions:
            session.result().finish()

    assert len(token_server.forms) == 1


@pytest.mark.parametrize("session", SESSIONS)
def test_a_token_that_died_early_is_renewed_once_and_tried_again(
    ann: MakeAccount, token_server: TokenServer, mail_server: MailServer, session: Any
) -> None:
    session.open(ann()).finish()
    mail_server.add_user(ANN, "ann's password", "revoked")
    session.open(ann()).finish()

    assert len(token_server.forms) == 2


def test_many_threads_with_a_dead_token_renew_it_once(
    ann: MakeAccount, token_server: TokenServer, mail_server: MailServer
) -> None:
    IMAPSession.open(ann()).finish()
    mail_server.add_user(ANN, "ann's password", "revoked")
    with ThreadPoolExecutor(8) as threads:
        for session in [threads.submit(IMAPSession.open, ann()) for _ in range(8)]:
            session.result().finish()

    assert len(token_server.forms) == 2


@pytest.mark.parametrize("session", SESSIONS)
def test_a_server_that_takes_no_token_is_not_asked_again_and_again(
    ann: MakeAccount, token_server: TokenServer, mail_server: MailServer, session: Any
) -> None:
    """A fresh token is refused at once; a kept one is renewed once; then no more renewals for a while."""
    token_server.mint = lambda: "a token that the mail server does not know"
    for _ in range(4):
        with pytest.raises(AuthenticationError) as raised:
            session.open(ann())

    assert len(token_server.forms) == 2
    assert raised.value.category == "token_refused"
    assert ANN in raised.value.hint
    assert len(re.findall(r"XOAUTH2", said(mail_server))) == 5


def said(server: MailServer) -> str:
    """Return what clients said."""
    return "\n".join(line.line.decode() for line in server.log if line.direction == "C")


def test_a_refused_token_is_never_followed_by_a_password(
    ann: MakeAccount, token_server: TokenServer, mail_server: MailServer
) -> None:
    token_server.mint = lambda: "unknown"
    for session in SESSIONS:
        with pytest.raises(AuthenticationError):
            session.open(ann())

    sent = said(mail_server)
    assert "XOAUTH2" in sent
    assert not re.search(r"LOGIN |PASS |APOP |PLAIN", sent)
