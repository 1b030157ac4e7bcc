"""One folder of a session: pages, messages, and what changes them. Reading never changes anything."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from typing import IO, TYPE_CHECKING

from ..errors import MessageError, MessageNotFoundError, UIDValidityChangedError, UsageError
from ..message import Headers, ReceivedMessage, parse_message
from .appending import append
from .arguments import MAX_NUMBER, check_uid, flag_list
from .client import Client
from .connection import MIB, Budget, OversizeError
from .fetch import Items, by_uid, section
from .found import Found, find
from .moving import NewUids, copy, expunge, move, store_flags
from .newest import Rows, newest, newest_of
from .ordering import sort
from .page import MAX_PAGE, Cursor, Page, check_limit
from .partreader import RANGE, PartReader, check_section, range_items, read_range, save
from .refusals import refused
from .search import Criteria, Search
from .structure import PartInfo, list_parts
from .summary import Summary
from .threads import Threads, find_threads

if TYPE_CHECKING:
    from .session import IMAPSession, Selected

MESSAGE_BYTES = 25 * MIB
"""The largest message that is fetched whole."""

HEADER_BYTES = 256 * 1024

Uids = int | Iterable[int]


class Folder:
    """A folder, addressed by its path; opened on the server when it is first needed."""

    def __init__(self, session: IMAPSession, path: str) -> None:
        self.session = session
        self.path = "INBOX" if path.upper() == "INBOX" else path
        self._known = 0

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
            self.session.select(self.path)
            return client.wire.exists

    # Pages

    def page(self, limit: int = 50, cursor: str | None = None, search: Criteria | None = None) -> Page:
        """Return summaries, newest first (in the order of arrival).

        :param limit: How many at most, 1 to 100.
        :param cursor: ``next`` of the page before; ``None`` begins with the newest.
        :param search: What to look for; ``None`` costs no search on the server at all.
        :raises UsageError: If limit or cursor are none.
        :raises UIDValidityChangedError: If the cursor's uids are void: begin anew.
        """
        check_limit(limit)
        below = Cursor.parse(cursor) if cursor is not None else None
        with self.session.operation() as client:
            if search is None:
                rows = newest(self.session, self.path, limit, below, partial(self._enter, below))
                total = client.wire.exists
            else:
                self._enter(below, self.session.select(self.path))
                found = find(client, search)
                rows = newest_of(client, found, limit, below.uid if below else MAX_NUMBER + 1)
                total = len(found)
            return self._make_page(rows, total)

    def search(self, criteria: Criteria) -> Found:
        """Return the uids of all messages that are looked for, ascending.

        :raises UsageError: If the criteria cannot be asked for.
        """
        with self.session.operation() as client:
            self._enter(None, self.session.select(self.path))
            return find(client, criteria)

    def sort(self, key: str, criteria: Criteria | None = None, *, reverse: bool = False) -> Found:
        """Return uids in the order of ``arrival``, ``date``, ``from``, ``to``, ``cc``, ``subject`` or ``size``.

        Without SORT on the server the newest 2,000 are sorted here. A first sort of a large folder may take the
        server many seconds: the newest page needs none.

        :param criteria: Which messages; all if not given.
        """
        with self.session.operation() as client:
            self._enter(None, self.session.select(self.path))
            return sort(client, key, criteria or Search(), reverse=reverse)

    def threads(self, criteria: Criteria | None = None) -> Threads:
        """Return the conversations, the one with the newest message first.

        Without THREAD=REFERENCES on the server the newest 2,000 messages are joined here by their References.

        :param criteria: Which messages; all if not given.
        """
        with self.session.operation() as client:
            self._enter(None, self.session.select(self.path))
            return find_threads(client, criteria or Search())

    def summaries(self, uids: Iterable[int], *, uidvalidity: int | None = None) -> tuple[Summary, ...]:
        """Return the summaries of these messages in the order asked for, without those that are gone.

        :raises UIDValidityChangedError: If the uids are void.
        """
        wanted = [check_uid(uid) for uid in uids]
        check_limit(max(1, len(wanted)))
        with self.session.operation() as client:
            self._check_uidvalidity(self.session.select(self.path), uidvalidity)
            rows = newest_of(client, sorted(wanted), MAX_PAGE, MAX_NUMBER + 1).rows
            found = {summary.uid: summary for _, summary in rows}
            return tuple(found[uid] for uid in wanted if uid in found)

    # Messages

    def message(self, uid: int, *, uidvalidity: int | None = None, limit: int = MESSAGE_BYTES) -> ReceivedMessage:
        """Return one message, parsed; it stays unread.

        :param uidvalidity: Under which the uid was given; if not told, that of this folder's last page or search.
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

    def parts(self, uid: int, *, uidvalidity: int | None = None) -> tuple[PartInfo, ...]:
        """Return the parts that hold a message's content; errors as for ``message``."""
        check_uid(uid)
        items = self._fetch_one(uid, b"(UID BODYSTRUCTURE)", b"BODYSTRUCTURE", uidvalidity, Budget())
        return list_parts(items[b"BODYSTRUCTURE"])

    def open_part(self, uid: int, section: str, *, uidvalidity: int | None = None) -> BufferedReader:
        """Return a part as a file that is read from the server as it is read here, decoded on the way.

        :param section: The part's number, such as ``1.2``, as ``parts`` and ``Attachment.section`` tell it.
        :raises MessageNotFoundError: If the message, or a part of that number, does not exist.
        """
        part = self._part(uid, section, uidvalidity)

        def fetch(offset: int, size: int) -> bytes:
            wanted, budget = range_items(section, offset, size)
            items = self._fetch_one(uid, wanted, b"BODY[%b]" % section.encode(), uidvalidity, budget)
            return read_range(items, size)

        return BufferedReader(PartReader(fetch, part.encoding), RANGE)

    def save_part(self, uid: int, section: str, file: IO[bytes], *, uidvalidity: int | None = None) -> int:
        """Write a part into a file, decoded, in one command and little memory, and return its size.

        Errors are those of ``open_part``; after one the file's content is not to be used.
        """
        part = self._part(uid, section, uidvalidity)
        with self.session.operation() as client:
            self._check_uidvalidity(self.session.select(self.path), uidvalidity)
            size = save(client, uid, part, file)
            if size is None:
                raise self._gone(uid)
            return size

    # Changes; each opens the folder for writing and names its effect

    def append(self, data: bytes, *, flags: Iterable[str] = (), date: datetime.datetime | None = None) -> int | None:
        """Put a message into the folder and return its uid, or ``None`` where the server does not tell.

        :param data: The bytes of a message.
        :param date: When it arrived; now if not given.
        :raises MessageError: If the message is larger than the server takes.
        :raises FolderNotFoundError: If there is no such folder; it is not created.
        """
        with self.session.operation() as client:
            return append(client, self.path, data, flags=flags, date=date)

    def replace(
        self, uid: int, data: bytes, *, flags: Iterable[str] = (), uidvalidity: int | None = None
    ) -> int | None:
        """Put a message in the place of another one, such as a draft, and return its uid if the server tells.

        The new one is stored before the old one is deleted for good, so that never both are lost.

        :raises MessageNotFoundError: If the old one is gone; then nothing is stored.
        """
        check_uid(uid)
        flag_list(flags := list(flags))
        self._fetch_one(uid, b"(UID FLAGS)", b"FLAGS", uidvalidity, Budget())
        with self.session.operation():
            new = self.append(data, flags=flags)
            self.delete(uid, permanently=True, uidvalidity=uidvalidity)
            return new

    def add_flags(self, uids: Uids, flags: Iterable[str], *, uidvalidity: int | None = None) -> None:
        """Set flags (``\\Seen``) or keywords; uids that are gone are passed over.

        :param uids: One uid or many.
        :raises UIDValidityChangedError: If the uids are void.
        """
        self._store(uids, flags, "+", uidvalidity)

    def remove_flags(self, uids: Uids, flags: Iterable[str], *, uidvalidity: int | None = None) -> None:
        """Take flags or keywords away; parameters and errors as for ``add_flags``."""
        self._store(uids, flags, "-", uidvalidity)

    def copy(self, uids: Uids, destination: str, *, uidvalidity: int | None = None) -> NewUids:
        """Copy messages to another folder and return their new uids by the old ones, where the server tells.

        :raises FolderNotFoundError: If there is no such folder; it is not created.
        """
        with self._writing(uids, uidvalidity) as (client, numbers):
            return copy(client, numbers, destination)

    def move(self, uids: Uids, destination: str, *, uidvalidity: int | None = None) -> NewUids:
        """Move messages to another folder and return their new uids by the old ones, where the server tells.

        Without MOVE on the server this copies, flags ``\\Deleted`` and expunges only these uids.

        :raises FolderNotFoundError: If there is no such folder; it is not created.
        """
        with self._writing(uids, uidvalidity) as (client, numbers):
            return move(client, numbers, destination)

    def delete(self, uids: Uids, *, permanently: bool = False, uidvalidity: int | None = None) -> NewUids:
        """Move messages to the trash, or delete them for good; return their new uids as ``move`` does.

        :raises FolderNotFoundError: If the account has no trash.
        :raises UsageError: If this is the trash and they are not to be deleted for good.
        """
        if not permanently:
            trash = self.session.folder_by_role("trash").path
            if trash == self.path:
                raise UsageError("The messages are in the trash: delete them with 'permanently=True'.")
            return self.move(uids, trash, uidvalidity=uidvalidity)
        with self._writing(uids, uidvalidity) as (client, numbers):
            expunge(client, numbers)
        return {}

    def _store(self, uids: Uids, flags: Iterable[str], sign: str, uidvalidity: int | None) -> None:
        names = flag_list(flags)
        with self._writing(uids, uidvalidity) as (client, numbers):
            store_flags(client, numbers, names, sign)

    @contextmanager
    def _writing(self, uids: Uids, uidvalidity: int | None) -> Iterator[tuple[Client, list[int]]]:
        """Open the folder for writing, with uids that may go on the wire."""
        numbers = [check_uid(uid) for uid in ([uids] if isinstance(uids, int) else uids)]
        with self.session.operation() as client:
            self._check_uidvalidity(self.session.select(self.path, writable=True), uidvalidity)
            yield client, numbers

    # Inside

    def _part(self, uid: int, section: str, uidvalidity: int | None) -> PartInfo:
        check_section(section)
        for part in self.parts(uid, uidvalidity=uidvalidity):
            if part.section == section:
                return part
        raise self.session.stream.error(
            MessageNotFoundError, f"Message {uid} in folder '{self.path}' has no part {section}."
        )

    def _opened(self) -> Selected:
        with self.session.operation():
            opened = self.session.select(self.path)
            self._enter(None, opened)
            return opened

    def _enter(self, cursor: Cursor | None, opened: Selected) -> None:
        """Check the cursor's uidvalidity, and remember under which one uids are given from here on."""
        if cursor is not None:
            self._check_uidvalidity(opened, cursor.uidvalidity)
        self._known = opened.uidvalidity

    def _make_page(self, rows: Rows, total: int) -> Page:
        following = None
        if rows.more and rows.rows:
            number, last = rows.rows[-1]
            following = str(Cursor(self._known, last.uid, number))
        return Page(tuple(summary for _, summary in rows.rows), following, total, self._known)

    def _fetch_one(self, uid: int, wanted: bytes, name: bytes, uidvalidity: int | None, budget: Budget) -> Items:
        """Return what was asked of one message; what is said about others is never taken for it."""
        with self.session.operation():
            opened, answer = self.session.examine_and(self.path, "UID FETCH", b"%d" % uid, wanted, budget=budget)
            self._check_uidvalidity(opened, uidvalidity)
            if answer.status.condition != "OK" and not any(answer.of("FETCH")):
                raise refused(self.session.stream, "UID FETCH", answer.status)
            items = by_uid(answer.of("FETCH")).get(uid)
            if items is None or items.get(name) is None:
                raise self._gone(uid)
            return items

    def _check_uidvalidity(self, opened: Selected, known: int | None) -> None:
        """Refuse uids that were given under another uidvalidity: as the caller says, or as this folder gave them."""
        known = known or self._known
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
