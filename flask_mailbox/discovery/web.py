"""Descriptions fetched over verified https, from public addresses, with redirects that stay in one domain."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from ..account import Endpoint, Security, Service
from ..errors import ProtocolError, ServiceError
from ..net.deadline import Deadline
from ..net.http import exchange
from ..net.stream import Stream
from .hosts import host_of, is_within
from .network import DiscoveryNetwork, visit_by

MOST_REDIRECTS = 3
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_HEADERS = {"Accept": "text/xml, application/xml", "User-Agent": "flask-mailbox", "Accept-Encoding": "identity"}


class Place(NamedTuple):
    """A URL that we made ourselves.

    :param home: The domain that redirects from there may not leave.
    """

    url: str
    home: str


class RefusedURLError(ValueError):
    """A URL that is not followed: not https, another port, or out of the domain it began in."""


def fetch(place: Place, network: DiscoveryNetwork, deadline: Deadline) -> bytes | None:
    """Return what is at a place, or ``None`` if there is nothing.

    :raises RefusedURLError: If it, or what it redirects to, may not be asked.
    :raises ServiceError: If a server cannot be reached, is too slow, too talkative, or has no valid certificate.
    :raises TimeoutError: If no time is left.
    """
    url = place.url
    for _ in range(MOST_REDIRECTS + 1):
        endpoint = _endpoint(url, place.home, network)
        end = visit_by(deadline)
        stream = Stream.connect(network.visitor(web=True), endpoint, end)
        try:
            with stream.operation(within=end):
                answer = exchange(stream, "GET", url, who="web server", headers=_HEADERS)
        finally:
            stream.close()
        if answer.status == 200:
            return answer.body
        if answer.status not in _REDIRECTS:
            return None
        url = _target(url, answer.location)
    raise RefusedURLError(f"it redirects more than {MOST_REDIRECTS} times")


def describe(error: Exception) -> str:
    """Return in a few words why something could not be fetched."""
    if isinstance(error, ProtocolError | RefusedURLError):
        return f"refused: {error.text if isinstance(error, ServiceError) else error}"
    return error.text if isinstance(error, ServiceError) else str(error)


def _target(url: str, location: str) -> str:
    """Return where a redirect leads, which is then checked like any URL."""
    try:
        if location and location.isascii() and location.isprintable() and " " not in location:
            return urljoin(url, location)
    except ValueError:
        pass
    raise RefusedURLError("it redirects to no address")


def _endpoint(url: str, home: str, network: DiscoveryNetwork) -> Endpoint:
    try:
        parts = urlsplit(url)
        host, port = host_of(parts.hostname or ""), parts.port
    except ValueError:
        raise RefusedURLError("it redirects to no address") from None
    if parts.scheme != "https":
        raise RefusedURLError("it leads away from https")
    if host is None or parts.username is not None or parts.password is not None:
        raise RefusedURLError("it leads to no public name")
    if not is_within(host, home):
        raise RefusedURLError(f"it leads to another domain, {host}")
    if (port or 443) != network.https_port:
        raise RefusedURLError("it leads to another port")
    return Endpoint(Service.DISCOVERY, host, network.https_port, Security.TLS)
