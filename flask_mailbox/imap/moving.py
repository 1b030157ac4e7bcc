"""Flags, copies, moves and deletions by uid; what others marked as deleted is never expunged along (RFC 6851, 4315)."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from .answer import Answer, Status
from .arguments import parse_set
from .client import Client
from .connection import Budget
from .hits import all_hits, hits_budget
from .names import quote_name
from .pipeline import ask_sets, run_sets
from .refusals import refused

logger = logging.getLogger("flask_mailbox")

NewUids = dict[int, int]
"""Old uids and the new ones in the destination; empty where the server does not tell (no UIDPLUS)."""


def store_flags(client: Client, uids: Iterable[int], flags: bytes, sign: str) -> None:
    """Add (``+``) or remove (``-``) flags; uids that are gone are passed over, as STORE does."""
    for _ in run_sets(client, "UID STORE", uids, f"{sign}FLAGS.SILENT".encode(), flags):
        pass


def copy(client: Client, uids: Iterable[int], destination: str) -> NewUids:
    """Copy messages to another folder."""
    new: NewUids = {}
    for answer, _ in run_sets(client, "UID COPY", uids, quote_name(destination)):
        new |= _new_uids(answer)
    return new


def move(client: Client, uids: Iterable[int], destination: str) -> NewUids:
    """Move messages to another folder: by MOVE, else by copying and deleting exactly these."""
    name = quote_name(destination)
    left = set(uids)
    new: NewUids = {}
    if client.can("MOVE") and client.net.account.quirks.move is not False:
        for answer, held in ask_sets(client, "UID MOVE", left, name):
            if answer.status.condition == "OK":
                new |= _new_uids(answer)
                left.difference_update(held)
            elif answer.status.code != "CANNOT":  # as yahoo.co.jp says
                raise refused(client.net, "UID MOVE", answer.status)
    return new | _copy_and_expunge(client, left, name) if left else new


def expunge(client: Client, uids: Iterable[int]) -> None:
    """Delete messages for good.

    Without UIDPLUS only EXPUNGE exists, which deletes all that carry ``\\Deleted``: it is used if these messages
    alone do, else they stay marked, and a warning is logged.
    """
    ours = set(uids)
    store_flags(client, ours, b"(\\Deleted)", "+")
    if client.can("UIDPLUS") and client.net.account.quirks.uidplus is not False:
        for _ in run_sets(client, "UID EXPUNGE", ours):
            pass
        return
    marked = _marked_as_deleted(client)
    if not marked:
        return
    if marked <= ours:
        client.run("EXPUNGE", budget=Budget(lines=Budget().lines + len(marked)))
    else:
        logger.warning(
            "Messages of account '%s' were marked as deleted but not expunged: others are marked too, "
            "and the server cannot expunge some of them only",
            client.net.account.name,
        )


def _copy_and_expunge(client: Client, uids: Iterable[int], name: bytes) -> NewUids:
    """Copy messages and delete those that were copied, also if others were refused."""
    new: NewUids = {}
    copied: list[int] = []
    refusal: Status | None = None
    for answer, held in ask_sets(client, "UID COPY", uids, name):
        if answer.status.condition == "OK":
            new |= _new_uids(answer)
            copied += held
        else:
            refusal = refusal or answer.status
    if copied:
        expunge(client, copied)
    if refusal is not None:
        raise refused(client.net, "UID COPY", refusal)
    return new


def _marked_as_deleted(client: Client) -> set[int]:
    return set(all_hits(client, client.run("UID SEARCH", b"DELETED", budget=hits_budget(client))))


def _new_uids(answer: Answer) -> NewUids:
    """Read COPYUID, which comes in front of MOVE's answer and in COPY's own (RFC 6851, 4.3)."""
    words = (answer.code("COPYUID") or b"").split()
    if len(words) != 3:
        return {}
    old, new = parse_set(words[1]), parse_set(words[2])
    return dict(zip(old, new, strict=True)) if len(old) == len(new) else {}
