"""Which addresses a connection may go to, where a stranger named the host: public ones, on the ports of mail.

A web app that connects to hosts which its users type in is a bridge into the network behind it (server-side request
forgery). Names are no help, since a name can lead anywhere: the rule holds for the address that is connected to.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAIL_PORTS = frozenset((25, 110, 143, 465, 587, 993, 994, 995, 2525))
"""Where mail servers listen: the standard ports, and those of NetEase and of some relays."""

# IANA's registries of special-purpose addresses (RFC 6890); ipaddress.is_global differs between versions of Python
_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where connections may go.

    :param public_only: Only to public addresses, and there only to ``ports``.
    :param allowed: Networks that count as public all the same, on any port.
    """

    public_only: bool = False
    allowed: tuple[Network, ...] = ()
    ports: frozenset[int] = MAIL_PORTS

    def admits(self, address: str, port: int) -> bool:
        """Whether a connection to this address, as it stands in a socket's name, is allowed."""
        if not self.public_only:
            return True
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        plain = _unwrapped(parsed)
        if any(each in network for each in (parsed, plain) for network in self.allowed):
            return True
        return port in self.ports and is_public(address)


ANYWHERE = Reach()


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet, on either side of a translation."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = _unwrapped(parsed)
    if isinstance(plain, ipaddress.IPv4Address):
        return not any(plain in network for network in _CLOSED_V4)
    return plain.scope_id is None and plain in _OPEN_V6 and not any(plain in network for network in _CLOSED_V6)


def _unwrapped(address: _Address) -> _Address:
    """Return the IPv4 address that a mapped or translated one (RFC 4291, 2.5.5.2; RFC 6052) leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
