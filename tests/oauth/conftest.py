"""A token server and a mail server that take the same tokens."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flask_mailbox.account import Account
from flask_mailbox.config import load_account
from flask_mailbox.devserver import MailServer

from .tokenserver import TokenServer, running_token_server

ANN = "ann@mail.test"


@pytest.fixture
def token_server() -> Iterator[TokenServer]:
    """A token server of this test's own, so that no other test's tokens are kept for it."""
    with running_token_server() as server:
        yield server


@pytest.fixture
def mail_server(token_server: TokenServer) -> Iterator[MailServer]:
    """An embedded server that takes the newest access token, and only that."""
    with MailServer({ANN: "ann's password"}) as server:
        numbers = itertools.count(1)

        def mint() -> str:
            token = f"access-{next(numbers)}"
            server.add_user(ANN, "ann's password", token)
            return token

        token_server.mint = mint
        yield server


@pytest.fixture
def ann(token_server: TokenServer, mail_server: MailServer) -> Callable[..., Account]:
    """Makes ann's account, each time anew, as an account loader does."""

    def make(**grant: Any) -> Account:
        config = {key.removeprefix("MAILBOX_").lower(): value for key, value in mail_server.config(ANN).items()}
        del config["password"], config["mail_suppress_send"]
        times = {"connect_timeout": 5, "read_timeout": 5, "operation_timeout": 10}
        return load_account({**config, **times, "oauth2": token_server.grant(**grant)})

    return make
