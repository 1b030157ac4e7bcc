"""The settings of this app, and what it refuses to start with."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask

from flask_mailbox import ConfigurationError

from . import demo

KNOWN_TO_ALL = frozenset(("", "demo", "dev", "development", "secret", "changeme", "change-me", "password"))

DEFAULTS: dict[str, Any] = {
    "SECRET_KEY": "demo",
    "SESSION_COOKIE_SAMESITE": "Lax",
    "MAX_CONTENT_LENGTH": 30 * 1024 * 1024,
    "MAX_FORM_MEMORY_SIZE": 5 * 1024 * 1024,
    "MAX_SHOWN_MESSAGE": 20 * 1024 * 1024,
    "UNDO_SECONDS": 8,
    "LIVE_STREAMS": 100,
    "PRIVATE_SERVERS": False,
    "SIGN_IN_LIFETIME": 30 * 60,
    "MAILBOX_SETUP_HINT": "Run 'make demo' first; it starts a mail server to try everything with.",
}
"""``MAX_SHOWN_MESSAGE`` bytes are read at once, of larger messages the parts; ``UNDO_SECONDS`` a letter is kept back;
``LIVE_STREAMS`` browsers are told of new mail at once, the others ask; ``PRIVATE_SERVERS`` lets people name mail
servers inside this machine's own network too, not only public ones; after ``SIGN_IN_LIFETIME`` idle seconds one signs
in again."""


def configure(app: Flask, config: Mapping[str, Any]) -> None:
    """Set the app's configuration: our defaults, then ``FLASK_*`` variables, then what the caller says.

    :raises ConfigurationError: If cookies would be signed with a key that everybody knows, where it matters.
    """
    app.config.from_mapping(DEFAULTS)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    demo.load_account_into(app)
    if str(app.config["SECRET_KEY"]).lower() not in KNOWN_TO_ALL:
        return
    if not (app.debug or app.testing or "demo" in (app.config.get("MAILBOX_ACCOUNTS") or {})):
        raise ConfigurationError(
            "SECRET_KEY is that of the demo, which everybody knows. Set FLASK_SECRET_KEY to what "
            "'python -c \"import secrets; print(secrets.token_hex())\"' prints, or run 'make demo' to try the app."
        )
    app.config["SECRET_KEY"] = secrets.token_bytes(32)
