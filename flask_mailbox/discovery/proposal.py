"""What discovery found out: servers to put into a form, where they come from, and what else was asked."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from ..account import Endpoint, Protocol
from ..providers import Provider

Endpoints = Mapping[Protocol, Endpoint]


class Source(enum.StrEnum):
    """Who said so, the most trustworthy first."""

    PRESET = "preset"
    PROVIDER = "provider"
    ISPDB = "ispdb"
    MX = "mx"
    SRV = "srv"
    GUESS = "guess"


SECURE = frozenset((Source.PRESET, Source.PROVIDER, Source.ISPDB))
"""Sources that nobody on the way can forge: data that is shipped, or came over verified https from its owner."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that was asked.

    :param where: A URL, a name in DNS, or a server.
    :param outcome: What came of it, in a few words.
    """

    source: Source
    where: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The servers of an address, for a person to agree to before any password goes there.

    :param source: Who said so.
    :param where: The URL or name that said it; empty for presets.
    :param provider: The preset whose servers these are, with its help and its quirks.
    :param username: What to sign in with, as the source has it; a server may have a user name of its own.
    :param findings: All that was asked, in order.
    """

    address: str
    domain: str
    source: Source
    where: str = ""
    provider: Provider | None = None
    smtp: Endpoint | None = None
    imap: Endpoint | None = None
    pop3: Endpoint | None = None
    username: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether nobody between here and the source can have forged it; else look twice before you agree."""
        return self.source in SECURE

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The servers that were found."""
        return tuple(each for each in (self.smtp, self.imap, self.pop3) if each is not None)

    @property
    def strangers(self) -> tuple[str, ...]:
        """Hosts outside the domain of the address and not of a preset, for a person to look at."""
        if self.provider is not None:
            return ()
        hosts = sorted({endpoint.host for endpoint in self.endpoints})
        return tuple(host for host in hosts if not (host == self.domain or host.endswith(f".{self.domain}")))

    def settings(self) -> dict[str, str | bool]:
        """Return account keys for ``mailbox.load_account``, to be completed by a password or token.

        Unless they are a preset's own, the servers are held to public addresses (``public_hosts_only``).
        """
        found: dict[str, str | bool] = {"address": self.address}
        if self.provider is not None:
            found["provider"] = self.provider.id
        if self.source is Source.PRESET:
            return found
        found |= {str(endpoint.protocol): str(endpoint) for endpoint in self.endpoints}
        if self.username:
            found["username"] = self.username
        found |= {f"{each.protocol}_username": each.username for each in self.endpoints if each.username}
        return found | {"public_hosts_only": True}
