"""Flask-Mail's keys: ``MAIL_*`` describe the default account's SMTP where ``MAILBOX_*`` does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from ..account import Account, Protocol, Security
from .coercion import Flag, Positive, Text

SPECIALS = set('()<>[]:;@\\,."')
"""Characters for which a display name has to be quoted (RFC 5322, 3.2.3)."""

_NAMES = {
    "smtp": "MAIL_SERVER",
    "username": "MAIL_USERNAME",
    "password": "MAIL_PASSWORD",
    "sender": "MAIL_DEFAULT_SENDER",
    "address": "MAIL_USERNAME",
    "messages_per_connection": "MAIL_MAX_EMAILS",
}


class MailKeys:
    """What a configuration says in Flask-Mail's words; ``MAIL_DEBUG`` is ignored, since it prints passwords.

    :param problems: A sentence for each mistake.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        self._config = config
        self.server = self._text("MAIL_SERVER")
        self.sender = self._sender()
        self._ascii_attachments = self._flag("MAIL_ASCII_ATTACHMENTS")
        self._max_emails = self._number("MAIL_MAX_EMAILS")
        self._security = self._security_word()
        self._flag("MAIL_SUPPRESS_SEND")  # it is read at each message: here only a mistake is told

    @property
    def describes_account(self) -> bool:
        """Whether there is a server in Flask-Mail's keys."""
        return bool(self.server)

    def account_values(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """Return the account keys that Flask-Mail's stand for.

        :param own: The account keys of ``MAILBOX_*``, which win.
        """
        values: dict[str, Any] = {}
        if self.server and "smtp" not in own and "provider" not in own:
            values["smtp"] = {
                "host": self.server,
                "port": self._config.get("MAIL_PORT", 25),
                "security": self._security,
            }
        username = self._text("MAIL_USERNAME")
        if username and self._config.get("MAIL_PASSWORD") is not None and not {"password", "oauth2"} & set(own):
            values |= {"username": username, "password": self._config["MAIL_PASSWORD"]}
        if self._max_emails:
            values["messages_per_connection"] = self._max_emails
        if self.sender:
            values["sender"] = self.sender
        if "address" not in own and "@" in username:
            values["address"] = username
        return values

    def names(self, values: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, str]:
        """Return how the account keys that stem from Flask-Mail's are called there.

        :param values: What ``account_values`` returned.
        :param own: The account keys of ``MAILBOX_*``, which keep their names.
        """
        return {key: _NAMES[key] for key in values if key not in own}

    def state(self, default: Account | None) -> dict[str, Any]:
        """Return what Flask-Mail's state object says of the default account; no password."""
        smtp = default.smtp if default else None
        credential = default.credential_for(Protocol.SMTP) if default else None
        return {
            "server": smtp.host if smtp else self.server or "127.0.0.1",
            "username": credential.username if credential else None,
            "password": None,
            "port": smtp.port if smtp else self._config.get("MAIL_PORT", 25),
            "use_tls": smtp is not None and smtp.security is Security.STARTTLS,
            "use_ssl": smtp is not None and smtp.security is Security.TLS,
            "default_sender": (default.sender if default else "") or self.sender or None,
            "debug": 0,
            "max_emails": self._max_emails,
            "ascii_attachments": self._ascii_attachments,
        }

    def _security_word(self) -> str:
        if self._flag("MAIL_USE_SSL"):
            return "tls"
        return "starttls" if self._flag("MAIL_USE_TLS") else "none"

    def _sender(self) -> str:
        value = self._config.get("MAIL_DEFAULT_SENDER")
        if isinstance(value, tuple | list) and len(value) == 2:
            name, address = (str(each or "").strip() for each in value)
            if set(name) & SPECIALS:
                plain = name.replace('"', "").replace("\\", "")
                name = f'"{plain}"'
            return f"{name} <{address}>" if name else address
        return str(value) if value else ""

    def _text(self, key: str) -> str:
        value = self._config.get(key)
        return self._coerced(key, Text(), value) or "" if value is not None else ""

    def _flag(self, key: str) -> bool:
        value = self._config.get(key)
        return False if value in (None, "") else bool(self._coerced(key, Flag(), value))

    def _number(self, key: str) -> int | None:
        value = self._config.get(key)
        found = None if value in (None, "") else self._coerced(key, Positive(whole=True), value)
        return None if found is None else int(found)

    def _coerced(self, key: str, field: Any, value: Any) -> Any:
        try:
            return field.deserialize(value)
        except ValidationError as error:
            problem = f"{key} {' '.join(map(str, error.messages))}"
            if problem not in self.problems:
                self.problems.append(problem)
            return None
