"""Names of hosts and domains as discovery may use them: several labels of letters, digits and hyphens."""

from __future__ import annotations

import re

from ..errors import AddressError
from ..message import parse_mailbox

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")
_INNER = frozenset(
    ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "arpa", "onion")
)
_SHORT = 3


def host_of(text: str) -> str | None:
    """Return a host's name in lower case and ASCII (RFC 5891), or ``None`` if it is no public name, or an address."""
    try:
        name = text.strip().rstrip(".").lower()
        name = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return name if _HOST.fullmatch(name) and name.rpartition(".")[2] not in _INNER else None


def domain_of(address: str) -> str:
    """Return the domain of an address in ASCII.

    :raises AddressError: If it is no address with a public domain.
    """
    found = host_of(parse_mailbox(address).address.rpartition("@")[2])
    if found is None:
        raise AddressError(
            f"'{address}' has no public domain, so nobody can be asked for its servers: name them yourself."
        )
    return found


def is_within(host: str, domain: str) -> bool:
    """Whether a host is a domain itself, or below it."""
    return host == domain or host.endswith(f".{domain}")


def parents_of(host: str) -> tuple[str, ...]:
    """Return a mail server's name and the domain above it, unless that may be open to registration for everybody.

    Without the list of public suffixes this errs on the narrow side: above ``mx.example.co.uk`` is ``example.co.uk``,
    above ``example.co.uk`` nothing.
    """
    above = host.partition(".")[2]
    labels = above.split(".")
    public = len(labels) < 2 or (len(labels) == 2 and len(labels[1]) == 2 and len(labels[0]) <= _SHORT)
    return (host,) if public else (host, above)
