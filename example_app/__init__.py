"""A small webmail that shows the whole of flask-mailbox: sign in, list, read, write, IMAP beside POP3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, g, request

from flask_mailbox import Account

from . import display, live, maildrop, organising, outbox, preferences, problems, reading, signin, who, writing
from .attempts import Attempts
from .configuration import configure
from .csrf import csrf_token, protect_from_forgery
from .mailbox import mailbox
from .outgoing import Departures, leaving, scheduled
from .vault import Vault

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the app; it starts no server and opens no connection.

    :param config: Settings that win over those from ``FLASK_*`` environment variables; see ``configuration``.
    :raises ConfigurationError: If it would start with the demo's key where it matters, or a setting is wrong.
    """
    app = Flask(__name__)
    configure(app, config or {})
    mailbox.init_app(app)
    app.extensions["vault"] = Vault(app.config["SIGN_IN_LIFETIME"])
    app.extensions["attempts"] = Attempts()
    app.extensions["searches"] = Attempts(per_address=10, per_client=20)
    app.extensions["departures"] = Departures()

    app.before_request(who.load_account)
    app.before_request(signin.refuse_other_account)  # it helps, where a token is too old as well
    app.before_request(protect_from_forgery)
    app.after_request(_protect_page)
    problems.init_app(app)
    app.context_processor(_for_templates)
    preferences.init_app(app)
    live.init_app(app)
    display.add_filters(app)
    for module in (signin, reading, organising, writing, outbox, maildrop):
        app.register_blueprint(module.blueprint)
    _publish_api(app)
    return app


def _for_templates() -> dict[str, Any]:
    """Return what every page may need."""
    return {
        "csrf_token": csrf_token,
        "account": g.get("account"),
        "other_addresses": who.other_addresses,
        "leaving": leaving,
        "scheduled": scheduled,
        "takes_notes": who.takes_notes,
    }


def _publish_api(app: Flask) -> None:
    """Register the mailbox as a JSON API for whoever is signed in."""
    blueprints = {
        "/api/imap": mailbox.imap_blueprint(authorize=_is_signed_in),
        "/api/pop3": mailbox.pop3_blueprint(authorize=_is_signed_in),
        "/api/smtp": mailbox.smtp_blueprint(authorize=_is_signed_in),
    }
    for prefix, blueprint in blueprints.items():
        app.register_blueprint(blueprint, url_prefix=prefix)


def _is_signed_in(operation: str, account: Account) -> bool:
    return g.get("account") is account


def _protect_page(response: Any) -> Any:
    """Give every page its policy, unless it has one of its own (a message's HTML)."""
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint == "static":
        response.headers["Cache-Control"] = "max-age=60"
    elif not who.is_api():  # that says itself what may be kept
        response.headers["Cache-Control"] = "no-store"
    return response
