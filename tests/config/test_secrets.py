"""No secret is in any text that a wrong or right configuration leads to."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

import pytest

from flask_mailbox import ConfigurationError
from flask_mailbox.config import load_account, load_settings

from .apps import ME, settings

CANARY = "c4nary-S3cret"

WRONG: list[dict[str, Any]] = [
    {"MAILBOX_IMAP": f"imaps://me:{CANARY}@mail.example.com"},
    {"MAILBOX_IMAP": f"imaps://{CANARY}@mail.example.com"},
    {"MAILBOX_IMAP": f"me:{CANARY}@mail.example.com"},
    {"MAILBOX_IMAP": f"smtps://me:{CANARY}@mail.example.com:99999"},
    {"MAILBOX_IMAP": [f"imaps://me:{CANARY}@mail.example.com"]},
    {"MAILBOX_IMAP": f"imaps://me%3A{CANARY}%40mail.example.com"},
    {"MAILBOX_IMAP": f"me%3A{CANARY}%40mail.example.com"},
    {"MAILBOX_IMAP": f"imaps://mail.example.com/?password={CANARY}"},
    {"MAILBOX_IMAP": f"imaps://mail.example.com:99999/?password={CANARY}"},
    {"MAILBOX_IMAP": f"https://mail.example.com/?password={CANARY}"},
    {"MAILBOX_IMAP": {"host": f"me:{CANARY}@mail.example.com"}},
    {"MAILBOX_IMAP": {"host": "mail.example.com", "password": CANARY}},
    {"MAILBOX_IMAP": {"host": "mail.example.com", "port": [CANARY]}},
    {"MAILBOX_PASSWORD": [CANARY]},
    {"MAILBOX_PASSWORD": {"value": CANARY}},
    {"MAILBOX_PASSWORD": CANARY.encode()},
    {"MAILBOX_PASSWORD": f"{CANARY}\n"},
    {"MAILBOX_PASSWORD": CANARY, "MAILBOX_OAUTH2": CANARY},
    {"MAILBOX_PASSWORD": CANARY, "MAILBOX_POOL_SIZE": 0},
    {"MAILBOX_OAUTH2": (CANARY,)},
    {"MAILBOX_PASWORD": CANARY},
    {"MAILBOX_PROVIDER": f"smtps://me:{CANARY}@mail.example.com"},
    {"MAILBOX_PROVIDER": {"password": CANARY}},
    {"MAILBOX_ADDRESS": f"smtps://me:{CANARY}@mail.example.com"},
    {"MAILBOX_CA_FILE": f"https://me:{CANARY}@mail.example.com/ca.pem"},
    {"MAILBOX_IDENTITIES": {"me@example.com": CANARY}},
    {"MAILBOX_REDIRECT_TO": f"smtps://me:{CANARY}@mail.example.com"},
    {"MAILBOX_CAPTURE_DIR": [CANARY]},
    {"MAILBOX_ACCOUNTS": f"smtps://me:{CANARY}@mail.example.com"},
    {"MAILBOX_ACCOUNTS": {"work": f"smtps://me:{CANARY}@mail.example.com"}},
    {"MAILBOX_ACCOUNTS": {"work": {"password": [CANARY], "smtp": f"smtps://x:{CANARY}@y"}}},
    {"MAILBOX_PROVIDERS": f"me:{CANARY}@mail.example.com"},
    {"MAIL_SERVER": f"smtps://me:{CANARY}@mail.example.com"},
    {"MAIL_SERVER": f"me:{CANARY}@mail.example.com", "MAILBOX_SMTP": "smtps://mail.example.com"},
    {"MAIL_SERVER": "mail.example.com", "MAIL_USERNAME": "me", "MAIL_PASSWORD": [CANARY]},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: str(value).replace(CANARY, "…")[:60])
def test_no_error_shows_a_secret(wrong: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    config = {key: value for key, value in ME.items() if key != "MAILBOX_PASSWORD"} | wrong
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config)
    error = caught.value
    logging.getLogger("test").error("%s", error, exc_info=error)
    shown = [str(error), repr(error), json.dumps(error.problems), caplog.text, *traceback.format_exception(error)]

    assert error.problems
    assert not any(CANARY in text for text in shown)


@pytest.mark.parametrize("secret", [{"password": CANARY}, {"oauth2": CANARY}, {"password": lambda: CANARY}])
def test_an_account_shows_no_secret(secret: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    account = load_account({"provider": "163", "address": "me@163.com"} | secret)
    logging.getLogger("test").warning("%s %r", account, account)
    shown = [repr(account), f"{account}", json.dumps(account, default=str), caplog.text]

    assert account.credential is not None
    assert account.credential.secret.reveal() == CANARY
    assert not any(CANARY in text for text in shown)


def test_settings_show_no_secret() -> None:
    found = settings(**ME | {"MAILBOX_PASSWORD": CANARY}, MAIL_PASSWORD=CANARY)

    assert CANARY not in repr(found)
    assert CANARY not in json.dumps(found, default=str)
    assert CANARY not in str(dict(found.mail))
