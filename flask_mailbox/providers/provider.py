"""A provider: where its servers are, how to sign in, what to switch on first, and how well that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ..account import Protocol, Security
from .quirks import Quirks


def is_chinese(language: str) -> bool:
    """Whether a language, such as ``zh-CN`` or ``zh_TW.UTF-8``, is Chinese of any region."""
    return language.lower().startswith("zh")


@dataclass(frozen=True, slots=True)
class ProviderEndpoint:
    """One server of a provider; the host may contain ``{domain}``, ``{region}`` or ``{tld}``."""

    host: str
    port: int
    security: Security


FIXED = "fixed:"
"""Before a user name that is the same for all accounts."""

Endpoints = Mapping[Protocol, tuple[ProviderEndpoint, ...]]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that a provider sets, such as ``append_limit_bytes``, and how well it is known."""

    key: str
    value: int | str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One preset, as its data file says.

    :param id: Its name in the data, such as ``netease-163``; ``aliases`` are the short names (``163``).
    :param kind: ``personal``, ``hosted``, ``relay``, ``development``, ``bridge`` or ``generic``.
    :param status: ``ok``, or ``unsupported`` where no program can sign in.
    :param family: The family of servers it runs, such as ``coremail``.
    :param smtp: Its servers in order of preference; empty if the protocol is not offered or not known.
    :param username: The form of the user name: ``full``, ``local``, ``account_specific`` and so on.
    :param usernames: The form at the servers of one protocol, where it is another.
    :param auth_methods: ``password``, ``app_password``, ``oauth2`` or ``none``.
    :param credential_name: The provider's own name for what to sign in with, such as ``client authorization code``.
    :param credential_name_zh: The same in Chinese.
    :param help: What to switch on first; ``help_zh`` says it in Chinese where that is known.
    :param evidence: How well its servers are known: ``corroborated``, ``single-source``, ``unverified``, ``disputed``.
    :param unverified: What else is not verified.
    """

    id: str
    aliases: tuple[str, ...]
    name: str
    region: str
    kind: str
    status: str
    family: str
    domains: tuple[str, ...] = ()
    mx_patterns: tuple[str, ...] = ()
    smtp: tuple[ProviderEndpoint, ...] = ()
    imap: tuple[ProviderEndpoint, ...] = ()
    pop3: tuple[ProviderEndpoint, ...] = ()
    domain_overrides: Mapping[str, Endpoints] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    username: str = "full"
    usernames: Mapping[Protocol, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    auth_methods: tuple[str, ...] = ("password",)
    credential_name: str = ""
    credential_name_zh: str = ""
    oauth_profile: str | None = None
    help: str = ""
    help_zh: str = ""
    quirks: Quirks = field(default_factory=Quirks)
    limits: tuple[Limit, ...] = ()
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    notes: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()
    evidence: str = "unverified"
    unverified: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def endpoints(self, protocol: Protocol, domain: str = "") -> tuple[ProviderEndpoint, ...]:
        """Return the servers of one protocol in order of preference, for addresses of ``domain`` if it has its own."""
        override = self.domain_overrides.get(domain.lower())
        if override is not None:
            return override.get(protocol, ())
        return {Protocol.SMTP: self.smtp, Protocol.IMAP: self.imap, Protocol.POP3: self.pop3}[protocol]

    def user_name(self, address: str, protocol: Protocol | None = None) -> str:
        """Return what an address signs in with, at the servers of one protocol; empty if the address does not tell."""
        form = self.usernames.get(protocol, self.username) if protocol else self.username
        if form.startswith(FIXED):
            return form.removeprefix(FIXED)
        local = address.rpartition("@")[0]
        return {"full": address, "full_or_local": address, "local": local, "local_or_full": local}.get(form, "")

    def help_in(self, language: str) -> str:
        """Return what to switch on first in a language (``en``, ``zh`` …), in English where there is no other."""
        return (self.help_zh if is_chinese(language) else "") or self.help

    def credential_in(self, language: str) -> str:
        """Return the provider's own name for what to sign in with, likewise."""
        return (self.credential_name_zh if is_chinese(language) else "") or self.credential_name

    def limit(self, key: str) -> int | None:
        """Return a limit that is known as a number, such as ``smtp_connections`` or ``messages_per_minute``."""
        found = next((limit.value for limit in self.limits if limit.key == key), None)
        return found if isinstance(found, int) and found > 0 else None

    @property
    def takes_tokens_only(self) -> bool:
        """Whether no password of any kind signs in, only an OAuth2 access token."""
        return self.auth_methods == ("oauth2",)

    @property
    def takes_password(self) -> bool:
        """Whether the provider lets programs sign in with the account's own password."""
        return "password" in self.auth_methods
