"""The numbers that a search's answer names, however many: bounded by how many messages the folder holds."""

from __future__ import annotations

import itertools

from ..net.stream import MAX_LINE
from .answer import Answer
from .arguments import MAX_NUMBER
from .client import Client
from .connection import MIB, Budget
from .fetch import parse_number
from .uidset import UidSet

HIT_BYTES = 16
"""One hit on a line: ten digits, a blank, and the parentheses that THREAD puts around it."""

LONGEST = 64 * MIB
"""The longest line that is read, however many messages a server claims to hold."""

ARRIVALS = 1_000
"""How many messages may have come since the server last told their number."""


def hits_budget(client: Client) -> Budget:
    """Return how much a search of the open folder may answer: all hits stand on one line."""
    line = min(MAX_LINE + HIT_BYTES * client.wire.exists, LONGEST)
    return Budget(line=line, size=Budget().size + line)


def read_hits(answer: Answer) -> UidSet:
    """Return what SEARCH or ESEARCH found, whichever was asked for: servers mix them up."""
    ranges = []
    for response in answer.of("SEARCH"):
        uids = map(parse_number, response.text.split(b"(")[0].split())
        ranges += [(uid, uid) for uid in uids if 0 < uid <= MAX_NUMBER]
    for response in answer.of("ESEARCH"):
        for name, value in itertools.pairwise(response.text.split()):
            if name.upper() == b"ALL":
                ranges += read_set(value).ranges
    return UidSet.of_ranges(ranges)


def all_hits(client: Client, answer: Answer) -> tuple[int, ...]:
    """Return what a search of the open folder found, ascending.

    :raises ProtocolError: If it is more than there can be: each takes memory.
    """
    found = read_hits(answer)
    if len(found) > client.wire.exists + ARRIVALS:
        raise client.wire.violation(
            f"The server found more messages ({len(found):,}) than the folder holds ({client.wire.exists:,})."
        )
    return tuple(found)


def read_set(text: bytes) -> UidSet:
    """Return a set of uids that a server sent; empty if it is none."""
    try:
        return UidSet.parse(text.strip().decode("ascii"))
    except ValueError:
        return UidSet()
