"""Carrying out a search: on the server as far as it can be believed, and the rest here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

from ..errors import CommandError
from .arguments import Literal, number_sets
from .client import Client
from .connection import MIB, Budget
from .fetch import by_uid
from .hits import all_hits, hits_budget
from .matching import Candidate, looks_into_bodies, matches
from .search import TEXT_FIELDS, Criteria, compile_criteria, relaxed

MAX_HEADERS = 2_000
MAX_BODIES = 200
"""How many messages are looked at here, the newest, if the server cannot search them."""

BODY_BYTES = 1 * MIB
BATCH = 50

_TOO_MANY = Budget(literal=BODY_BYTES, size=(BATCH + 2) * BODY_BYTES)


@dataclass(frozen=True, slots=True)
class Found(Sequence[int]):
    """The uids that were found, ascending.

    :param verified: Whether the words were compared here, since the server's word is not enough.
    :param complete: Whether all messages were looked at: here only so many are.
    """

    uids: tuple[int, ...]
    verified: bool = False
    complete: bool = True

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[int, ...]: ...

    def __getitem__(self, place: int | slice) -> int | tuple[int, ...]:
        return self.uids[place]

    def __len__(self) -> int:
        return len(self.uids)


def find(client: Client, criteria: Criteria) -> Found:
    """Search the open folder.

    Where the server cannot search for some words (BADCHARSET), or is known to answer such searches wrongly, it
    narrows by everything else, and the words are compared here. ``limited`` servers are asked for no other header
    field than Message-ID: iCloud's refuse that.
    """
    compile_criteria(criteria)  # all mistakes before anything is sent
    trusted = _trust(client)
    if not distrusted(client, criteria):
        try:
            return Found(_ask(client, criteria))
        except CommandError as error:
            if error.code != "BADCHARSET":
                raise
        trusted = _trust(client, ascii_only=True)
    narrower = relaxed(criteria, trusted)
    candidates = _ask(client, narrower)
    return Found(candidates) if narrower == criteria else _verify(client, criteria, candidates)


def distrusted(client: Client, criteria: Criteria) -> bool:
    """Whether the account's server is known to answer searches for words wrongly, or to refuse one of these."""
    known = client.net.account.quirks.search_text
    return known in ("ascii_only", "unreliable", "ignored") or relaxed(criteria, _trust(client)) != criteria


def _trust(client: Client, *, ascii_only: bool = False) -> Callable[[str, object], bool]:
    """Return what tells, of a criterion's name and value, whether the server's word on it is enough."""
    known = client.net.account.quirks.search_text

    def trusted(name: str, value: object) -> bool:
        if name not in TEXT_FIELDS:
            return True
        field, words = value if name == "header" and isinstance(value, tuple) else ("", str(value))
        if known in ("unreliable", "ignored") or (known == "limited" and field and field.lower() != "message-id"):
            return False
        return not (ascii_only or known == "ascii_only") or f"{field}{words}".isascii()

    return trusted


def _ask(client: Client, criteria: Criteria) -> tuple[int, ...]:
    arguments = compile_criteria(criteria)
    if any(isinstance(argument, Literal) for argument in arguments):
        arguments = [b"CHARSET UTF-8", *arguments]
    if client.can("ESEARCH") or client.can("IMAP4REV2"):
        arguments = [b"RETURN (ALL)", *arguments]
    return all_hits(client, client.run("UID SEARCH", *arguments, budget=hits_budget(client)))


def _verify(client: Client, criteria: Criteria, candidates: tuple[int, ...]) -> Found:
    bodies = looks_into_bodies(criteria)
    limit = MAX_BODIES if bodies else MAX_HEADERS
    wanted = b"BODY.PEEK[]<0.%d>" % BODY_BYTES if bodies else b"BODY.PEEK[HEADER]<0.%d>" % (64 * 1024)
    items = b"(UID FLAGS RFC822.SIZE INTERNALDATE %b)" % wanted
    found: list[int] = []
    newest = candidates[-limit:]
    for start in range(0, len(newest), BATCH):
        for numbers, _ in number_sets(newest[start : start + BATCH]):
            answer = client.run("UID FETCH", numbers, items, budget=_TOO_MANY)
            for uid, values in by_uid(answer.of("FETCH")).items():
                if uid in newest and matches(criteria, Candidate(uid, values)):
                    found.append(uid)
    return Found(tuple(sorted(found)), verified=True, complete=len(candidates) <= limit)
