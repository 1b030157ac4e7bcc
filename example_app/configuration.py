"""The settings of this app, and what it refuses to start with."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_mailbox import ConfigurationError

from . import demo

KNOWN_TO_ALL = frozenset(("", "demo", "dev", "development", "secret", "changeme", "change-me", "password"))

DEFAULTS: dict[str, Any] = {
    "SECRET_KEY": "demo",
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_SECURE": None,
    "PROXIES": 0,
    "MAX_CONTENT_LENGTH": 30 * 1024 * 1024,
    "MAX_FORM_MEMORY_SIZE": 5 * 1024 * 1024,
    "MAX_SHOWN_MESSAGE": 20 * 1024 * 1024,
    "UNDO_SECONDS": 8,
    "LIVE_STREAMS": 100,
    "PRIVATE_SERVERS": False,
    "SIGN_IN_LIFETIME": 30 * 60,
    "MAILBOX_SETUP_HINT": "Run 'make demo' first; it starts a mail server to try everything with.",
}
"""The app's own keys, and how they are meant:

``SESSION_COOKIE_SECURE``
    Whether the cookie goes over TLS only: yes, but not in the demo, which has no TLS, in debug mode, or in tests.
``PROXIES``
    How many proxies stand in front and tell the visitor's address in ``X-Forwarded-For``, the scheme in ``-Proto``.
``MAX_SHOWN_MESSAGE``
    Bytes of a message that are read at once; of larger ones the parts are offered.
``UNDO_SECONDS``
    How long a letter is kept back, to be taken back.
``LIVE_STREAMS``
    Browsers that are told of new mail at once; the others ask.
``PRIVATE_SERVERS``
    Whether people may name mail servers inside this machine's own network too, not only public ones.
``SIGN_IN_LIFETIME``
    Idle seconds after which one signs in again.
"""


def configure(app: Flask, config: Mapping[str, Any]) -> None:
    """Set the app's configuration: our defaults, then ``FLASK_*`` variables, then what the caller says.

    :raises ConfigurationError: If cookies would be signed with a key that everybody knows, where it matters.
    """
    app.config.from_mapping(DEFAULTS)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    is_local = demo.load_account_into(app) or app.debug or app.testing
    if app.config["SESSION_COOKIE_SECURE"] is None:
        app.config["SESSION_COOKIE_SECURE"] = not is_local
    if proxies := app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    if str(app.config["SECRET_KEY"]).lower() not in KNOWN_TO_ALL:
        return
    if not is_local:
        raise ConfigurationError(
            "SECRET_KEY is that of the demo, which everybody knows. Set FLASK_SECRET_KEY to what "
            "'python -c \"import secrets; print(secrets.token_hex())\"' prints, or run 'make demo' to try the app."
        )
    app.config["SECRET_KEY"] = secrets.token_bytes(32)
