"""The newest messages: by sequence number, which costs no search, or among those that a search found.

A first page of a folder that was open before, and any following page, cost one round trip: the range is guessed
from what was known and asked for together with EXAMINE. The answer shows whether the guess was right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .answer import Untagged
from .arguments import MAX_NUMBER, number_sets
from .client import Client
from .connection import MIB, Budget
from .fetch import by_uid, parse_number
from .hits import hits_budget
from .page import Cursor
from .summary import HEADER_BYTES, ITEMS, ITEMS_WITH_PREVIEW, Summary, make_summary

if TYPE_CHECKING:
    from .session import IMAPSession, Selected

ROWS = Budget(literal=16 * MIB, keep=HEADER_BYTES)
"""A message whose header is endless costs its page no more than time."""

Row = tuple[int, Summary]
"""A summary with its sequence number."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a page, newest first, and whether there are more."""

    rows: tuple[Row, ...]
    more: bool


def newest(
    session: IMAPSession,
    path: str,
    limit: int,
    below: Cursor | None,
    check: Callable[[Selected], None],
    *,
    preview: bool = True,
) -> Rows:
    """Return the newest rows, or the newest below a cursor.

    :param check: Called with the folder as it was opened, before anything else is believed.
    :param preview: Ask for previews, where the server keeps them.
    """
    high = below.number if below else session.total_before(path)
    client = session.client
    if high == 0:
        check(session.select(path))
    else:
        low = max(1, high - limit + (0 if below else 1))
        opened, answer = session.examine_and(
            path, "FETCH", b"%d:%d" % (low, high), _items(client, preview), budget=ROWS
        )
        check(opened)
        if answer.status.condition == "OK":  # of a refused one, what has come is not all
            rows = _rows(answer.of("FETCH"), low, high)
            if below is None and client.wire.exists == high:
                return Rows(rows, low > 1)
            if below is not None and any(number == high and summary.uid == below.uid for number, summary in rows):
                return Rows(tuple(row for row in rows if row[0] < high), low > 1)
    return _newest_afresh(client, limit, below.uid if below else MAX_NUMBER + 1, preview)


def newest_of(client: Client, uids: Sequence[int], limit: int, below: int, *, preview: bool = True) -> Rows:
    """Return the newest rows among these uids of the open folder."""
    left = [uid for uid in uids if uid < below]
    rows: list[Row] = []
    while left and not rows:
        wanted, left = left[-limit:], left[:-limit]
        for numbers, held in number_sets(wanted):
            answer = client.run("UID FETCH", numbers, _items(client, preview), budget=ROWS)
            mine = set(held)
            rows += [row for row in _rows(answer.of("FETCH"), 1, MAX_NUMBER) if row[1].uid in mine]
    return Rows(tuple(sorted(rows, key=lambda row: row[1].uid, reverse=True)), bool(left))


def _newest_afresh(client: Client, limit: int, below: int, preview: bool) -> Rows:
    high = client.wire.exists if below > MAX_NUMBER else _count_below(client, below)
    rows: tuple[Row, ...] = ()
    while high > 0 and not rows:  # a whole page may be gone by now
        low = max(1, high - limit + 1)
        answer = client.run("FETCH", b"%d:%d" % (low, high), _items(client, preview), budget=ROWS)
        rows = tuple(row for row in _rows(answer.of("FETCH"), low, high) if row[1].uid < below)
        high = low - 1
    return Rows(rows, high > 0)


def _count_below(client: Client, uid: int) -> int:
    """Return how many messages have a smaller uid: the sequence number of the last of them."""
    if uid <= 1:
        return 0
    if client.can("ESEARCH") or client.can("IMAP4REV2"):
        answer = client.run("SEARCH", b"RETURN (COUNT)", b"UID 1:%d" % (uid - 1), budget=hits_budget(client))
        for response in answer.of("ESEARCH"):
            words = response.text.upper().split()
            if b"COUNT" in words[:-1]:
                return min(parse_number(words[words.index(b"COUNT") + 1]), client.wire.exists)
    else:
        answer = client.run("SEARCH", b"UID 1:%d" % (uid - 1), budget=hits_budget(client))
    return sum(len(response.text.split()) for response in answer.of("SEARCH"))


def _items(client: Client, preview: bool) -> bytes:
    return ITEMS_WITH_PREVIEW if preview and client.can("PREVIEW") else ITEMS


def _rows(responses: Iterable[Untagged], low: int, high: int) -> tuple[Row, ...]:
    """Return what the server sent of these numbers, newest first."""
    found = sorted(by_uid(responses).items(), key=lambda row: row[1][b"SEQ"], reverse=True)
    rows = ((items[b"SEQ"], make_summary(uid, items)) for uid, items in found if low <= items[b"SEQ"] <= high)
    return tuple((number, summary) for number, summary in rows if summary is not None)
