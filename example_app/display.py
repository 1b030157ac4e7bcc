"""How values look in pages: people, dates in the reader's time zone, sizes, folder names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from flask import Flask

from flask_mailbox import Address
from flask_mailbox.imap import FolderInfo

from .invitation import Invitation
from .language import _, format_day, format_moment, local, time_zone
from .links import linked
from .listing import role_of


def add_filters(app: Flask) -> None:
    """Give the templates these functions as filters."""
    for function in (people, short_date, long_date, size, folder_name, initial, hue, shade, period, linked):
        app.add_template_filter(function)
    app.add_template_filter(role_of, "role")


def people(addresses: Iterable[Address]) -> str:
    """Return names, or addresses where there are none."""
    return ", ".join(person.name or person.address for person in addresses) or _("nobody")


def short_date(when: datetime | None) -> str:
    """Return the time for today, the weekday for this week, the day for others."""
    if when is None:
        return ""
    today = datetime.now(time_zone()).date()
    day = local(when if when.tzinfo else when.replace(tzinfo=UTC)).date()
    age = today - day
    if age == timedelta(0):
        return format_moment(when, en="HH:mm", zh="HH:mm")
    if timedelta(0) < age < timedelta(days=7):
        return format_moment(when, en="EEE", zh="EEE")
    if day.year == today.year:
        return format_moment(when, en="d MMM", zh="M月d日")
    return format_moment(when, en="d MMM y", zh="y年M月d日")


def long_date(when: datetime | None) -> str:
    """Return day and time in full."""
    return format_moment(when, en="EEEE, d MMMM y, HH:mm", zh="y年M月d日EEEE HH:mm") if when else _("unknown")


def moment(when: date | datetime | None, zone: str = "") -> str:
    """Return a calendar's day or moment; one without a zone of ours is shown as it is, with the sender's zone."""
    if when is not None and not isinstance(when, datetime):
        return format_day(when)
    return f"{long_date(when)} {zone}" if when and when.tzinfo is None and zone else long_date(when)


def period(invitation: Invitation) -> str:
    """Return when an event begins and ends; the day once where it is the same."""
    start, end, zone = invitation.start, invitation.end, invitation.zone
    text = moment(start, zone)
    if end is None:
        return text
    if isinstance(start, datetime) and isinstance(end, datetime) and _day(start) == _day(end):
        return f"{text} – {format_moment(end, en='HH:mm', zh='HH:mm')}"
    return f"{text} – {moment(end, zone)}"


def _day(when: datetime) -> date:
    """Return the reader's day; what has no zone stays as it is."""
    return local(when).date()


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if unit != "B" and value < 10 else f"{value:.0f} {unit}"


def folder_name(info: FolderInfo | str) -> str:
    """Return a folder's name: by its role in the reader's language, else the last part of its path."""
    if isinstance(info, str):
        return _("Inbox") if info == "INBOX" else info
    names = {
        "inbox": _("Inbox"), "sent": _("Sent"), "drafts": _("Drafts"), "trash": _("Trash"), "junk": _("Junk"),
        "archive": _("Archive"), "all": _("All mail"),
    }  # fmt: skip
    return names.get(role_of(info)) or (info.path.rpartition(info.delimiter)[2] if info.delimiter else info.path)


def initial(addresses: Iterable[Address]) -> str:
    """Return the letter that stands for the first of some people."""
    first = next(iter(addresses), None)
    letters = [letter for letter in (first.name or first.address if first else "") if letter.isalnum()]
    return letters[0].upper() if letters else "?"


def hue(addresses: Iterable[Address]) -> int:
    """Return one of eight colours, the same for the same person."""
    first = next(iter(addresses), None)
    return sum((first.address if first else "").lower().encode()) % 8


def shade(name: str) -> int:
    """Return one of twelve colours for a provider that has none of its own."""
    return sum(name.encode()) % 12
