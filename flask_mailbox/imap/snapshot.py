"""A folder as EXAMINE shows it, and all its uids or flags, read in windows and checked against their number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ProtocolError
from .answer import Answer, Untagged
from .connection import MIB, Budget
from .fetch import by_uid, parse_flags, parse_number
from .flagtable import Flags
from .hits import read_hits
from .uidset import UidSet

if TYPE_CHECKING:
    from .session import IMAPSession

CHANGES = Budget(lines=300_000, size=64 * MIB)
"""What may come at once for a folder of which everything has changed."""

FLAGS_WINDOW = 20_000
SEARCH_WINDOW = 50_000
"""Messages in one answer: so many uids still fit into one line of it."""

ATTEMPTS = 3
"""How often a list is read that other sessions keep changing meanwhile."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A folder when it was opened.

    :param uidnext: 0 if the server does not tell.
    :param modseq: 0 if the server keeps none for this folder.
    """

    uidvalidity: int
    uidnext: int
    modseq: int
    exists: int
    answer: Answer


def take_snapshot(session: IMAPSession, path: str, parameter: bytes = b"") -> Snapshot:
    """Open a folder for reading.

    :param parameter: ``(CONDSTORE)`` if nothing is given and the server has it.
    :raises FolderNotFoundError: If there is no such folder.
    """
    condstore = session.client.can("CONDSTORE") or session.client.can("QRESYNC")
    if not parameter and condstore:
        parameter = b"(CONDSTORE)"
    selected, answer = session.examine(path, parameter, budget=CHANGES)
    modseq = parse_number(answer.code("HIGHESTMODSEQ")) if condstore else 0
    return Snapshot(selected.uidvalidity, selected.uidnext, modseq, session.client.wire.exists, answer)


def flags_of(responses: Iterable[Untagged]) -> dict[int, Flags]:
    """Return the flags that FETCH answers tell, by uid."""
    kept: dict[bytes, Flags] = {}
    found: dict[int, Flags] = {}
    for uid, items in by_uid(responses).items():
        raw = items.get(b"FLAGS")
        if raw is None:
            continue
        if not isinstance(raw, bytes):
            found[uid] = parse_flags(raw) - {"\\Recent"}
            continue
        flags = kept.get(raw)
        if flags is None:
            flags = kept[raw] = parse_flags(raw) - {"\\Recent"}
        found[uid] = flags
    return found


def list_flags(session: IMAPSession, path: str) -> tuple[Snapshot, dict[int, Flags]]:
    """Return the flags of every message of a folder.

    :raises ProtocolError: If the server tells of fewer or more messages than it says there are.
    """
    for _ in range(ATTEMPTS):
        snapshot = take_snapshot(session, path)
        found: dict[int, Flags] = {}
        for first in range(1, snapshot.exists + 1, FLAGS_WINDOW):
            last = min(first + FLAGS_WINDOW - 1, snapshot.exists)
            answer = session.client.run("FETCH", b"%d:%d" % (first, last), b"(UID FLAGS)", budget=CHANGES)
            found |= flags_of(each for each in answer.of("FETCH") if (each.number or 0) <= snapshot.exists)
        if len(found) == snapshot.exists:
            return snapshot, found
    raise session.stream.error(
        ProtocolError, f"The server does not list all messages of folder '{path}'.", transient=True
    )


def list_uids(session: IMAPSession, total: int) -> UidSet | None:
    """Return the uids of all messages in the open folder; ``None`` if they are not as many as the server says.

    :param total: How many there are.
    """
    uids = UidSet()
    returns = (b"RETURN (ALL)",) if session.client.can("ESEARCH") or session.client.can("IMAP4REV2") else ()
    for first in range(1, total + 1, SEARCH_WINDOW):
        window = b"%d:%d" % (first, min(first + SEARCH_WINDOW - 1, total))
        answer = session.client.run("UID SEARCH", *returns, window)
        uids |= read_hits(answer)
    return uids if len(uids) == total else None
