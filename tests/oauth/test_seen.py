"""What people see of OAuth2: the doctor's step with its advice, and never a token in a log."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest

from flask_mailbox import AuthenticationError
from flask_mailbox.account import Account
from flask_mailbox.cli import mailbox_cli
from flask_mailbox.devserver import MailServer
from flask_mailbox.imap import IMAPSession
from flask_mailbox.pop3 import POP3Session
from flask_mailbox.services.check import check_account
from flask_mailbox.smtp import SMTPSession

from ..apps import mailbox_app
from .conftest import ANN
from .tokenserver import TokenServer

MakeAccount = Callable[..., Account]


@pytest.fixture
def config(mail_server: MailServer, token_server: TokenServer) -> dict[str, Any]:
    """An app's configuration with a refresh token in place of the password."""
    settings = mail_server.config(ANN)
    del settings["MAILBOX_PASSWORD"]
    return settings | {"MAILBOX_OAUTH2": token_server.grant()}


def test_the_doctor_shows_the_token_and_then_every_leg(ann: MakeAccount, token_server: TokenServer) -> None:
    steps = list(check_account(ann()))

    assert all(step.ok for step in steps)
    assert (steps[0].leg, steps[0].name) == ("auth", "token")
    assert f"localhost:{token_server.port}, good for 59 minutes" in steps[0].detail


def test_without_a_token_the_doctor_says_why_and_tries_nothing_else(
    ann: MakeAccount, token_server: TokenServer
) -> None:
    account = ann()
    token_server.refresh_token = "another consent"
    steps = list(check_account(account))

    assert [(step.leg, step.name, step.ok, step.category) for step in steps] == [
        ("auth", "token", False, "consent_required")
    ]


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"refresh_token": "revoked"}, "to do: The user has to agree again in the browser"),
        ({"client_secret": "expired"}, "to do: Check 'client_id' and 'client_secret' of OAUTH2"),
        ({"token_url": "http://127.0.0.1:9/token"}, "to do: Check host and port"),
    ],
    ids=["consent", "client", "server"],
)
def test_the_command_prints_the_failed_step_and_what_to_do(
    config: dict[str, Any], changes: dict[str, str], advice: str
) -> None:
    config["MAILBOX_OAUTH2"] |= changes
    host, _ = mailbox_app(config)
    result = host.test_cli_runner().invoke(mailbox_cli, ["doctor"])

    assert result.exit_code == 1
    assert "✗ auth token" in result.output
    assert advice in result.output
    assert "smtp" not in result.output


def test_the_command_prints_the_token_server_and_how_long_its_token_is_good(
    config: dict[str, Any], token_server: TokenServer
) -> None:
    host, _ = mailbox_app(config)
    result = host.test_cli_runner().invoke(mailbox_cli, ["doctor"])

    assert result.exit_code == 0, result.output
    assert f"access token from localhost:{token_server.port}, good for 59 minutes" in result.output


@pytest.mark.parametrize("session", [SMTPSession, IMAPSession, POP3Session])
def test_no_log_shows_a_token(
    ann: MakeAccount,
    mail_server: MailServer,
    token_server: TokenServer,
    session: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A token that is taken, one that is refused and renewed, and one that is refused for good."""
    caplog.set_level(logging.DEBUG)
    session.open(ann()).finish()
    mail_server.add_user(ANN, "ann's password", "another")
    session.open(ann()).finish()
    mail_server.add_user(ANN, "ann's password", "another")
    with pytest.raises(AuthenticationError) as raised:
        session.open(ann())
    shown = caplog.text + repr(raised.value) + str(raised.value)
    told = re.findall(r"[A-Za-z0-9+/]{16,}", shown)
    shown += "".join(base64.b64decode(word[: len(word) // 4 * 4]).decode("latin-1") for word in told)

    assert len(token_server.forms) == 2
    assert not any(secret in shown for secret in ("access-", "consent-", token_server.client_secret))
