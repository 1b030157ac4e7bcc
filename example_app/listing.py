"""What stands beside a message: the folders, and a page of rows from a folder, a search or its conversations."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_mailbox.imap import Criteria, Folder, FolderInfo, IMAPSession, Summary

from .places import Place
from .searching import Filters, read_filters

PAGE_SIZE = 30
ROLE_ORDER = ("inbox", "drafts", "sent", "archive", "all", "junk", "trash")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: a message, or the newest one of a conversation.

    :param uids: All its messages; what is done to the row is done to them.
    """

    summary: Summary
    uids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder's list as it is shown.

    :param following: The cursor of the next page, or ``None``.
    :param conversation: The other messages of the conversation that is being read.
    """

    folder: str
    folders: tuple[FolderInfo, ...]
    rows: tuple[Row, ...]
    total: int
    uidvalidity: int
    following: str | None
    filters: Filters
    cursor: str
    conversations: bool
    conversation: tuple[Summary, ...] = ()

    @property
    def role(self) -> str:
        """What the folder is for; empty for an ordinary one."""
        return next((role_of(info) for info in self.folders if info.path == self.folder), "")

    def place(self, uid: int) -> str:
        """Return where a message of the folder lies."""
        return str(Place(self.folder, self.uidvalidity, uid))

    @property
    def args(self) -> dict[str, Any]:
        """What a URL needs to show this very list again."""
        view = {"view": "conversations"} if self.conversations else {}
        cursor = {"cursor": self.cursor} if self.cursor else {}
        return {"folder": self.folder, **self.filters.args, **view, **cursor}

    def args_without(self, *names: str) -> dict[str, Any]:
        """Return the same, less some of it."""
        return {name: value for name, value in self.args.items() if name not in names}


def read_listing(imap: IMAPSession, args: Mapping[str, str], *, around: int | None = None) -> Listing:
    """Read what a URL asks for.

    :param around: The uid of the message that is shown beside the list.
    """
    folder = imap.folder(args.get("folder") or "INBOX")
    folders = tuple(sorted(imap.folders(counts=True), key=_place))
    filters = read_filters(args)
    cursor = args.get("cursor", "")
    known: dict[str, Any] = {"folder": folder.path, "folders": folders, "filters": filters, "cursor": cursor}
    if args.get("view") == "conversations":
        return _conversations(folder, filters.criteria, known, around)
    page = folder.page(limit=PAGE_SIZE, cursor=cursor or None, search=filters.criteria)
    return Listing(
        rows=tuple(Row(summary, (summary.uid,)) for summary in page),
        total=page.total,
        uidvalidity=page.uidvalidity,
        following=page.next,
        conversations=False,
        **known,
    )


def role_of(info: FolderInfo) -> str:
    """Return a folder's role, the inbox's included."""
    return "inbox" if info.path == "INBOX" else info.role or ""


def _conversations(folder: Folder, criteria: Criteria | None, known: dict[str, Any], around: int | None) -> Listing:
    """Return a page of conversations; here a cursor is the number of those before it."""
    start = int(known["cursor"]) if re.fullmatch("[0-9]{1,7}", known["cursor"]) else 0
    threads = [tuple(reply.uid for reply in thread) for thread in folder.threads(criteria)]
    shown = threads[start : start + PAGE_SIZE]
    newest = {summary.uid: summary for summary in folder.summaries(max(uids) for uids in shown)}
    mine = next((uids for uids in threads if around in uids), ())
    return Listing(
        rows=tuple(Row(newest[max(uids)], uids) for uids in shown if max(uids) in newest),
        total=len(threads),
        uidvalidity=folder.uidvalidity,
        following=str(start + PAGE_SIZE) if len(threads) > start + PAGE_SIZE else None,
        conversations=True,
        conversation=folder.summaries(itertools.islice(mine, PAGE_SIZE)) if len(mine) > 1 else (),
        **known,
    )


def _place(info: FolderInfo) -> tuple[int, str]:
    role = role_of(info)
    return (ROLE_ORDER.index(role) if role in ROLE_ORDER else len(ROLE_ORDER), info.path.lower())
