"""How discovery reaches out: whom it may ask, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..account import Account, Timeouts
from ..net.deadline import Deadline
from ..providers import Quirks
from ..reach import MAIL_PORTS, Network, Reach

ISPDB = "https://v1.ispdb.net/"
MOST_SECONDS = 15.0
REQUEST_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryNetwork:
    """What is asked, and what may be connected to.

    :param ispdb: Base URL of the database of Thunderbird's makers, which is told the domain of the address; empty for
        asking it nothing.
    :param allowed: Networks that count as public, for servers of one's own.
    :param ca_file: The authority of one's own servers; the system's authorities if there is none.
    :param https_port: The only port that descriptions are fetched from.
    :param seconds: For all of it.
    """

    ispdb: str = ISPDB
    allowed: tuple[Network, ...] = ()
    ca_file: Path | None = None
    https_port: int = 443
    seconds: float = MOST_SECONDS

    def visitor(self, *, web: bool) -> Account:
        """Return an account of nobody, which connects to public servers only: those of the web, or of mail."""
        return Account(
            name="discovery",
            address="",
            sender="",
            quirks=Quirks(),
            ca_file=self.ca_file,
            timeouts=Timeouts(REQUEST_SECONDS, REQUEST_SECONDS, REQUEST_SECONDS),
            reach=Reach(True, self.allowed, frozenset((self.https_port,)) if web else MAIL_PORTS),
        )


def visit_by(deadline: Deadline) -> Deadline:
    """Return when one visit must be over, from the name's look-up to the last byte: a part of what is left for all.

    :raises TimeoutError: If no time is left.
    """
    seconds = min(REQUEST_SECONDS, deadline.left())
    if seconds <= 0:
        raise TimeoutError("the time for all of discovery is over")
    return Deadline(seconds)
