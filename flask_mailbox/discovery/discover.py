"""The chain: presets, the domain's own description, the ISPDB, MX, SRV, usual names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from ..account import Endpoint, Protocol
from ..errors import ServiceError
from ..net.deadline import Deadline
from ..providers import Provider, Registry, shipped
from .autoconfig import Described, DescriptionError, read_description
from .dns import NoDNSError, best_mail_exchanger, service_endpoints
from .guess import guessed, usual
from .hosts import domain_of, host_of, parents_of
from .network import DiscoveryNetwork
from .proposal import Finding, Proposal, Source
from .web import Place, RefusedURLError, describe, fetch

PATH = "config-v1.1.xml"


def discover(address: str, *, registry: Registry | None = None, network: DiscoveryNetwork | None = None) -> Proposal:
    """Return which servers an address probably has, asking the most trustworthy first.

    Nobody is told more than the domain of the address, and nothing is ever signed in to. There is always a proposal:
    where nobody knows anything it is made of the most usual names, with the source ``guess``.

    :param address: One e-mail address.
    :param registry: The presets; those of the package if none is given.
    :param network: What is asked, and what may be connected to.
    :raises AddressError: If it is no address with a public domain.
    """
    return _Search(address, registry or shipped(), network or DiscoveryNetwork()).run()


class _Search:
    """One run along the chain, with what was found out on the way."""

    def __init__(self, address: str, registry: Registry, network: DiscoveryNetwork) -> None:
        self._address = address.strip()
        self._domain = domain_of(self._address)
        self._registry = registry
        self._network = network
        self._deadline = Deadline(network.seconds)
        self._findings: list[Finding] = []

    def run(self) -> Proposal:
        known = self._registry.for_address(self._address)
        if known is not None:
            self._note(Source.PRESET, known.name, "knows the domain")
            return self._of_provider(known, Source.PRESET)
        steps: tuple[Callable[[], Proposal | None], ...] = (
            self._ask_provider,
            self._ask_ispdb,
            self._ask_mail_exchanger,
            self._ask_services,
        )
        for step in steps:
            found = step()
            if found is not None:
                return found
        return self._guess()

    def _ask_provider(self) -> Proposal | None:
        return self._first_described(Source.PROVIDER, self._provider_places(self._domain))

    def _ask_ispdb(self) -> Proposal | None:
        return self._first_described(Source.ISPDB, self._ispdb_places(self._domain))

    def _ask_mail_exchanger(self) -> Proposal | None:
        """Ask who takes the domain's mail: one of the presets, or a host with a description of its own."""
        try:
            host = best_mail_exchanger(self._domain, self._deadline)
        except NoDNSError as error:
            self._note(Source.MX, self._domain, str(error))
            return None
        if host is None:
            self._note(Source.MX, self._domain, "it has no mail server")
            return None
        provider = self._provider_at(host)
        if provider is not None:
            self._note(Source.MX, host, f"belongs to {provider.name}")
            return self._of_provider(provider, Source.MX, host)
        self._note(Source.MX, host, "no preset knows it")
        above = parents_of(host)
        places = (place for name in above for place in self._provider_places(name))
        return self._first_described(Source.MX, places) or self._first_described(
            Source.MX, (place for name in above for place in self._ispdb_places(name))
        )

    def _ask_services(self) -> Proposal | None:
        found: dict[Protocol, Endpoint] = {}
        try:
            for endpoint in service_endpoints(self._domain, self._deadline):
                found.setdefault(Protocol(endpoint.protocol), endpoint)
        except NoDNSError as error:
            self._note(Source.SRV, self._domain, str(error))
        if not found:
            self._note(Source.SRV, self._domain, "no service is announced")
            return None
        self._note(Source.SRV, self._domain, "names servers")
        return self._proposal(Source.SRV, self._domain, found)

    def _guess(self) -> Proposal:
        found = guessed(self._domain, self._network, self._deadline)
        if found:
            names = ", ".join(sorted({endpoint.host for endpoint in found.values()}))
            self._note(Source.GUESS, names, "answers")
        else:
            self._note(Source.GUESS, self._domain, "nothing answers under a usual name")
        return self._proposal(Source.GUESS, "", found or usual(self._domain))

    def _first_described(self, source: Source, places: Iterator[Place]) -> Proposal | None:
        for place in places:
            described = self._described(source, place)
            if described is not None:
                return self._proposal(source, place.url, described.endpoints, described.username)
        return None

    def _described(self, source: Source, place: Place) -> Described | None:
        url = place.url
        try:
            document = fetch(place, self._network, self._deadline)
            if document is None:
                self._note(source, url, "nothing is there")
                return None
            found = read_description(document, self._address)
        except DescriptionError as error:
            self._note(source, url, f"refused: {error}")
            return None
        except (ServiceError, RefusedURLError, TimeoutError) as error:
            self._note(source, url, describe(error))
            return None
        self._note(source, url, "describes servers")
        return found

    def _provider_places(self, domain: str) -> Iterator[Place]:
        port = "" if self._network.https_port == 443 else f":{self._network.https_port}"
        yield Place(f"https://autoconfig.{domain}{port}/mail/{PATH}", domain)
        yield Place(f"https://{domain}{port}/.well-known/autoconfig/mail/{PATH}", domain)

    def _ispdb_places(self, domain: str) -> Iterator[Place]:
        if self._network.ispdb:
            url = f"{self._network.ispdb.rstrip('/')}/{domain}"
            yield Place(url, host_of(urlsplit(url).hostname or "") or "")

    def _provider_at(self, host: str) -> Provider | None:
        """Return the preset with the narrowest pattern that a mail server's name fits."""
        fitting = [
            (len(pattern), provider)
            for provider in self._registry.all()
            for pattern in provider.mx_patterns
            if fnmatchcase(host, pattern.lower())
        ]
        return max(fitting, key=lambda pair: pair[0])[1] if fitting else None

    def _of_provider(self, provider: Provider, source: Source, where: str = "") -> Proposal:
        offered, username = {}, provider.user_name(self._address)
        for protocol in Protocol:
            for each in provider.endpoints(protocol, self._domain)[:1]:
                host = each.host.replace("{domain}", self._domain)
                own = provider.user_name(self._address, protocol)
                if "{" not in host:
                    named = own if own != username else ""
                    offered[protocol] = Endpoint(protocol, host, each.port, each.security, named)
        return self._proposal(source, where, offered, username, provider)

    def _proposal(
        self,
        source: Source,
        where: str,
        endpoints: Mapping[Protocol, Endpoint],
        username: str = "",
        provider: Provider | None = None,
    ) -> Proposal:
        return Proposal(
            address=self._address,
            domain=self._domain,
            source=source,
            where=where,
            provider=provider or self._provider_of(endpoints),
            smtp=endpoints.get(Protocol.SMTP),
            imap=endpoints.get(Protocol.IMAP),
            pop3=endpoints.get(Protocol.POP3),
            username=username or self._address,
            findings=tuple(self._findings),
        )

    def _provider_of(self, endpoints: Mapping[Protocol, Endpoint]) -> Provider | None:
        """Return the preset that has these very servers, so that its quirks are obeyed and its help is shown."""
        named = {protocol: endpoint.host for protocol, endpoint in endpoints.items()}
        for provider in self._registry.all():
            own = {protocol: {each.host for each in provider.endpoints(protocol)} for protocol in named}
            if provider.kind != "generic" and all(named[protocol] in own[protocol] for protocol in named):
                return provider
        return None

    def _note(self, source: Source, where: str, outcome: str) -> None:
        self._findings.append(Finding(source, where, outcome))
