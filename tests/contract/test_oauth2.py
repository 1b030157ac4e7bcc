"""Signing in with refresh tokens, on the embedded server and on Postfix and Dovecot alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flask_mailbox import AuthenticationError, Message, parse_message
from flask_mailbox.account import Account
from flask_mailbox.auth import OAuthBearer, XOAuth2, choice, current_token
from flask_mailbox.config import load_account
from flask_mailbox.imap import IMAPSession
from flask_mailbox.pop3 import POP3Session
from flask_mailbox.smtp import SMTPSession

from ..apps import mailbox_of
from ..oauth.tokenserver import TokenServer, running_token_server
from .server import ContractServer

SESSIONS: list[Any] = [SMTPSession, IMAPSession, POP3Session]
Person = tuple[str, Callable[[], Account]]


@pytest.fixture
def token_server() -> Iterator[TokenServer]:
    with running_token_server() as running:
        yield running


@pytest.fixture
def person(server: ContractServer, token_server: TokenServer) -> Person:
    """An address of the server, and what makes its account; the token server mints what the mail server takes."""
    address, _ = server.new_user()
    token_server.mint = lambda: server.token(address)

    def account() -> Account:
        return load_account(without_password(server, address) | {"oauth2": token_server.grant()})

    return address, account


def without_password(server: ContractServer, address: str) -> dict[str, object]:
    config = {key.removeprefix("MAILBOX_").lower(): value for key, value in server.config(address).items()}
    return {key: value for key, value in config.items() if key not in ("password", "mail_suppress_send")}


@pytest.mark.parametrize("mechanism", [XOAuth2, OAuthBearer])
@pytest.mark.parametrize("session", SESSIONS)
def test_a_fetched_token_signs_in_by_either_mechanism(
    person: Person, session: Any, mechanism: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "TOKEN_MECHANISMS", (mechanism,))

    session.open(person[1]()).finish()


@pytest.mark.parametrize("mechanism", [XOAuth2, OAuthBearer])
@pytest.mark.parametrize("session", SESSIONS)
def test_a_kept_token_that_the_server_refuses_is_renewed_once(
    person: Person, token_server: TokenServer, session: Any, mechanism: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "TOKEN_MECHANISMS", (mechanism,))
    good, token_server.mint = token_server.mint, lambda: "revoked"
    account = person[1]()
    current_token(account, account.credential.secret)  # type: ignore[arg-type, union-attr]
    token_server.mint = good

    session.open(account).finish()

    assert len(token_server.forms) == 2


@pytest.mark.parametrize("session", SESSIONS)
def test_a_fresh_token_that_the_server_refuses_ends_the_sign_in(
    person: Person, token_server: TokenServer, session: Any
) -> None:
    token_server.mint = lambda: "of another mailbox"

    with pytest.raises(AuthenticationError) as raised:
        session.open(person[1]())

    assert raised.value.category == "token_refused"
    assert person[0] in raised.value.hint
    assert len(token_server.forms) == 1


def test_an_app_sends_and_reads_with_one_token(
    server: ContractServer, person: Person, token_server: TokenServer
) -> None:
    address = person[0]
    config = server.config(address) | {"MAILBOX_PASSWORD": None, "MAILBOX_OAUTH2": token_server.grant()}
    del config["MAILBOX_PASSWORD"]
    with mailbox_of(config) as mailbox:
        assert mailbox.send(Message("你好", recipients=[address], body="text")).ok
        assert parse_message(server.arrived(address)[0]).subject == "你好"
        with mailbox.imap() as imap:
            assert [each.subject for each in imap.folder("INBOX").page(limit=5)] == ["你好"]
        with mailbox.pop3() as pop3:
            assert len(pop3.entries()) == 1

    assert len(token_server.forms) == 1
