"""What changed in a folder since a cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from marshmallow import fields, validate

from ..base import Blueprint
from ..schemas import Strict
from .places import FOLDER, FolderPlace

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox

MOST_CHANGES = 5_000
"""More than that is told as ``full``: reading the pages anew is cheaper."""


MOST_CURSOR = 16_000
"""Characters of a cursor in a URL; servers may take fewer, so that long ones are sent in a body."""


class ChangesQuery(Strict):
    """From where on; without a cursor, from now on."""

    cursor = fields.String(load_default=None, validate=validate.Length(1, MOST_CURSOR))


class ChangesBody(Strict):
    """From where on: a cursor that may be too long for a URL."""

    cursor = fields.String(required=True, validate=validate.Length(1, 1_000_000))


class CarriedSchema(Strict):
    """A message and the flags that it carries now."""

    id = fields.String()
    flags = fields.List(fields.String())


class ChangesSchema(Strict):
    """What happened; if ``full``, all that was known is void: read the pages anew, and go on from ``cursor``.

    ``vanished`` holds first and last uid of each range, under ``uidvalidity``.
    """

    cursor = fields.String()
    full = fields.Boolean()
    uidvalidity = fields.Integer()
    new = fields.List(fields.Nested(CarriedSchema))
    changed = fields.List(fields.Nested(CarriedSchema))
    vanished = fields.List(fields.List(fields.Integer()))


def add_changes(blueprint: Blueprint) -> None:
    """Add the route that tells changes."""

    @blueprint.operation(
        f"{FOLDER}/changes",
        "imap.changes.list",
        summary="What changed since a cursor",
        query=ChangesQuery,
        answer=ChangesSchema,
    )
    def changes(mailbox: AccountMailbox, folder: str, query: dict[str, Any]) -> dict[str, Any]:
        return _changes(mailbox, folder, query["cursor"])

    @blueprint.operation(
        f"{FOLDER}/changes",
        "imap.changes.ask",
        method="POST",
        summary="What changed since a cursor that is too long for a URL; nothing is changed by asking",
        body=ChangesBody,
        answer=ChangesSchema,
    )
    def ask(mailbox: AccountMailbox, folder: str, body: dict[str, Any]) -> dict[str, Any]:
        return _changes(mailbox, folder, body["cursor"])


def _changes(mailbox: AccountMailbox, folder: str, cursor: str | None) -> dict[str, Any]:
    place = FolderPlace.of(mailbox, folder)
    with mailbox.imap() as imap:
        opened = place.open(imap)
        if cursor is None:
            return _nothing(opened.cursor(), opened.uidvalidity, full=False)
        found = opened.changes(cursor)
    if found.full or len(found.new) + len(found.changed) > MOST_CHANGES:
        return _nothing(found.cursor, found.uidvalidity, full=True)
    return {
        "cursor": found.cursor,
        "full": False,
        "uidvalidity": found.uidvalidity,
        "new": _carried(place, found.uidvalidity, found.new),
        "changed": _carried(place, found.uidvalidity, found.changed),
        "vanished": [list(each) for each in found.vanished.ranges],
    }


def _nothing(cursor: str, uidvalidity: int, *, full: bool) -> dict[str, Any]:
    return {"cursor": cursor, "full": full, "uidvalidity": uidvalidity, "new": [], "changed": [], "vanished": []}


def _carried(place: FolderPlace, uidvalidity: int, found: Mapping[int, frozenset[str]]) -> list[dict[str, Any]]:
    return [{"id": place.message_id(uidvalidity, uid), "flags": sorted(flags)} for uid, flags in found.items()]
