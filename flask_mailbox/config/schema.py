"""The keys of an account, each with the values it takes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError

from ..account import Protocol
from .coercion import File, Flag, Names, Networks, Positive, RateText, SecretText, Text
from .endpoint import EndpointField
from .oauth2 import OAuth2Field


class AccountSchema(Schema):
    """An account as the configuration, a form or a database row has it, keys in lower case."""

    class Meta:
        unknown = RAISE

    provider = Text()
    address = Text()
    username = Text()
    smtp_username = Text()
    imap_username = Text()
    pop3_username = Text()
    password = SecretText()
    oauth2 = OAuth2Field()
    sender = Text()
    identities = Names()
    smtp = EndpointField(Protocol.SMTP)
    imap = EndpointField(Protocol.IMAP)
    pop3 = EndpointField(Protocol.POP3)
    verify_tls = Flag()
    allow_cleartext_login = Flag()
    save_sent = Flag()
    ca_file = File()
    client_cert = File()
    rate = RateText()
    pool_size = Positive(whole=True, most=100)
    messages_per_connection = Positive(whole=True, most=1_000_000)
    connect_timeout = Positive(most=3600)
    read_timeout = Positive(most=3600)
    operation_timeout = Positive(most=86_400)
    max_message_size = Positive(whole=True, most=2**40)
    public_hosts_only = Flag()
    allowed_networks = Networks()


ACCOUNT_KEYS: tuple[str, ...] = tuple(AccountSchema().fields)
SECRET_KEYS = frozenset({"password", "oauth2"})

DEFAULTS_FOR_ALL = (
    "ca_file",
    "rate",
    "pool_size",
    "messages_per_connection",
    "connect_timeout",
    "read_timeout",
    "operation_timeout",
    "max_message_size",
    "allowed_networks",
)
"""Keys that, at the top of the configuration, count for every account that has none of its own."""


def validated(values: Mapping[str, Any], label: Labels) -> tuple[dict[str, Any], list[str]]:
    """Return the values that are right, coerced, and a sentence for each that is not.

    :param values: By key in lower case.
    :param label: Names a key as it stands in the configuration.
    """
    try:
        good: dict[str, Any] = AccountSchema().load(dict(values))
    except ValidationError as error:
        good = dict(error.valid_data) if isinstance(error.valid_data, dict) else {}
        said = error.messages if isinstance(error.messages, dict) else {}
        return good, [_problem(key, sentences, label) for key, sentences in said.items()]
    return good, []


def set_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is set, keys in lower case: a null or an empty text counts as left out, but never for a secret."""
    return {
        key.lower(): value
        for key, value in ((str(key), value) for key, value in values.items())
        if key.lower() in SECRET_KEYS or (value is not None and value != "")
    }


class Labels:
    """How keys are named to people: ``MAILBOX_SMTP``, ``MAILBOX_ACCOUNTS['work']['smtp']`` or plain ``smtp``.

    :param pattern: With ``{}`` where the key goes.
    :param upper: Whether the key stands there in capitals.
    :param names: Keys that have another name, by key in lower case.
    """

    def __init__(self, pattern: str, *, upper: bool = False, names: Mapping[str, str] | None = None) -> None:
        self._pattern = pattern
        self._upper = upper
        self._names = names or {}

    def __call__(self, key: str) -> str:
        """Return the key as it stands in the configuration."""
        if key in self._names:
            return self._names[key]
        return self._pattern.format(key.upper() if self._upper else key)


def nearest(name: str, known: Iterable[str], *, prefix: str = "") -> str:
    """Return "Did you mean …? " for a name that is nearly a known one, else an empty text.

    :param prefix: What stands before the known names in the configuration; it makes no name alike.
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"Did you mean '{prefix}{near[0]}'? " if near else ""


def _problem(key: Any, said: Any, label: Labels) -> str:
    if key not in ACCOUNT_KEYS:
        return f"{label(str(key))} is no key of an account. {nearest(str(key), ACCOUNT_KEYS)}".strip()
    if key in SECRET_KEYS and said == ["Field may not be null."]:
        said = ["arrived as null. Quote it if that is the password, or leave the key out."]
    return f"{label(key)} {' '.join(map(str, said))}"
