"""The usual names, tried: connected to, greeted by, and left without a word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ..account import DEFAULT_PORTS, Endpoint, Protocol, Security
from ..errors import ServiceError
from ..net.deadline import Deadline
from ..net.stream import Stream
from .network import DiscoveryNetwork, visit_by

_NAMES = {Protocol.IMAP: ("imap", "mail"), Protocol.SMTP: ("smtp", "mail"), Protocol.POP3: ("pop", "pop3", "mail")}
_GREETINGS = {Protocol.IMAP: b"* OK", Protocol.SMTP: b"220", Protocol.POP3: b"+OK"}


def guessed(domain: str, network: DiscoveryNetwork, deadline: Deadline) -> dict[Protocol, Endpoint]:
    """Return the servers that answer under usual names: TLS from the first byte before STARTTLS."""
    with ThreadPoolExecutor(len(Protocol), thread_name_prefix="flask-mailbox-discovery") as threads:
        found = threads.map(lambda protocol: _first_that_greets(protocol, domain, network, deadline), Protocol)
        return {
            endpoint.protocol: endpoint for endpoint in found if endpoint and isinstance(endpoint.protocol, Protocol)
        }


def usual(domain: str) -> dict[Protocol, Endpoint]:
    """Return the most usual names, for a form that a person completes."""
    return {protocol: _candidate(protocol, _NAMES[protocol][0], domain, Security.TLS) for protocol in Protocol}


def _first_that_greets(
    protocol: Protocol, domain: str, network: DiscoveryNetwork, deadline: Deadline
) -> Endpoint | None:
    for security in (Security.TLS, Security.STARTTLS):
        for name in _NAMES[protocol]:
            endpoint = _candidate(protocol, name, domain, security)
            if _greets(endpoint, network, deadline):
                return endpoint
    return None


def _candidate(protocol: Protocol, name: str, domain: str, security: Security) -> Endpoint:
    return Endpoint(protocol, f"{name}.{domain}", DEFAULT_PORTS[str(protocol), str(security)], security)


def _greets(endpoint: Endpoint, network: DiscoveryNetwork, deadline: Deadline) -> bool:
    try:
        end = visit_by(deadline)
        stream = Stream.connect(network.visitor(web=False), endpoint, end)
        try:
            with stream.operation(within=end):
                return stream.readline(1000).startswith(_GREETINGS[Protocol(endpoint.protocol)])
        finally:
            stream.close()
    except (ServiceError, TimeoutError):
        return False
