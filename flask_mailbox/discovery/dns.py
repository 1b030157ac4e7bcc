"""What DNS says of a domain's mail servers: MX (RFC 5321, 5.1) and SRV (RFC 6186, RFC 8314).

This needs the extra ``dns``; what DNS says is not authenticated, so it is a hint.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from ..account import Endpoint, Protocol, Security
from ..net.deadline import Deadline
from ..reach import MAIL_PORTS
from .hosts import host_of

_SERVICES = (
    (Protocol.IMAP, "_imaps", Security.TLS),
    (Protocol.IMAP, "_imap", Security.STARTTLS),
    (Protocol.SMTP, "_submissions", Security.TLS),
    (Protocol.SMTP, "_submission", Security.STARTTLS),
    (Protocol.POP3, "_pop3s", Security.TLS),
    (Protocol.POP3, "_pop3", Security.STARTTLS),
)
_MOST_SECONDS = 3.0
_IMPLICIT = 465


class NoDNSError(Exception):
    """DNS did not answer, or cannot be asked; the text says why."""


def best_mail_exchanger(domain: str, deadline: Deadline) -> str | None:
    """Return the host that takes a domain's mail first, or ``None`` if it has none.

    :raises NoDNSError: If nobody tells.
    """
    records = _ask(domain, "MX", deadline)
    best = min(records, key=lambda record: record.preference, default=None)
    return host_of(best.exchange.to_text()) if best is not None else None


def service_endpoints(domain: str, deadline: Deadline) -> Iterator[Endpoint]:
    """Yield the servers that a domain's SRV records name, TLS from the first byte before STARTTLS.

    A target of ``.`` says that a service is not offered.

    :raises NoDNSError: If nobody tells.
    """
    for protocol, name, security in _SERVICES:
        record = _chosen(_ask(f"{name}._tcp.{domain}", "SRV", deadline))
        host = host_of(record.target.to_text()) if record is not None else None
        if record is not None and host is not None and record.port in MAIL_PORTS:
            yield Endpoint(protocol, host, record.port, Security.TLS if record.port == _IMPLICIT else security)


def _chosen(records: Sequence[Any]) -> Any:
    """Return the record to use: of the lowest priority, by weight (RFC 2782)."""
    first = min((record.priority for record in records), default=None)
    equal = [record for record in records if record.priority == first]
    weights = [record.weight + 0.01 for record in equal]
    return random.choices(equal, weights)[0] if equal else None  # noqa: S311  a choice of load, not a secret


def _ask(name: str, kind: str, deadline: Deadline) -> Sequence[Any]:
    """Return the records of a name; none if it has none. One question takes no more than its part of what is left."""
    try:
        import dns.exception
        import dns.resolver
    except ImportError:
        raise NoDNSError("DNS was not asked: that needs the extra, pip install 'flask-mailbox[dns]'") from None
    seconds = deadline.left()
    if seconds <= 0:
        raise NoDNSError("no time was left")
    try:
        return tuple(dns.resolver.resolve(name, kind, lifetime=min(seconds, _MOST_SECONDS)))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError) as error:
        raise NoDNSError(f"DNS gave no answer ({type(error).__name__})") from None
