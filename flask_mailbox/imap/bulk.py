"""Whole messages: many in few commands, sizes first, then batches that are small in memory; and one up to a limit."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import MessageTooLargeError
from .arguments import MAX_NUMBER, number_sets
from .client import Client
from .connection import MIB, Budget
from .fetch import by_uid, parse_number
from .pipeline import run_sets

BATCH_BYTES = 2 * MIB
BATCH_MESSAGES = 50

WHOLE = b"BODY[]"
SLACK = 16
"""Some servers send a byte or two more than was asked for."""


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


def beginning_items(most: int) -> tuple[bytes, Budget]:
    """Return what to ask for a message that may have so many bytes, and how much may come.

    Of one that is larger only the beginning comes, so that the session can be used on; and its size, to be told.
    """
    size = min(most + 1, MAX_NUMBER)
    return b"(UID RFC822.SIZE BODY.PEEK[]<0.%d>)" % size, Budget(literal=most + SLACK, size=most + MIB)


def too_large(size: int, most: int, how: str = "") -> MessageTooLargeError:
    """Return the error for a message of more bytes than are read at once."""
    cure = f"Read its parts instead{', ' * bool(how)}{how}."
    return MessageTooLargeError(f"The message has {size:,} bytes; at most {most:,} are read at once. {cure}")


def whole_batch(uids: list[int], limit: int) -> tuple[bytes, Budget]:
    """Return the set of a batch, and how much may come for it."""
    ((numbers, _),) = number_sets(uids)
    return numbers, Budget(literal=limit, size=max(2 * BATCH_BYTES, limit + MIB))
