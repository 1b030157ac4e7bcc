"""Flags, moving, copying and deleting: of one message, or of many with a result for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from flask import Response
from marshmallow import fields, validate
from werkzeug.exceptions import NotFound

from ...errors import MessageNotFoundError, UIDValidityChangedError
from ...imap import Search
from ..base import Blueprint
from ..schemas import Strict
from .places import MESSAGE, MESSAGES, FolderPlace

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox
    from ...imap import Folder

MOST_AT_ONCE = 200
GONE, STALE, UNKNOWN = "message-not-found", "uidvalidity-changed", "not-found"
FLAG = validate.Regexp(r"\\?[!#$&'+-\[^-z|}~]{1,100}\Z", error="This is no flag.")
_FLAGS = validate.Length(max=20)
Act = Callable[["Folder", list[int], int], Mapping[int, int]]


class FlagChange(Strict):
    """Flags (``\\Seen``) and keywords to set and to take away."""

    add = fields.List(fields.String(validate=FLAG), load_default=list, validate=_FLAGS)
    remove = fields.List(fields.String(validate=FLAG), load_default=list, validate=_FLAGS)


class Destination(Strict):
    """The id of an existing folder."""

    folder = fields.String(required=True, validate=validate.Length(1, 1000))


class Deletion(Strict):
    """Whether messages are deleted for good, or moved to the trash."""

    permanently = fields.Boolean(load_default=False)


class Many(Strict):
    """Which messages."""

    ids = fields.List(
        fields.String(validate=validate.Length(1, 60)), required=True, validate=validate.Length(1, MOST_AT_ONCE)
    )


class ManyFlagChange(Many, FlagChange):
    """Flags of many messages."""


class ManyDestination(Many, Destination):
    """A folder for many messages."""


class ManyDeletion(Many, Deletion):
    """Deletion of many messages."""


class ResultSchema(Strict):
    """What became of one message; ``code`` is a problem's code if it was left alone."""

    id = fields.String()
    ok = fields.Boolean()
    code = fields.String(allow_none=True)
    new_id = fields.String(allow_none=True)


class ResultsSchema(Strict):
    """What became of each message, in the order asked for."""

    results = fields.List(fields.Nested(ResultSchema))


def add_organising(blueprint: Blueprint) -> None:
    """Add the routes that change where messages are and what they carry."""
    _add_flags(blueprint)
    _add_destinations(blueprint, "move")
    _add_destinations(blueprint, "copy")
    _add_deletion(blueprint)


def _add_flags(blueprint: Blueprint) -> None:
    @blueprint.operation(
        f"{MESSAGE}/flags",
        "imap.messages.flag",
        method="POST",
        summary="Set flags of a message, and take some away",
        body=FlagChange,
        answer=ResultSchema,
    )
    def flag(mailbox: AccountMailbox, folder: str, message: str, body: dict[str, Any]) -> dict[str, Any]:
        return _one(mailbox, folder, message, _flagging(body))

    @blueprint.operation(
        f"{MESSAGES}/flags",
        "imap.messages.flag_many",
        method="POST",
        summary="Set flags of many messages, with a result for each",
        body=ManyFlagChange,
        answer=ResultsSchema,
    )
    def flag_many(mailbox: AccountMailbox, folder: str, body: dict[str, Any]) -> dict[str, Any]:
        return {"results": _each(mailbox, folder, body["ids"], _flagging(body))}


def _add_destinations(blueprint: Blueprint, verb: str) -> None:
    @blueprint.operation(
        f"{MESSAGE}/{verb}",
        f"imap.messages.{verb}",
        method="POST",
        summary=f"{verb.title()} a message to another folder",
        body=Destination,
        answer=ResultSchema,
    )
    def one(mailbox: AccountMailbox, folder: str, message: str, body: dict[str, Any]) -> dict[str, Any]:
        target = FolderPlace.of(mailbox, body["folder"])
        return _one(mailbox, folder, message, _transferring(verb, target), target)

    @blueprint.operation(
        f"{MESSAGES}/{verb}",
        f"imap.messages.{verb}_many",
        method="POST",
        summary=f"{verb.title()} many messages to another folder, with a result for each",
        body=ManyDestination,
        answer=ResultsSchema,
    )
    def many(mailbox: AccountMailbox, folder: str, body: dict[str, Any]) -> dict[str, Any]:
        target = FolderPlace.of(mailbox, body["folder"])
        return {"results": _each(mailbox, folder, body["ids"], _transferring(verb, target), target)}


def _add_deletion(blueprint: Blueprint) -> None:
    @blueprint.operation(
        MESSAGE,
        "imap.messages.delete",
        method="DELETE",
        summary="Move a message to the trash, or delete it for good",
        query=Deletion,
        status=204,
    )
    def delete(mailbox: AccountMailbox, folder: str, message: str, query: dict[str, Any]) -> Response:
        _one(mailbox, folder, message, _deleting(query))
        return Response(status=204)

    @blueprint.operation(
        f"{MESSAGES}/delete",
        "imap.messages.delete_many",
        method="POST",
        summary="Delete many messages, with a result for each",
        body=ManyDeletion,
        answer=ResultsSchema,
    )
    def delete_many(mailbox: AccountMailbox, folder: str, body: dict[str, Any]) -> dict[str, Any]:
        return {"results": _each(mailbox, folder, body["ids"], _deleting(body))}


def _flagging(change: Mapping[str, Any]) -> Act:
    def act(folder: Folder, uids: list[int], uidvalidity: int) -> Mapping[int, int]:
        if change["add"]:
            folder.add_flags(uids, change["add"], uidvalidity=uidvalidity)
        if change["remove"]:
            folder.remove_flags(uids, change["remove"], uidvalidity=uidvalidity)
        return {}

    return act


def _transferring(verb: str, target: FolderPlace) -> Act:
    def act(folder: Folder, uids: list[int], uidvalidity: int) -> Mapping[int, int]:
        transfer = folder.move if verb == "move" else folder.copy
        return transfer(uids, target.path, uidvalidity=uidvalidity)

    return act


def _deleting(how: Mapping[str, Any]) -> Act:
    def act(folder: Folder, uids: list[int], uidvalidity: int) -> Mapping[int, int]:
        folder.delete(uids, permanently=how["permanently"], uidvalidity=uidvalidity)
        return {}

    return act


def _one(
    mailbox: AccountMailbox, folder: str, message: str, act: Act, target: FolderPlace | None = None
) -> dict[str, Any]:
    """Act on one message; what keeps it from happening is raised."""
    (result,) = _each(mailbox, folder, [message], act, target)
    if result["code"] == UNKNOWN:
        raise NotFound("There is nothing under this id.")
    if result["code"] == STALE:
        raise UIDValidityChangedError(
            "The folder's uids were given out anew.", hint="Read the folder's first page again."
        )
    if result["code"] == GONE:
        raise MessageNotFoundError("There is no such message.", hint="It was deleted or moved.")
    return result


def _each(
    mailbox: AccountMailbox, folder: str, ids: list[str], act: Act, target: FolderPlace | None = None
) -> list[dict[str, Any]]:
    """Act on those messages that are there, and return what became of each."""
    place = FolderPlace.of(mailbox, folder)
    known = {each: _numbers(place, each) for each in ids}
    with mailbox.imap() as imap:
        opened = place.open(imap)
        uidvalidity = opened.uidvalidity
        valid = [pair[1] for pair in known.values() if pair and pair[0] == uidvalidity]
        present = set(opened.search(Search(uids=tuple(valid)))) if valid else set()
        new: Mapping[int, int] = act(opened, sorted(present), uidvalidity) if present else {}
        under = target.open(imap).uidvalidity if target is not None and new else 0
    results = []
    for each, numbers in ((each, known[each]) for each in ids):
        code = _code(numbers, uidvalidity, present)
        uid = numbers[1] if numbers else 0
        new_id = target.message_id(under, new[uid]) if target is not None and code is None and uid in new else None
        results.append({"id": each, "ok": code is None, "code": code, "new_id": new_id})
    return results


def _numbers(place: FolderPlace, message: str) -> tuple[int, int] | None:
    """Return uidvalidity and uid of an id, or ``None`` if it is none of this folder's."""
    try:
        return place.ids.message_of(place.path, message)
    except NotFound:
        return None


def _code(numbers: tuple[int, int] | None, uidvalidity: int, present: Collection[int]) -> str | None:
    if numbers is None:
        return UNKNOWN
    if numbers[0] != uidvalidity:
        return STALE
    return None if numbers[1] in present else GONE
