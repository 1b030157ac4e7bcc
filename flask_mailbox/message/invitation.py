"""An invitation: an iCalendar object and what it asks of its reader (RFC 5546)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a message carries for calendars.

    :param text: The iCalendar object.
    :param method: ``REQUEST``, ``CANCEL`` and so on.
    """

    text: str
    method: str
