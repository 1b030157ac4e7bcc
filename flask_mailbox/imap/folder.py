"""One folder of a session: pages, searches, messages, parts. Reading never changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from io import BufferedReader
from typing import IO, TYPE_CHECKING

from ..errors import MessageNotFoundError
from ..message import Headers, ReceivedMessage, parse_message
from .arguments import MAX_NUMBER, check_uid
from .bulk import WHOLE, beginning_items, cut_batches, read_sizes, too_large, whole_batch
from .changes import Changes, changes_since, look
from .changing import ChangeableFolder
from .connection import Budget, OversizeError
from .fetch import by_uid, origin, parse_number, section
from .found import Found, find
from .known import Known
from .newest import Rows, newest, newest_of
from .ordering import sort
from .ownparts import parts_of
from .page import MAX_PAGE, Cursor, Page, check_limit
from .partreader import RANGE, PartReader, check_section, range_items, read_range
from .refusals import refused
from .saving import save
from .search import Criteria, Search
from .structure import PartInfo, is_complete, list_parts
from .summary import Summary
from .threads import Threads, find_threads

if TYPE_CHECKING:
    from .session import Selected

HEADER_BYTES = 256 * 1024


class Folder(ChangeableFolder):
    """A folder, addressed by its path; opened on the server when it is first needed."""

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

    def page(
        self,
        limit: int = 50,
        cursor: str | None = None,
        search: Criteria | None = None,
        *,
        preview: bool = True,
    ) -> Page:
        """Return summaries, newest first (in the order of arrival).

        :param limit: How many at most, 1 to 100.
        :param cursor: ``next`` of the page before; ``None`` begins with the newest.
        :param search: What to look for; ``None`` costs no search on the server at all.
        :param preview: Ask for the beginning of each text, where the server keeps it.
        :raises UsageError: If limit or cursor are none.
        :raises UIDValidityChangedError: If the cursor's uids are void: begin anew.
        """
        check_limit(limit)
        below = Cursor.parse(cursor) if cursor is not None else None
        with self.session.operation() as client:
            if search is None:
                rows = newest(self.session, self.path, limit, below, partial(self._enter, below), preview=preview)
                return self._make_page(rows, client.wire.exists)
            self._enter(below, self.session.select(self.path))
            found = find(client, search)
            rows = newest_of(client, found, limit, below.uid if below else MAX_NUMBER + 1, preview=preview)
            return self._make_page(rows, len(found), found.verified, found.complete)

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

    # Changes

    def cursor(self) -> str:
        """Return a cursor for ``changes`` that begins now, without reading the folder where the server can do so."""
        with self.session.operation():
            known = look(self.session, self.path)
            self._known = known.uidvalidity
            return str(known)

    def changes(self, cursor: str | None = None) -> Changes:
        """Return what is new, changed and gone since the cursor's moment.

        Where the server keeps no track (no QRESYNC, no CONDSTORE), the flags of all messages are read and compared.

        :param cursor: ``cursor`` of the changes before, or of this folder; ``None`` tells the whole folder as new.
        :raises UsageError: If the cursor is none.
        :raises FolderNotFoundError: If there is no such folder.
        """
        known = Known.parse(cursor) if cursor is not None else None
        with self.session.operation():
            found = changes_since(self.session, self.path, known)
            self._known = found.uidvalidity
            return found

    # Messages

    def messages(
        self, uids: Iterable[int], *, uidvalidity: int | None = None, limit: int | None = None
    ) -> Iterator[tuple[int, ReceivedMessage]]:
        """Yield many messages with their uids, ascending, fetched in batches so that memory stays flat.

        Those that are gone are left out, and so are those over the limit: compare with ``Summary.size``.

        :param limit: The largest message to read, in bytes; the account's ``max_message_size`` if not told.
        :raises UIDValidityChangedError: If the uids are void.
        """
        wanted = sorted({check_uid(uid) for uid in uids})
        most = self._most(limit)
        batches = self._batches(wanted, uidvalidity, most)
        valid = uidvalidity or self._known
        for batch in batches:
            yield from self._fetch_batch(batch, valid, most)

    def message(self, uid: int, *, uidvalidity: int | None = None, limit: int | None = None) -> ReceivedMessage:
        """Return one message, parsed; it stays unread.

        :param uidvalidity: Under which the uid was given; if not told, that of this folder's last page or search.
        :param limit: The largest message to read, in bytes; the account's ``max_message_size`` if not told.
        :raises MessageNotFoundError: If there is no message under that uid, or it is gone.
        :raises UIDValidityChangedError: If the uid is void.
        :raises MessageTooLargeError: If the message is larger than the limit.
        """
        return parse_message(self.raw(uid, uidvalidity=uidvalidity, limit=limit))

    def raw(self, uid: int, *, uidvalidity: int | None = None, limit: int | None = None) -> bytes:
        """Return the bytes of one message as the server keeps them; parameters and errors as for ``message``."""
        check_uid(uid)
        most = self._most(limit)
        with self.session.operation():
            data, told = self._beginning(uid, most, uidvalidity)
            valid = uidvalidity or self._known
            while len(data) < told and len(data) <= most:  # the size may be wrong, but so may the range
                more, _ = self._range(uid, "", len(data), most + 1 - len(data), uidvalidity=valid)
                if not more:
                    break
                data += more
        if len(data) > most:
            raise too_large(max(told, len(data)), most)
        return data

    def headers(self, uid: int, *, uidvalidity: int | None = None) -> Headers:
        """Return the header fields of one message; errors as for ``message``."""
        check_uid(uid)
        wanted = b"(UID BODY.PEEK[HEADER]<0.%d>)" % HEADER_BYTES
        items = self._fetch_one(uid, wanted, b"BODY[HEADER]", uidvalidity, Budget())
        return parse_message(section(items, b"BODY[HEADER]") or b"").headers

    def parts(self, uid: int, *, uidvalidity: int | None = None) -> tuple[PartInfo, ...]:
        """Return the parts that hold a message's content; errors as for ``message``.

        Where the server leaves some out, the message is read and taken apart here.
        """
        check_uid(uid)
        items = self._fetch_one(uid, b"(UID BODYSTRUCTURE)", b"BODYSTRUCTURE", uidvalidity, Budget())
        structure = items[b"BODYSTRUCTURE"]
        if is_complete(structure):
            return list_parts(structure)
        return parts_of(self.message(uid, uidvalidity=uidvalidity))

    def open_part(self, uid: int, section: str, *, uidvalidity: int | None = None) -> BufferedReader:
        """Return a part as a file that is read from the server as it is read here, decoded on the way.

        :param section: The part's number, such as ``1.2``, as ``parts`` and ``Attachment.section`` tell it.
        :raises MessageNotFoundError: If the message, or a part of that number, does not exist.
        """
        part = self._part(uid, section, uidvalidity)
        fetch = partial(self._range, uid, section, uidvalidity=uidvalidity or self._known)
        return BufferedReader(PartReader(fetch, part.encoding), RANGE)

    def encoded_range(self, uid: int, section: str, offset: int, size: int, *, uidvalidity: int | None = None) -> bytes:
        """Return at most so many bytes of a part from an offset on, as they are transferred; none behind its end.

        :raises MessageNotFoundError: If there is no such message.
        """
        return self._range(uid, check_section(section), offset, size, uidvalidity=uidvalidity)[0]

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

    # Inside

    def _most(self, limit: int | None) -> int:
        return self.session.account.max_message_size if limit is None else limit

    def _beginning(self, uid: int, most: int, uidvalidity: int | None) -> tuple[bytes, int]:
        """Return a message, or a byte more than so many of it, and its size as told; 0 if all of it came for sure."""
        items, budget = beginning_items(most)
        try:
            found = self._fetch_one(uid, items, WHOLE, uidvalidity, budget)
        except OversizeError as error:
            raise too_large(error.size, most, "over a new connection") from error
        told = parse_number(found.get(b"RFC822.SIZE")) if origin(found, WHOLE) is not None else 0
        return section(found, WHOLE) or b"", told

    def _range(self, uid: int, section: str, offset: int, size: int, *, uidvalidity: int | None) -> tuple[bytes, bool]:
        """Return a range of a part's encoded bytes, and whether the part ends with it."""
        wanted, budget = range_items(section, offset, size)
        name = b"BODY[%b]" % section.encode()
        items = self._fetch_one(uid, wanted, name, uidvalidity, budget, may_be_nil=offset > 0)
        return read_range(self.session.client, items, name, offset, size)

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

    def _make_page(self, rows: Rows, total: int, verified: bool = False, complete: bool = True) -> Page:
        following = None
        if rows.more and rows.rows:
            number, last = rows.rows[-1]
            following = str(Cursor(self._known, last.uid, number))
        return Page(tuple(summary for _, summary in rows.rows), following, total, self._known, verified, complete)

    def _batches(self, uids: list[int], uidvalidity: int | None, limit: int) -> list[list[int]]:
        """Ask for sizes and return uids in groups that are fetched together."""
        with self.session.operation() as client:
            self._check_uidvalidity(self.session.select(self.path), uidvalidity)
            return cut_batches(read_sizes(client, uids), limit)

    def _fetch_batch(
        self, uids: list[int], uidvalidity: int | None, limit: int
    ) -> Iterator[tuple[int, ReceivedMessage]]:
        numbers, budget = whole_batch(uids, limit)
        with self.session.operation():
            opened, answer = self.session.examine_and(
                self.path, "UID FETCH", numbers, b"(UID BODY.PEEK[])", budget=budget
            )
            self._check_uidvalidity(opened, uidvalidity)
            if answer.status.condition != "OK":
                raise refused(self.session.stream, "UID FETCH", answer.status)
            found = by_uid(answer.of("FETCH"))
        del answer  # else it would hold all of them to the end
        for uid in uids:
            data = section(found.pop(uid, {}), b"BODY[]")
            if data is not None:
                yield uid, parse_message(data)
