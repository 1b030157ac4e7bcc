"""The page of the configuration tells every key, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flask_mailbox import load_account
from flask_mailbox.config import load_settings
from flask_mailbox.config.schema import ACCOUNT_KEYS
from flask_mailbox.config.settings import APP_KEYS
from flask_mailbox.discovery import ISPDB

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/configuration.md").read_text("utf-8")
TERM = re.compile(r"^(`[A-Z0-9_]+`(?:, `[A-Z0-9_]+`)*) \((.+)\)\n: (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| (`MAIL_[A-Z_]+`(?:, `MAIL_[A-Z_]+`)*) \|", re.MULTILINE)


def names(text: str) -> set[str]:
    return set(re.findall(r"[A-Z][A-Z0-9_]+", text))


def test_every_key_of_ours_is_told_with_its_type_and_no_other() -> None:
    told = set().union(*(names(found[1]) for found in TERM.finditer(PAGE)))

    assert told == {key.upper() for key in ACCOUNT_KEYS} | {f"MAILBOX_{key.upper()}" for key in APP_KEYS}


def test_every_key_of_flask_mail_that_is_read_is_told() -> None:
    told = set().union(*(names(found[1]) for found in ROW.finditer(PAGE)))
    sources = [ROOT / "flask_mailbox" / name for name in ("config/flaskmail.py", "smtp/flaskmail.py")]
    read = {key for source in sources for key in re.findall(r'"(MAIL_[A-Z_]+)"', source.read_text("utf-8"))}

    assert read <= told
    assert told <= read | {"MAIL_DEBUG"}


def test_the_defaults_that_are_told_are_the_real_ones() -> None:
    told = {
        key: json.loads(words[1]) if re.match(r"true|false|\d", words[1]) else words[1]
        for found in TERM.finditer(PAGE)
        for key in names(found[1])
        if (words := re.search(r"default `?([\w:/.]+)", found[2])) and words[1] != "none"
    }

    assert told == real_defaults()


def real_defaults() -> dict[str, Any]:
    account = load_account({"address": "me@163.com", "password": "x"})
    app = load_settings({})
    return {
        "VERIFY_TLS": account.verify_tls,
        "ALLOW_CLEARTEXT_LOGIN": account.allow_cleartext_login,
        "POOL_SIZE": account.pool_size,
        "MESSAGES_PER_CONNECTION": account.messages_per_connection,
        "CONNECT_TIMEOUT": account.timeouts.connect,
        "READ_TIMEOUT": account.timeouts.read,
        "OPERATION_TIMEOUT": account.timeouts.operation,
        "MAX_MESSAGE_SIZE": account.max_message_size,
        "PUBLIC_HOSTS_ONLY": account.reach.public_only,
        "SAVE_SENT": account.save_sent,
        "MAILBOX_MAX_CONNECTIONS": app.max_connections,
        "MAILBOX_WATCH_RENEW": app.watch_renew,
        "MAILBOX_WATCH_POLL": app.watch_poll,
        "MAILBOX_ISPDB": ISPDB,
        "MAILBOX_QUEUE": app.queue.kind,
        "MAILBOX_QUEUE_SIZE": app.queue.size,
    }
