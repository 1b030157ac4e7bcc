"""The lines of MAIL and RCPT, with the parameters that the server understands (RFC 5321, 4.1.2; RFC 3461)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..errors import MessageError
from ..guard import one_line
from .parcel import Parcel

EVENTS = ("success", "failure", "delay")
"""What a server can be asked to report; ``never`` stands alone."""

_PARAMETER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:=[!-<>-~]+)?\Z")  # RFC 5321, 4.1.2: esmtp-param
_EXTENSION_OF = {
    "RET": "DSN",
    "ENVID": "DSN",
    "NOTIFY": "DSN",
    "ORCPT": "DSN",
    "BODY": "8BITMIME",
    "SMTPUTF8": "SMTPUTF8",
    "BY": "DELIVERBY",
    "MT-PRIORITY": "MT-PRIORITY",
    "HOLDFOR": "FUTURERELEASE",
    "HOLDUNTIL": "FUTURERELEASE",
    "REQUIRETLS": "REQUIRETLS",
}
_OURS = ("SIZE",)
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")


class Commands:
    """Writes the commands of one transaction for a server with these extensions.

    :param unsupported: The extensions that the message asks for and the server does not offer: their parameters are
        left out.
    :param is_8bit: Whether the message has other bytes than ASCII.
    :param needs_utf8: Whether it can go by SMTPUTF8 alone.
    """

    def __init__(self, parcel: Parcel, extensions: Mapping[str, str]) -> None:
        self._parcel = parcel
        self._extensions = extensions
        self._mail_options = _known(parcel.mail_options, extensions)
        self._rcpt_options = _known(parcel.rcpt_options, extensions)
        self._notifies = bool(parcel.notify) and "DSN" in extensions
        wanted = (*parcel.mail_options, *parcel.rcpt_options, *(["NOTIFY"] if parcel.notify else []))
        self.unsupported = tuple(dict.fromkeys(_missing(wanted, extensions))) if wanted else ()
        self.is_8bit = parcel.is_8bit
        self.needs_utf8 = parcel.needs_utf8

    def mail(self) -> str:
        """Return the line of MAIL."""
        parcel = self._parcel
        options = [f"SIZE={len(parcel.data)}"] if "SIZE" in self._extensions else []
        if self.is_8bit and "8BITMIME" in self._extensions:
            options.append("BODY=8BITMIME")
        if self.needs_utf8:
            options.append("SMTPUTF8")
        if self._notifies:
            options += ["RET=HDRS", f"ENVID={_xtext(parcel.message_id.strip('<>'))}"]
        return " ".join([f"MAIL FROM:<{parcel.envelope.sender}>", *_merged(options, self._mail_options)])

    def rcpt(self, recipient: str) -> str:
        """Return the line of RCPT."""
        options: list[str] = []
        if self._notifies:
            options.append(f"NOTIFY={','.join(self._parcel.notify).upper()}")
            if recipient.isascii():
                options.append(f"ORCPT=rfc822;{_xtext(recipient)}")
        return " ".join([f"RCPT TO:<{recipient}>", *_merged(options, self._rcpt_options)])


def checked_events(events: Iterable[str]) -> tuple[str, ...]:
    """Return the events of a ``notify``.

    :raises MessageError: If one is none, or ``never`` stands beside others (RFC 3461, 4.1).
    """
    if events == ():
        return ()
    given = (events,) if isinstance(events, str) else tuple(events)
    wanted = tuple(dict.fromkeys(str(event).lower() for event in given))
    if wanted == ("never",) or all(event in EVENTS for event in wanted):
        return wanted
    shown = one_line(", ".join(wanted), 60)
    raise MessageError(f"notify cannot be '{shown}': name {', '.join(EVENTS)}, or never alone.", field="notify")


def checked_options(options: Iterable[object], field: str) -> tuple[str, ...]:
    """Return parameters that may stand in a command; SIZE is left out, since we know it better.

    :param field: The message's attribute that errors name.
    :raises MessageError: If one is no parameter of RFC 5321, 4.1.2.
    """
    if not options:
        return ()
    given = tuple(map(str, options))
    for option in given:
        if not _PARAMETER.match(option):
            shown = one_line(option, 60)
            raise MessageError(f"'{shown}' is no parameter of SMTP: write KEYWORD or KEYWORD=value.", field=field)
    return tuple(option for option in given if _keyword(option) not in _OURS)


def _keyword(option: str) -> str:
    return option.partition("=")[0].upper()


def _missing(options: Iterable[str], extensions: Mapping[str, str]) -> Iterable[str]:
    for option in options:
        extension = _EXTENSION_OF.get(_keyword(option))
        if extension and extension not in extensions:
            yield extension


def _known(options: tuple[str, ...], extensions: Mapping[str, str]) -> tuple[str, ...]:
    return options and tuple(option for option in options if not any(_missing([option], extensions)))


def _merged(ours: list[str], given: tuple[str, ...]) -> list[str]:
    """Return all options, each keyword once; what the message says wins."""
    if not given:
        return ours
    merged = {_keyword(option): option for option in (*ours, *given)}
    return list(merged.values())


def _xtext(value: str) -> str:
    """Return a value as xtext (RFC 3461, 4)."""
    return _NOT_XTEXT.sub(lambda found: "".join(f"+{byte:02X}" for byte in found.group().encode()), value)
