"""Validated keys become an ``Account``: provider, user name, endpoints and credential put together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..account import Account, Credential, Endpoint, Protocol, Rate, RefreshGrant, Secret, Security, Timeouts
from ..errors import AddressError, ConfigurationError
from ..message import parse_mailbox
from ..providers import Provider, Quirks, Registry, shipped
from ..reach import Reach
from .oauth2 import GrantKeys
from .schema import Labels, set_values, validated

MAX_MESSAGE_SIZE = 25 * 1024 * 1024


def load_account(
    values: Mapping[str, Any],
    *,
    name: str = "user",
    registry: Registry | None = None,
    defaults: Mapping[str, Any] | None = None,
    label: Labels | None = None,
) -> Account:
    """Return the account that a mapping describes, its provider resolved.

    :param values: Account keys in either case of letters, such as ``{"provider": "163", "address": …}``.
    :param name: How errors and logs name the account.
    :param registry: The presets; those of the package if none is given.
    :param defaults: Values for keys that are not there, already validated.
    :param label: How errors name a key.
    :raises ConfigurationError: With all mistakes at once, each with its key and the cure; no secret is shown.
    """
    label = label or Labels("{}")
    good, problems = validated(set_values(values), label)
    problems += _twice(values, label)
    builder = _Builder({**(defaults or {}), **good}, name, registry or shipped(), label, had_problems=bool(problems))
    account = builder.build()
    problems += builder.problems
    if problems or account is None:
        raise ConfigurationError(problems)
    return account


def _twice(values: Mapping[str, Any], label: Labels) -> list[str]:
    keys = [str(key).lower() for key in values]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    return [f"{label(key)} is set twice, in different cases of letters: keep one." for key in twice]


def _offered_rate(provider: Provider | None) -> Rate | None:
    """Return the rate that a provider is known to allow."""
    count = provider.limit("messages_per_minute") if provider else None
    return Rate(count, 60.0) if count else None


class _Builder:
    """Puts one account together and notes what does not fit."""

    def __init__(
        self, values: Mapping[str, Any], name: str, registry: Registry, label: Labels, *, had_problems: bool
    ) -> None:
        self.problems: list[str] = []
        self._values = values
        self._name = name
        self._registry = registry
        self._label = label
        self._had_problems = had_problems

    def build(self) -> Account | None:
        """Return the account, or ``None`` with ``problems``."""
        values = self._values
        address = self._address("address")
        sender = self._address("sender", with_name=True) or address
        provider = self._provider(address)
        endpoints = {protocol: self._endpoint(protocol, provider, address) for protocol in Protocol}
        endpoints |= self._named(endpoints, provider, address)
        credential = self._credential(provider, address, endpoints)
        if not self.problems and not self._had_problems:
            self._check_some_endpoint(endpoints, address)
        self._check_clear_text(endpoints, credential)
        for identity in values.get("identities", ()):
            self._parsed("identities", identity)
        if self.problems:
            return None
        return Account(
            name=self._name,
            address=address,
            sender=sender,
            identities=values.get("identities", ()),
            credential=credential,
            provider=provider,
            quirks=provider.quirks if provider else Quirks(),
            smtp=endpoints[Protocol.SMTP],
            imap=endpoints[Protocol.IMAP],
            pop3=endpoints[Protocol.POP3],
            verify_tls=values.get("verify_tls", True),
            ca_file=values.get("ca_file"),
            client_cert=values.get("client_cert"),
            allow_cleartext_login=values.get("allow_cleartext_login", False),
            save_sent=values.get("save_sent", False),
            rate=values.get("rate") or _offered_rate(provider),
            pool_size=values.get("pool_size", 4),
            messages_per_connection=values.get("messages_per_connection", 100),
            max_message_size=values.get("max_message_size", MAX_MESSAGE_SIZE),
            timeouts=Timeouts(
                connect=values.get("connect_timeout", 10.0),
                read=values.get("read_timeout", 30.0),
                operation=values.get("operation_timeout", 60.0),
            ),
            reach=Reach(values.get("public_hosts_only", False), values.get("allowed_networks", ())),
        )

    def _address(self, key: str, *, with_name: bool = False) -> str:
        text: str = self._values.get(key, "")
        if not text:
            return ""
        parsed = self._parsed(key, text)
        return parsed if parsed and with_name else text if parsed else ""

    def _parsed(self, key: str, text: str) -> str:
        try:
            found = parse_mailbox(text)
        except AddressError as error:
            self._say(key, f"is '{text}', and takes one e-mail address: {error}")
            return ""
        return text if found.address else ""

    def _provider(self, address: str) -> Provider | None:
        """Return the provider that is named, or that the address belongs to if no server is named."""
        named = self._values.get("provider")
        if named:
            try:
                found = self._registry.get(named)
            except ConfigurationError as error:
                self.problems.append(f"{self._label('provider')}: {error}")
                return None
        elif any(self._values.get(str(protocol)) for protocol in Protocol) or not address:
            return None
        else:
            known = self._registry.for_address(address)
            if known is None:
                return None
            found = known
        if found.status == "unsupported":
            self._say("provider", f"is {found.name}, which lets no mail program in. {found.help}")
            return None
        if found.kind != "relay" and not address:
            self._say("address", f"is missing: {found.name} signs in by it.")
        return found

    def _endpoint(self, protocol: Protocol, provider: Provider | None, address: str) -> Endpoint | None:
        key = str(protocol)
        if key in self._values:
            found: Endpoint | None = self._values[key]
            return found
        domain = address.rpartition("@")[2]
        offered = provider.endpoints(protocol, domain) if provider else ()
        if not offered:
            return None
        host = offered[0].host.replace("{domain}", domain)
        if "{" in host:
            self._say(key, f"is missing: the host of this provider is '{host}', fill it in and set it here.")
            return None
        return Endpoint(protocol, host, offered[0].port, offered[0].security)

    def _credential(
        self, provider: Provider | None, address: str, endpoints: Mapping[Protocol, Endpoint | None]
    ) -> Credential | None:
        password, token = self._values.get("password"), self._values.get("oauth2")
        if password is not None and token is not None:
            self._say("oauth2", f"and {self._label('password')} are both set: keep the one that the server takes.")
        if token is None and password is None:
            if provider and provider.auth_methods != ("none",) and not self._had_problems and not self.problems:
                self._say_what_is_wanted(provider)
            return None
        username = self._values.get("username") or self._username(provider, address, endpoints)
        if not username:
            return None
        if password is not None:
            if provider and provider.takes_tokens_only and self._meets(provider, address, endpoints):
                self._say_tokens_only(provider)
            return Credential(username, Secret(password))
        if isinstance(token, GrantKeys):
            grant = self._grant(token, provider)
            return Credential(username, grant, "oauth2") if grant else None
        return Credential(username, Secret(token or ""), "oauth2")

    def _grant(self, keys: GrantKeys, provider: Provider | None) -> RefreshGrant | None:
        try:
            return keys.resolve(provider)
        except ConfigurationError as error:
            self._say("oauth2", str(error))
            return None

    @staticmethod
    def _meets(provider: Provider, address: str, endpoints: Mapping[Protocol, Endpoint | None]) -> bool:
        """Whether the account is at a server of the provider's own, not behind something that takes its password."""
        domain = address.rpartition("@")[2]
        return any(
            endpoint is not None and endpoint.host in {each.host for each in provider.endpoints(protocol, domain)}
            for protocol, endpoint in endpoints.items()
        )

    def _say_tokens_only(self, provider: Provider) -> None:
        self._say(
            "password",
            f"lets nobody in at {provider.name}, which takes OAuth2 tokens only: set {self._label('oauth2')} instead. "
            f"{provider.help}".strip(),
        )

    def _say_what_is_wanted(self, provider: Provider) -> None:
        if provider.takes_tokens_only:
            key, wanted = "oauth2", "an OAuth2 access token"
        else:
            key, wanted = "password", f"the {provider.credential_name or 'password'}"
        self._say(key, f"is missing: {provider.name} wants {wanted}. {provider.help}".strip())

    def _named(
        self, endpoints: Mapping[Protocol, Endpoint | None], provider: Provider | None, address: str
    ) -> dict[Protocol, Endpoint | None]:
        """Return the servers that are signed in to by a user name of their own: by its key, or in the preset's form."""
        form_counts = provider is not None and not self._values.get("username")
        found: dict[Protocol, Endpoint | None] = {}
        for protocol, endpoint in endpoints.items():
            name = self._values.get(f"{protocol}_username", "")
            if not name and provider and form_counts and protocol in provider.usernames:
                name = provider.user_name(address, protocol)
            if endpoint is not None and name:
                found[protocol] = dataclasses.replace(endpoint, username=name)
        return found

    def _username(self, provider: Provider | None, address: str, endpoints: Mapping[Protocol, Endpoint | None]) -> str:
        """Return the user name in the provider's form of the address, or that of the servers if each has its own."""
        name = provider.user_name(address) if provider else address
        own = [endpoint.username for endpoint in endpoints.values() if endpoint]
        if name or (own and all(own)):
            return name or own[0]
        if provider is not None and not provider.user_name("a@b"):
            self._say("username", "is missing: this provider gives each account a user name of its own.")
        elif not self._had_problems and not self.problems:
            self._say("username", f"is missing: set it, or {self._label('address')}.")
        return ""

    def _check_some_endpoint(self, endpoints: Mapping[Protocol, Endpoint | None], address: str) -> None:
        if not any(endpoints.values()):
            keys = ", ".join(self._label(str(protocol)) for protocol in Protocol)
            domain = address.rpartition("@")[2]
            known = f"No preset knows the domain '{domain}'" if domain else "No server is named"
            self.problems.append(f"{known}: set {self._label('provider')}, or {keys}.")

    def _check_clear_text(self, endpoints: Mapping[Protocol, Endpoint | None], credential: Credential | None) -> None:
        if credential is None or self._values.get("allow_cleartext_login"):
            return
        for protocol, endpoint in endpoints.items():
            if endpoint and endpoint.security is Security.NONE and not endpoint.is_loopback:
                flask_mail = self._label(str(protocol)) == "MAIL_SERVER"
                cure = (
                    "Set MAIL_USE_SSL or MAIL_USE_TLS"
                    if flask_mail
                    else f"Use {protocol}s:// or {protocol}+starttls://"
                )
                self._say(
                    str(protocol),
                    f"is '{endpoint}', which would send the password in clear text. {cure}, or set "
                    f"{self._label('allow_cleartext_login')} if the network is yours.",
                )

    def _say(self, key: str, text: str) -> None:
        self.problems.append(f"{self._label(key)} {text}")
