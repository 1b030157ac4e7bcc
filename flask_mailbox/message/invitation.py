"""An invitation: an iCalendar object and what it asks of its reader (RFC 5546)."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import MessageError


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a message carries for calendars.

    :param text: The iCalendar object.
    :param method: ``REQUEST``, ``CANCEL`` and so on.
    :raises MessageError: If the text is no iCalendar object or the method no word.
    """

    text: str
    method: str

    def __post_init__(self) -> None:
        if not self.text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
            raise MessageError("The calendar is no iCalendar object: it begins with BEGIN:VCALENDAR.", field="calendar")
        if not (self.method.isascii() and self.method.isalpha()):
            raise MessageError(
                f"{self.method!r} is no method of iCalendar: use REQUEST, CANCEL or REPLY.", field="method"
            )
        try:
            self.text.encode()
        except UnicodeEncodeError:
            raise MessageError("The calendar contains characters that are no text.", field="calendar") from None
