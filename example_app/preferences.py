"""What a visitor prefers: language, light or dark, time zone. None of it needs signing in."""

from __future__ import annotations

import re
from datetime import tzinfo
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel

from .language import language

blueprint = Blueprint("preferences", __name__)

LANGUAGES = {"en": "English", "zh": "中文"}
THEMES = ("auto", "light", "dark")


def init_app(app: Flask) -> None:
    """Give the app its languages and the templates what they need to know of preferences."""
    Babel(app, locale_selector=_language, timezone_selector=_time_zone)
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"language": language(), "languages": LANGUAGES, "theme": theme()})


def theme() -> str:
    """Return ``auto``, ``light`` or ``dark``."""
    chosen: str = session.get("theme", "auto")
    return chosen


@blueprint.post("/preferences")
def change() -> ResponseReturnValue:
    """Keep what was chosen, and go back to the page it was chosen on."""
    if request.form.get("language") in LANGUAGES:
        session["language"] = request.form["language"]
    if request.form.get("theme") in THEMES:
        session["theme"] = request.form["theme"]
    return redirect(_same_site(request.form.get("back", "")), 303)


def _language() -> str | None:
    chosen: str | None = session.get("language")
    return chosen or request.accept_languages.best_match(list(LANGUAGES), "en")


def _time_zone() -> tzinfo | None:
    """Return the browser's zone, which a script puts into a cookie; UTC until it has."""
    name = request.cookies.get("zone", "")
    try:
        return ZoneInfo(name) if re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{1,40}", name) else None
    except (LookupError, OSError, ValueError):  # unknown; a folder of zones; or no path of one
        return None


def _same_site(url: str) -> str:
    """Return a URL of this site: only path and query of what was given."""
    parts = urlsplit(url)
    is_path = parts.path.startswith("/") and not parts.path.startswith(("//", "/\\"))
    if parts.scheme or parts.netloc or not is_path:
        return url_for("mail.folder")
    return parts.path + (f"?{parts.query}" if parts.query else "")
