"""Many messages in few commands: sizes first, then batches that are small in memory and short on the line."""

from __future__ import annotations

from collections.abc import Iterable

from .arguments import number_sets
from .client import Client
from .connection import MIB, Budget
from .fetch import by_uid, parse_number
from .pipeline import run_sets

BATCH_BYTES = 4 * MIB
BATCH_MESSAGES = 50


def read_sizes(client: Client, uids: Iterable[int]) -> list[tuple[int, int]]:
    """Return uids and sizes of those messages that are there."""
    found: list[tuple[int, int]] = []
    for answer, held in run_sets(client, "UID FETCH", uids, b"(UID RFC822.SIZE)"):
        sizes = by_uid(answer.of("FETCH"))
        found += [(uid, parse_number(sizes[uid].get(b"RFC822.SIZE"))) for uid in held if uid in sizes]
    return found


def cut_batches(sizes: Iterable[tuple[int, int]], limit: int) -> list[list[int]]:
    """Group uids so that each group is small; a large message goes alone, one over the limit not at all."""
    batches: list[list[int]] = []
    room = 0
    for uid, size in sizes:
        if size > limit:
            continue
        if not batches or size > room or len(batches[-1]) == BATCH_MESSAGES:
            batches.append([])
            room = BATCH_BYTES
        batches[-1].append(uid)
        room -= size
    return batches


def whole_batch(uids: list[int], limit: int) -> tuple[bytes, Budget]:
    """Return the set of a batch, and how much may come for it."""
    ((numbers, _),) = number_sets(uids)
    return numbers, Budget(literal=limit, size=max(2 * BATCH_BYTES, limit + MIB))
