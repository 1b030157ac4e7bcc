"""Flags, copies, moves and deletions by uid; what others marked as deleted is never expunged along (RFC 6851, 4315)."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ..errors import CommandError
from .answer import Answer
from .arguments import number_sets, parse_set
from .client import Client
from .hits import all_hits, hits_budget
from .names import quote_name

logger = logging.getLogger("flask_mailbox")

NewUids = dict[int, int]
"""Old uids and the new ones in the destination; empty where the server does not tell (no UIDPLUS)."""


def store_flags(client: Client, uids: Iterable[int], flags: bytes, sign: str) -> None:
    """Add (``+``) or remove (``-``) flags; uids that are gone are passed over, as STORE does."""
    for numbers, _ in number_sets(uids):
        client.run("UID STORE", numbers, f"{sign}FLAGS.SILENT".encode(), flags)


def copy(client: Client, uids: Iterable[int], destination: str) -> NewUids:
    """Copy messages to another folder."""
    new: NewUids = {}
    name = quote_name(destination)
    for numbers, _ in number_sets(uids):
        new |= _new_uids(client.run("UID COPY", numbers, name))
    return new


def move(client: Client, uids: Iterable[int], destination: str) -> NewUids:
    """Move messages to another folder: by MOVE, else by copying and deleting exactly these."""
    new: NewUids = {}
    name = quote_name(destination)
    for numbers, held in number_sets(uids):
        answer = _try_move(client, numbers, name)
        new |= _new_uids(answer or client.run("UID COPY", numbers, name))
        if answer is None:
            expunge(client, held)
    return new


def expunge(client: Client, uids: Iterable[int]) -> None:
    """Delete messages for good.

    Without UIDPLUS only EXPUNGE exists, which deletes all that carry ``\\Deleted``: it is used if these messages
    alone do, else they stay marked, and a warning is logged.
    """
    ours = tuple(uids)
    store_flags(client, ours, b"(\\Deleted)", "+")
    if client.can("UIDPLUS") and client.net.account.quirks.uidplus is not False:
        for numbers, _ in number_sets(ours):
            client.run("UID EXPUNGE", numbers)
        return
    marked = _marked_as_deleted(client)
    if not marked:
        return
    if marked <= set(ours):
        client.run("EXPUNGE")
    else:
        logger.warning(
            "Messages of account '%s' were marked as deleted but not expunged: others are marked too, "
            "and the server cannot expunge some of them only",
            client.net.account.name,
        )


def _try_move(client: Client, numbers: bytes, name: bytes) -> Answer | None:
    """Return the answer to MOVE, or ``None`` where the server has none or says CANNOT, as yahoo.co.jp does."""
    if not client.can("MOVE") or client.net.account.quirks.move is False:
        return None
    try:
        return client.run("UID MOVE", numbers, name)
    except CommandError as error:
        if error.code == "CANNOT":
            return None
        raise


def _marked_as_deleted(client: Client) -> set[int]:
    return set(all_hits(client, client.run("UID SEARCH", b"DELETED", budget=hits_budget(client))))


def _new_uids(answer: Answer) -> NewUids:
    """Read COPYUID, which comes in front of MOVE's answer and in COPY's own (RFC 6851, 4.3)."""
    words = (answer.code("COPYUID") or b"").split()
    if len(words) != 3:
        return {}
    old, new = parse_set(words[1]), parse_set(words[2])
    return dict(zip(old, new, strict=True)) if len(old) == len(new) else {}
