"""Reading a preset: a mapping in the format of the data files becomes a ``Provider``, every mistake named."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..account import Protocol, Security
from ..errors import ConfigurationError
from .provider import Endpoints, Limit, Provider, ProviderEndpoint
from .quirks import Quirks

PROTOCOLS = tuple(map(str, Protocol))
KEYS = {
    "id", "aliases", "name", "region", "kind", "status", "family", "username", "domains", "mx_patterns", "notes",
    "disagreements", "known_errors", "smtp", "imap", "pop3", "auth", "help", "quirks", "limits", "folders",
    "domain_overrides", "evidence",
}  # fmt: skip
TABLES: dict[str, set[str]] = {
    "auth": {"methods", "credential_name", "oauth_profile"},
    "help": {"en", "zh", "page_host", "page_status"},
    "quirks": {field.name for field in dataclasses.fields(Quirks)},
    "evidence": {"endpoints", "unverified", "sources"},
}
USERNAMES = {"full", "local", "local_or_full", "full_or_local", "account_specific", "api_key", "token"}
AUTH_METHODS = {"password", "app_password", "oauth2", "none"}


def read_provider(data: Mapping[str, Any], *, where: str) -> Provider:
    """Return the provider that a mapping describes.

    :param data: The format of ``docs/howto/add-a-provider``.
    :param where: How errors name the source: a file's name, or ``MAILBOX_PROVIDERS['…']``.
    :raises ConfigurationError: With all mistakes at once.
    """
    problems = [f"{where}: {problem}" for problem in _problems(data)]
    if problems:
        raise ConfigurationError(problems)
    auth, help_, evidence = (data.get(name, {}) for name in ("auth", "help", "evidence"))
    return Provider(
        id=data["id"],
        aliases=tuple(data.get("aliases", ())),
        name=data.get("name", data["id"]),
        region=data.get("region", "INT"),
        kind=data.get("kind", "hosted"),
        status=data.get("status", "ok"),
        family=data.get("family", "generic"),
        domains=tuple(domain.lower() for domain in data.get("domains", ())),
        mx_patterns=tuple(data.get("mx_patterns", ())),
        **{protocol: _endpoints(data.get(protocol, ())) for protocol in PROTOCOLS},
        domain_overrides=_overrides(data.get("domain_overrides", {})),
        username=data.get("username", "full"),
        auth_methods=tuple(auth.get("methods", ("password",))),
        credential_name=auth.get("credential_name", ""),
        oauth_profile=auth.get("oauth_profile"),
        help=help_.get("en", ""),
        help_zh=help_.get("zh", ""),
        quirks=Quirks(**data.get("quirks", {})),
        limits=tuple(Limit(each["key"], each["value"], each.get("status", "")) for each in data.get("limits", ())),
        folders=MappingProxyType({role: tuple(names) for role, names in data.get("folders", {}).items()}),
        notes=tuple(data.get("notes", ())),
        disagreements=tuple(data.get("disagreements", ())),
        evidence=evidence.get("endpoints", "unverified"),
        unverified=tuple(evidence.get("unverified", ())),
        sources=tuple(evidence.get("sources", ())),
    )


def _problems(data: Mapping[str, Any]) -> list[str]:
    problems = [f"unknown key '{key}'." for key in data if key not in KEYS]
    if not isinstance(data.get("id"), str) or not data["id"]:
        problems.append("'id' is missing: give the preset a short name.")
    for name, known in TABLES.items():
        table = data.get(name, {})
        if not isinstance(table, Mapping):
            problems.append(f"'{name}' must be a table.")
        else:
            problems += [
                f"unknown key '{key}' in '{name}'; it takes {_or(known)}." for key in table if key not in known
            ]
    username = data.get("username", "full")
    if username not in USERNAMES and not str(username).startswith("fixed:"):
        problems.append(f"'username' is '{username}'; it takes {_or(USERNAMES)} or 'fixed:<name>'.")
    auth = data.get("auth", {})
    if isinstance(auth, Mapping):
        unknown = set(auth.get("methods", ())) - AUTH_METHODS
        problems += [
            f"unknown method '{method}' in 'auth'; it takes {_or(AUTH_METHODS)}." for method in sorted(unknown)
        ]
    for protocol in PROTOCOLS:
        problems += _endpoint_problems(protocol, data.get(protocol, ()))
    for domain, override in data.get("domain_overrides", {}).items():
        for protocol, endpoints in override.items():
            problems += _endpoint_problems(f"domain_overrides.{domain}.{protocol}", endpoints)
    return problems


def _endpoint_problems(name: str, endpoints: Any) -> list[str]:
    if not isinstance(endpoints, list | tuple):
        return [f"'{name}' must be a list of tables with host, port and security."]
    problems = []
    for endpoint in endpoints:
        if not isinstance(endpoint, Mapping) or set(endpoint) != {"host", "port", "security"}:
            problems.append(f"each server of '{name}' needs host, port and security, and nothing else.")
            continue
        if not isinstance(endpoint["port"], int) or not 0 < endpoint["port"] < 65536:
            problems.append(f"port {endpoint['port']!r} of '{name}' is not a number from 1 to 65535.")
        if endpoint["security"] not in list(Security):
            problems.append(
                f"security '{endpoint['security']}' of '{name}' is unknown; it takes {_or(list(Security))}."
            )
        if not isinstance(endpoint["host"], str) or not endpoint["host"] or "/" in endpoint["host"]:
            problems.append(f"host {endpoint['host']!r} of '{name}' is not a host name.")
    return problems


def _endpoints(found: Any) -> tuple[ProviderEndpoint, ...]:
    return tuple(ProviderEndpoint(each["host"], each["port"], Security(each["security"])) for each in found)


def _overrides(found: Mapping[str, Any]) -> Mapping[str, Endpoints]:
    return MappingProxyType(
        {
            domain.lower(): MappingProxyType({Protocol(name): _endpoints(each) for name, each in override.items()})
            for domain, override in found.items()
        }
    )


def _or(words: Any) -> str:
    return ", ".join(f"'{word}'" for word in sorted(map(str, words)))
