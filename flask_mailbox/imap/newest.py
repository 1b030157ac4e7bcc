"""The newest messages: by sequence number, which costs no search, or among those that a search found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .answer import Untagged
from .arguments import MAX_NUMBER, number_sets
from .client import Client
from .fetch import by_uid, parse_number
from .summary import ITEMS, ITEMS_WITH_PREVIEW, Summary, make_summary


def newest(client: Client, limit: int, below: int) -> tuple[list[Summary], bool]:
    """Return the newest summaries with a uid below ``below``, and whether there are more."""
    high = client.wire.exists if below > MAX_NUMBER else _count_below(client, below)
    summaries: list[Summary] = []
    while high > 0 and not summaries:  # a whole page may be gone by now
        low = max(1, high - limit + 1)
        answer = client.run("FETCH", b"%d:%d" % (low, high), _items(client))
        rows = _summaries(answer.of("FETCH"), set(range(low, high + 1)))
        summaries = [summary for summary in rows if summary.uid < below]
        high = low - 1
    return summaries, high > 0


def newest_of(client: Client, uids: Sequence[int], limit: int, below: int) -> tuple[list[Summary], bool]:
    """Return the newest summaries among these uids, and whether there are more."""
    left = [uid for uid in uids if uid < below]
    summaries: list[Summary] = []
    while left and not summaries:
        wanted, left = left[-limit:], left[:-limit]
        for numbers, held in number_sets(wanted):
            answer = client.run("UID FETCH", numbers, _items(client))
            mine = set(held)
            summaries += [summary for summary in _summaries(answer.of("FETCH"), None) if summary.uid in mine]
    return sorted(summaries, key=lambda summary: summary.uid, reverse=True), bool(left)


def _items(client: Client) -> bytes:
    return ITEMS_WITH_PREVIEW if client.can("PREVIEW") else ITEMS


def _summaries(responses: Iterable[Untagged], numbers: set[int] | None) -> list[Summary]:
    """Return the summaries that the server sent, newest first, only those of the numbers that were asked for."""
    rows = sorted(by_uid(responses).items(), key=lambda row: row[1][b"SEQ"], reverse=True)
    summaries = (make_summary(uid, items) for uid, items in rows if numbers is None or items[b"SEQ"] in numbers)
    return [summary for summary in summaries if summary is not None]


def _count_below(client: Client, uid: int) -> int:
    """Return how many messages have a smaller uid: the sequence number of the last of them."""
    if uid <= 1:
        return 0
    if client.can("ESEARCH") or client.can("IMAP4REV2"):
        answer = client.run("SEARCH", b"RETURN (COUNT)", b"UID 1:%d" % (uid - 1))
        for response in answer.of("ESEARCH"):
            words = response.text.upper().split()
            if b"COUNT" in words[:-1]:
                return min(parse_number(words[words.index(b"COUNT") + 1]), client.wire.exists)
    else:
        answer = client.run("SEARCH", b"UID 1:%d" % (uid - 1))
    return sum(len(response.text.split()) for response in answer.of("SEARCH"))
