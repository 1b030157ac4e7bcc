"""Forms carry a token that only this app's pages know."""

from __future__ import annotations

import hmac
import secrets

from flask import abort, request, session

from .language import _
from .who import is_api


def csrf_token() -> str:
    """Return this browser's token, made at first need."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(32)
    token: str = session["csrf"]
    return token


def protect_from_forgery() -> None:
    """Refuse a form that did not come from one of our pages to this browser; the JSON API has its own rule."""
    if request.method != "POST" or is_api():
        return
    given, known = request.form.get("csrf_token", ""), session.get("csrf", "")
    if not known or not hmac.compare_digest(given.encode(), known.encode()):
        abort(400, _("This form is too old, or not from this site. Go back, reload the page and try again."))
