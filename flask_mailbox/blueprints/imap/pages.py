"""Lists of messages: pages, newest first or in another order, and conversations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import Response, request
from marshmallow import fields

from ...errors import UIDValidityChangedError, UsageError
from ..base import Blueprint, json_response, own_url
from ..schemas import PageSchema, Strict
from .places import FOLDER, MESSAGES, FolderPlace
from .queries import ListQuery, ThreadsQuery, search_of
from .rows import row_values

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox
    from ...imap import Folder, IMAPSession

_SORTED_CURSOR = re.compile(r"s([0-9]{1,10})-([0-9]{1,7})", re.ASCII)


class ReplySchema(Strict):
    """A message of a conversation, and how many messages it stands below."""

    id = fields.String()
    depth = fields.Integer()


class ThreadsSchema(Strict):
    """Conversations, the one with the newest message first; ``complete`` says whether all messages were looked at.

    ``next`` is the offset of those behind.
    """

    total = fields.Integer()
    complete = fields.Boolean()
    next = fields.Integer(allow_none=True)
    threads = fields.List(fields.List(fields.Nested(ReplySchema)))


def add_pages(blueprint: Blueprint) -> None:
    """Add the routes that list messages."""

    @blueprint.operation(
        MESSAGES,
        "imap.messages.list",
        summary="A page of a folder, newest first unless sorted otherwise",
        query=ListQuery,
        answer=PageSchema,
    )
    def page(mailbox: AccountMailbox, folder: str, query: dict[str, Any]) -> Response:
        place = FolderPlace.of(mailbox, folder)
        with mailbox.imap() as imap:
            _check_search(imap, query)
            found = (_sorted if query["sort"] else _newest)(place, place.open(imap), query)
        response = json_response(found)
        if found["next"]:
            _lead_on(response, "imap.messages.list", cursor=found["next"])
        return response

    @blueprint.operation(
        f"{FOLDER}/threads",
        "imap.threads.list",
        summary="Conversations, the one with the newest message first",
        query=ThreadsQuery,
        answer=ThreadsSchema,
    )
    def threads(mailbox: AccountMailbox, folder: str, query: dict[str, Any]) -> Response:
        place = FolderPlace.of(mailbox, folder)
        with mailbox.imap() as imap:
            _check_search(imap, query)
            opened = place.open(imap)
            found = opened.threads(search_of(query))
            uidvalidity = opened.uidvalidity
        end = query["offset"] + query["limit"]
        following = end if end < len(found) else None
        rows = [
            [{"id": place.message_id(uidvalidity, reply.uid), "depth": reply.depth} for reply in thread]
            for thread in found.threads[query["offset"] : end]
        ]
        response = json_response({"total": len(found), "complete": found.complete, "next": following, "threads": rows})
        if following is not None:
            _lead_on(response, "imap.threads.list", offset=following)
        return response


def _lead_on(response: Response, operation: str, **values: Any) -> None:
    """Say where the next page is: what was asked for, with other values for some of it."""
    asked = request.args.to_dict(flat=False) | values
    response.headers["Link"] = f'<{own_url(operation, **asked)}>; rel="next"'


def _check_search(imap: IMAPSession, query: dict[str, Any]) -> None:
    if "gmail" in query and "X-GM-EXT-1" not in imap.capabilities:
        raise UsageError("Only Gmail's servers understand 'gmail': use the other search fields.")


def _newest(place: FolderPlace, folder: Folder, query: dict[str, Any]) -> dict[str, Any]:
    page = folder.page(query["limit"], query["cursor"], search_of(query))
    rows = [row_values(place, page.uidvalidity, summary) for summary in page]
    return {
        "total": page.total,
        "verified": page.verified,
        "complete": page.complete,
        "next": page.next,
        "messages": rows,
    }


def _sorted(place: FolderPlace, folder: Folder, query: dict[str, Any]) -> dict[str, Any]:
    """Return a page by the place in the sorted list, under the uidvalidity of the page before."""
    found = folder.sort(query["sort"], search_of(query), reverse=query["descending"])
    uids = found.uids
    uidvalidity = folder.uidvalidity
    start = _start(query["cursor"], uidvalidity)
    wanted = uids[start : start + query["limit"]]
    rows = folder.summaries(wanted, uidvalidity=uidvalidity) if wanted else ()
    end = start + len(wanted)
    return {
        "total": len(uids),
        "verified": found.verified,
        "complete": found.complete,
        "next": f"s{uidvalidity}-{end}" if end < len(uids) else None,
        "messages": [row_values(place, uidvalidity, summary) for summary in rows],
    }


def _start(cursor: str | None, uidvalidity: int) -> int:
    if cursor is None:
        return 0
    found = _SORTED_CURSOR.fullmatch(cursor)
    if found is None:
        raise UsageError("This is no cursor of a sorted list: pass on what 'next' gave.")
    if int(found[1]) != uidvalidity:
        raise UIDValidityChangedError(
            "The folder's uids were given out anew.", hint="Read the folder's first page again."
        )
    return int(found[2])
