"""Free TCP ports on loopback."""

from __future__ import annotations

import random
import socket

FIRST, LAST = 15_000, 32_000  # below the ports that the kernel gives to outgoing connections
ATTEMPTS = 500


def free_ports(count: int) -> tuple[int, ...]:
    """Return distinct ports that nothing listens on.

    :raises RuntimeError: If too few were found.
    """
    found: list[int] = []
    for port in random.sample(range(FIRST, LAST), ATTEMPTS):
        if is_free(port):
            found.append(port)
        if len(found) == count:
            return tuple(found)
    raise RuntimeError(f"Only {len(found)} of {count} free ports found between {FIRST} and {LAST}.")


def is_free(port: int) -> bool:
    """Whether a server could bind this port now."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_open(port: int) -> bool:
    """Whether somebody accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
