"""Texts and dates in the visitor's language: Flask-Babel's functions, with their types."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import cast

import flask_babel


def _(text: str, **values: object) -> str:
    """Return a text in the visitor's language, with ``%(name)s`` filled in."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the form of a text that fits a number."""
    return str(flask_babel.ngettext(one, many, num, **values))


def language() -> str:
    """Return the language of the page: ``en`` or ``zh``."""
    locale = flask_babel.get_locale()
    return str(locale.language) if locale else "en"


def time_zone() -> tzinfo:
    """Return the visitor's time zone."""
    return cast(tzinfo, flask_babel.get_timezone())


def local(when: datetime) -> datetime:
    """Return a moment in the visitor's zone; as it is without a zone, and where the calendar ends too early."""
    try:
        return when.astimezone(time_zone()) if when.tzinfo else when
    except OverflowError:  # the first and the last hours of years 1 and 9999: senders may claim any date
        return when


def format_moment(when: datetime, *, en: str, zh: str) -> str:
    """Return a moment in the visitor's zone, by a pattern for each language; one without a zone stays as it is."""
    pattern = zh if language() == "zh" else en
    return str(flask_babel.format_datetime(local(when), pattern, rebase=False))


def format_day(day: date) -> str:
    """Return a day in full."""
    return str(flask_babel.format_date(day, "full"))
