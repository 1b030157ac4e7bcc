"""One folder of a session: pages, messages, and what changes them. Reading never changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MessageError, MessageNotFoundError, UIDValidityChangedError
from ..message import Headers, ReceivedMessage, parse_message
from .arguments import MAX_NUMBER, check_uid
from .client import Client
from .connection import MIB, Budget, OversizeError
from .fetch import Items, by_uid, section
from .page import Cursor, Page, check_limit
from .summary import ITEMS, ITEMS_WITH_PREVIEW, Summary, make_summary

if TYPE_CHECKING:
    from .session import IMAPSession, Selected

MESSAGE_BYTES = 25 * MIB
"""The largest message that is fetched whole."""

HEADER_BYTES = 256 * 1024


class Folder:
    """A folder, addressed by its path; opened on the server when it is first needed."""

    def __init__(self, session: IMAPSession, path: str) -> None:
        self.session = session
        self.path = "INBOX" if path.upper() == "INBOX" else path

    def __repr__(self) -> str:
        return f"<Folder {self.path!r} of account {self.session.account.name!r}>"

    @property
    def uidvalidity(self) -> int:
        """Under which its uids are valid: a new number means that all known uids are void; 0 if not told."""
        return self._opened().uidvalidity

    @property
    def uidnext(self) -> int:
        """At least which uid the next message gets, as it was when the folder was opened; 0 if not told."""
        return self._opened().uidnext

    @property
    def total(self) -> int:
        """How many messages it holds."""
        with self.session.operation() as client:
            self.session.refresh(self.path)
            return client.wire.exists

    # Pages

    def page(self, limit: int = 50, cursor: str | None = None) -> Page:
        """Return summaries, newest first (in the order of arrival).

        :param limit: How many at most, 1 to 100.
        :param cursor: ``next`` of the page before; ``None`` begins with the newest.
        :raises UsageError: If limit or cursor are none.
        :raises UIDValidityChangedError: If the cursor's uids are void: begin anew.
        """
        check_limit(limit)
        below = Cursor.parse(cursor) if cursor is not None else None
        with self.session.operation() as client:
            opened = self.session.refresh(self.path)
            if below is not None:
                self._check_uidvalidity(opened, below.uidvalidity)
            high = client.wire.exists if below is None else _count_below(client, below.uid)
            summaries: list[Summary] = []
            while high > 0 and not summaries:  # a whole page may be gone by now
                low = max(1, high - limit + 1)
                summaries = _fetch_summaries(client, low, high, below.uid if below else MAX_NUMBER + 1)
                high = low - 1
            following = Cursor(opened.uidvalidity, summaries[-1].uid) if high > 0 and summaries else None
            return Page(tuple(summaries), str(following) if following else None, client.wire.exists, opened.uidvalidity)

    # Messages

    def message(self, uid: int, *, uidvalidity: int | None = None, limit: int = MESSAGE_BYTES) -> ReceivedMessage:
        """Return one message, parsed; it stays unread.

        :param uidvalidity: What the uid was learnt under; checked where it is given.
        :param limit: The largest message to read, in bytes.
        :raises MessageNotFoundError: If there is no message under that uid, or it is gone.
        :raises UIDValidityChangedError: If the uid is void.
        :raises MessageError: If the message is larger than the limit.
        """
        return parse_message(self.raw(uid, uidvalidity=uidvalidity, limit=limit))

    def raw(self, uid: int, *, uidvalidity: int | None = None, limit: int = MESSAGE_BYTES) -> bytes:
        """Return the bytes of one message as the server keeps them; parameters and errors as for ``message``."""
        check_uid(uid)
        budget = Budget(literal=limit, size=limit + MIB)
        try:
            items = self._fetch_one(uid, b"(UID BODY.PEEK[])", b"BODY[]", uidvalidity, budget)
        except OversizeError as error:
            raise MessageError(
                f"The message has {error.size:,} bytes; at most {limit:,} are read at once. Read its parts instead."
            ) from error
        return section(items, b"BODY[]") or b""

    def headers(self, uid: int, *, uidvalidity: int | None = None) -> Headers:
        """Return the header fields of one message; errors as for ``message``."""
        check_uid(uid)
        wanted = b"(UID BODY.PEEK[HEADER]<0.%d>)" % HEADER_BYTES
        items = self._fetch_one(uid, wanted, b"BODY[HEADER]", uidvalidity, Budget())
        return parse_message(section(items, b"BODY[HEADER]") or b"").headers

    def _opened(self) -> Selected:
        with self.session.operation():
            return self.session.select(self.path)

    def _fetch_one(self, uid: int, wanted: bytes, name: bytes, uidvalidity: int | None, budget: Budget) -> Items:
        """Return what was asked of one message; what is said about others is never taken for it."""
        with self.session.operation() as client:
            self._check_uidvalidity(self.session.select(self.path), uidvalidity)
            answer = client.run("UID FETCH", b"%d" % uid, wanted, budget=budget)
            items = by_uid(answer.of("FETCH")).get(uid)
            if items is None or section(items, name) is None:
                raise self._gone(uid)
            return items

    def _check_uidvalidity(self, opened: Selected, known: int | None) -> None:
        if known and opened.uidvalidity and known != opened.uidvalidity:
            raise self.session.stream.error(
                UIDValidityChangedError,
                f"The uids of folder '{self.path}' were given out anew: {known} became {opened.uidvalidity}.",
                hint="Read the folder's first page again.",
            )

    def _gone(self, uid: int) -> MessageNotFoundError:
        return self.session.stream.error(
            MessageNotFoundError,
            f"There is no message {uid} in folder '{self.path}'.",
            hint="It was deleted or moved: read the folder's page again.",
        )


def _count_below(client: Client, uid: int) -> int:
    """Return how many messages have a smaller uid: the sequence number of the last of them."""
    if uid <= 1:
        return 0
    if client.can("ESEARCH") or client.can("IMAP4REV2"):
        answer = client.run("SEARCH", b"RETURN (COUNT)", b"UID 1:%d" % (uid - 1))
        for response in answer.of("ESEARCH"):
            words = response.text.upper().split()
            if b"COUNT" in words[:-1]:
                return int(words[words.index(b"COUNT") + 1])
    else:
        answer = client.run("SEARCH", b"UID 1:%d" % (uid - 1))
    return sum(len(response.text.split()) for response in answer.of("SEARCH"))


def _fetch_summaries(client: Client, low: int, high: int, below: int) -> list[Summary]:
    """Return the summaries of a range of sequence numbers, newest first, older than the uid ``below``."""
    items = ITEMS_WITH_PREVIEW if client.can("PREVIEW") else ITEMS
    answer = client.run("FETCH", b"%d:%d" % (low, high), items)
    found = by_uid(answer.of("FETCH"))
    rows = sorted(found.items(), key=lambda row: row[1][b"SEQ"], reverse=True)
    summaries = (make_summary(uid, values) for uid, values in rows if low <= values[b"SEQ"] <= high and uid < below)
    return [summary for summary in summaries if summary is not None]
