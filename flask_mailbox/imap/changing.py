"""What changes a folder: each method names its effect, opens the folder for writing, and checks its uids."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import MessageNotFoundError, UIDValidityChangedError, UsageError
from .appending import append
from .arguments import check_uid, flag_list
from .client import Client
from .connection import Budget
from .fetch import Items, by_uid
from .moving import NewUids, copy, expunge, move, store_flags
from .refusals import refused

if TYPE_CHECKING:
    from .session import IMAPSession, Selected

Uids = int | Iterable[int]


class ChangeableFolder:
    """A folder, addressed by its path; opened on the server when it is first needed."""

    def __init__(self, session: IMAPSession, path: str) -> None:
        self.session = session
        self.path = "INBOX" if path.upper() == "INBOX" else path
        self._known = 0

    def __repr__(self) -> str:
        return f"<Folder {self.path!r} of account {self.session.account.name!r}>"

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
        flags = [flags] if isinstance(flags, str) else list(flags)
        flag_list(flags)
        self._fetch_one(uid, b"(UID FLAGS)", b"FLAGS", uidvalidity, Budget())
        uidvalidity = uidvalidity or self._known
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

        Where expunging would keep them elsewhere (Gmail), deleting for good leads through the trash.

        :raises FolderNotFoundError: If the account has no trash.
        :raises UsageError: If this is the trash and they are not to be deleted for good.
        """
        if permanently and not self.session.account.quirks.expunge_archives:
            return self._expunge(uids, uidvalidity)
        trash = self.session.folder_by_role("trash")
        if trash.path == self.path:
            if not permanently:
                raise UsageError("The messages are in the trash: delete them with 'permanently=True'.")
            return self._expunge(uids, uidvalidity)
        moved = self.move(uids, trash.path, uidvalidity=uidvalidity)
        return trash.delete(tuple(moved.values()), permanently=True) if permanently and moved else moved

    def _expunge(self, uids: Uids, uidvalidity: int | None) -> NewUids:
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

    # What reading shares

    def _fetch_one(
        self,
        uid: int,
        wanted: bytes,
        name: bytes,
        uidvalidity: int | None,
        budget: Budget,
        *,
        may_be_nil: bool = False,
    ) -> Items:
        """Return what was asked of one message; what is said about others is never taken for it."""
        with self.session.operation():
            opened, answer = self.session.examine_and(self.path, "UID FETCH", b"%d" % uid, wanted, budget=budget)
            self._check_uidvalidity(opened, uidvalidity)
            items = by_uid(answer.of("FETCH")).get(uid)
            if items is not None and (items.get(name) is not None or (may_be_nil and name in items)):
                return items
            if answer.status.condition != "OK":
                raise refused(self.session.stream, "UID FETCH", answer.status)
            raise self._gone(uid)

    def _check_uidvalidity(self, opened: Selected, known: int | None) -> None:
        """Refuse uids that were given under another uidvalidity: as the caller says, or as this folder gave them.

        Where neither is known, it holds from here on: what goes on later is still about the same messages.
        """
        known = known or self._known
        self._known = self._known or opened.uidvalidity
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
