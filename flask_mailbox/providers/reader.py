"""Reading a preset: a mapping in the format of the data files becomes a ``Provider``, every mistake named."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..account import Protocol, Security
from ..errors import ConfigurationError
from .provider import FIXED, Endpoints, Limit, Provider, ProviderEndpoint
from .quirks import Quirks

PROTOCOLS = tuple(map(str, Protocol))
KEYS = {
    "id", "aliases", "name", "region", "kind", "status", "family", "username", "domains", "mx_patterns", "notes",
    "disagreements", "known_errors", "smtp", "imap", "pop3", "auth", "help", "quirks", "limits", "folders",
    "domain_overrides", "evidence", "smtp_username", "imap_username", "pop3_username",
}  # fmt: skip
FOLDERS = {
    "all", "archive", "drafts", "flagged", "important", "junk", "saved", "sent", "trash", "user_folder_prefix", "virus",
}  # fmt: skip
TABLES: dict[str, set[str]] = {
    "auth": {"methods", "credential_name", "credential_name_zh", "oauth_profile"},
    "help": {"en", "zh", "page_host", "page_status"},
    "quirks": {field.name for field in dataclasses.fields(Quirks)},
    "evidence": {"endpoints", "unverified", "sources"},
    "folders": FOLDERS,
}
USERNAME_KEYS = {protocol: f"{protocol}_username" for protocol in Protocol}
TEXTS = {"id", "name", "region", "kind", "status", "family", "username", *USERNAME_KEYS.values()}
LISTS = {"aliases", "domains", "mx_patterns", "notes", "disagreements", "known_errors"}
USERNAMES = {"full", "local", "local_or_full", "full_or_local", "account_specific", "api_key", "token"}
AUTH_METHODS = {"password", "app_password", "oauth2", "none"}
WORDS = {
    "kind": {"personal", "hosted", "relay", "bridge", "development", "generic"},
    "status": {"ok", "unsupported"},
}
QUIRK_WORDS = {
    "search_text": {"ok", "ascii_only", "unreliable", "ignored", "limited", "unknown"},
    "sent_copy": {"server_saves", "client_must_append", "account_setting", "unknown"},
}
EVIDENCE = {"corroborated", "single-source", "unverified", "disputed"}


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
        usernames=MappingProxyType({each: data[key] for each, key in USERNAME_KEYS.items() if key in data}),
        auth_methods=tuple(auth.get("methods", ("password",))),
        credential_name=auth.get("credential_name", ""),
        credential_name_zh=auth.get("credential_name_zh", ""),
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
    if not data.get("id"):
        problems.append("'id' is missing: give the preset a short name.")
    problems += [f"'{key}' must be a text." for key in TEXTS & set(data) if not isinstance(data[key], str)]
    problems += [f"'{key}' must be a list of texts." for key in LISTS & set(data) if not _is_texts(data[key])]
    for key, known in WORDS.items():
        problems += _word_problems(key, data.get(key), known)
    for name, known in TABLES.items():
        problems += _table_problems(name, data.get(name, {}), known)
    for key in {"username", *USERNAME_KEYS.values()} & set(data):
        problems += _username_problems(key, str(data[key]))
    for protocol in PROTOCOLS:
        problems += _endpoint_problems(protocol, data.get(protocol, ()))
    return problems + _limit_problems(data.get("limits", ())) + _override_problems(data.get("domain_overrides", {}))


def _is_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


def _word_problems(key: str, value: Any, known: set[str]) -> list[str]:
    if not isinstance(value, str) or value in known:
        return []
    return [f"'{key}' is '{value}'; it takes {_or(known)}."]


def _username_problems(key: str, form: str) -> list[str]:
    if form in USERNAMES or (form.startswith(FIXED) and len(form) > len(FIXED)):
        return []
    return [f"'{key}' is '{form}'; it takes {_or(USERNAMES)} or '{FIXED}<name>'."]


def _table_problems(name: str, table: Any, known: set[str]) -> list[str]:
    if not isinstance(table, Mapping):
        return [f"'{name}' must be a table."]
    unknown = [f"unknown key '{key}' in '{name}'; it takes {_or(known)}." for key in table if key not in known]
    return unknown + _TABLE_CHECKS[name](table)


def _auth_problems(table: Mapping[str, Any]) -> list[str]:
    problems = [
        f"'auth.{key}' must be a text."
        for key in ("credential_name", "credential_name_zh", "oauth_profile")
        if not isinstance(table.get(key, ""), str)
    ]
    methods = table.get("methods", ("password",))
    if not _is_texts(methods) or not methods:
        return [*problems, "'auth.methods' must be a list of texts, one at least."]
    unknown = sorted(set(methods) - AUTH_METHODS)
    return problems + [f"unknown method '{method}' in 'auth'; it takes {_or(AUTH_METHODS)}." for method in unknown]


def _quirk_problems(table: Mapping[str, Any]) -> list[str]:
    standard = dataclasses.asdict(Quirks())
    problems = []
    for key, value in table.items():
        wanted = type(standard.get(key)) if type(standard.get(key)) in (str, int) else bool
        if key in standard and type(value) is not wanted:
            kind = {str: "a text", int: "a whole number"}.get(wanted, "true or false")
            problems.append(f"'quirks.{key}' is {value!r}; it takes {kind}.")
        if key in QUIRK_WORDS:
            problems += _word_problems(f"quirks.{key}", value, QUIRK_WORDS[key])
    return problems


def _help_problems(table: Mapping[str, Any]) -> list[str]:
    return [f"'help.{key}' must be a text." for key, value in table.items() if not isinstance(value, str)]


def _evidence_problems(table: Mapping[str, Any]) -> list[str]:
    lists = [name for name in ("unverified", "sources") if not _is_texts(table.get(name, ()))]
    return [f"'evidence.{name}' must be a list of texts." for name in lists] + _word_problems(
        "evidence.endpoints", table.get("endpoints"), EVIDENCE
    )


def _limit_problems(limits: Any) -> list[str]:
    if isinstance(limits, list | tuple) and all(
        isinstance(each, Mapping) and {"key", "value"} <= set(each) for each in limits
    ):
        return []
    return ["'limits' must be a list of tables with key, value and status."]


def _override_problems(overrides: Any) -> list[str]:
    if not isinstance(overrides, Mapping):
        return ["'domain_overrides' must be a table."]
    problems = []
    for domain, override in overrides.items():
        name = f"domain_overrides.{domain}"
        if not isinstance(override, Mapping) or set(override) - set(PROTOCOLS):
            problems.append(f"'{name}' takes {_or(PROTOCOLS)}, and nothing else.")
            continue
        for protocol, endpoints in override.items():
            problems += _endpoint_problems(f"{name}.{protocol}", endpoints)
    return problems


def _folder_problems(table: Mapping[str, Any]) -> list[str]:
    return [f"'folders.{role}' must be a list of texts." for role, names in table.items() if not _is_texts(names)]


_TABLE_CHECKS = {
    "auth": _auth_problems,
    "help": _help_problems,
    "quirks": _quirk_problems,
    "evidence": _evidence_problems,
    "folders": _folder_problems,
}


def _endpoint_problems(name: str, endpoints: Any) -> list[str]:
    if not isinstance(endpoints, list | tuple):
        return [f"'{name}' must be a list of tables with host, port and security."]
    problems = []
    for endpoint in endpoints:
        if not isinstance(endpoint, Mapping) or set(endpoint) != {"host", "port", "security"}:
            problems.append(f"each server of '{name}' needs host, port and security, and nothing else.")
            continue
        if type(endpoint["port"]) is not int or not 0 < endpoint["port"] < 65536:
            problems.append(f"port {endpoint['port']!r} of '{name}' is not a number from 1 to 65535.")
        if str(endpoint["security"]) not in list(Security):
            problems.append(
                f"security '{endpoint['security']}' of '{name}' is unknown; it takes {_or(list(Security))}."
            )
        if not isinstance(endpoint["host"], str) or not endpoint["host"] or set(endpoint["host"]) & set(" @/:\r\n"):
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
