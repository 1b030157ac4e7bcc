"""Folders: all of them with roles and counts; made, renamed and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response
from marshmallow import fields, validate

from ..base import Blueprint
from ..ids import Ids
from ..schemas import FolderSchema, Strict
from .places import FOLDER, FolderPlace

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox


class FolderPath(Strict):
    """What a folder is to be called."""

    path = fields.String(required=True, validate=validate.Length(1, 500))


class NamedFolder(Strict):
    """A folder under its new name."""

    id = fields.String()
    path = fields.String()


def add_folders(blueprint: Blueprint) -> None:
    """Add the routes that list and change folders."""

    @blueprint.operation(
        "/folders", "imap.folders.list", summary="All folders with their counts", answer=FolderSchema, many=True
    )
    def folders(mailbox: AccountMailbox) -> list[dict[str, Any]]:
        with mailbox.imap() as imap:
            found = imap.folders(counts=True)
        ids = Ids.of(mailbox.account)
        names = ("path", "role", "selectable", "messages", "unseen")
        return [{name: getattr(each, name) for name in names} | {"id": ids.name(each.path)} for each in found]

    @blueprint.operation(
        "/folders",
        "imap.folders.create",
        method="POST",
        summary="Make a folder",
        body=FolderPath,
        answer=NamedFolder,
        status=201,
    )
    def create(mailbox: AccountMailbox, body: dict[str, Any]) -> dict[str, Any]:
        with mailbox.imap() as imap:
            return _named(mailbox, imap.create_folder(body["path"]).path)

    @blueprint.operation(
        FOLDER,
        "imap.folders.rename",
        method="PATCH",
        summary="Rename a folder and those below it",
        body=FolderPath,
        answer=NamedFolder,
    )
    def rename(mailbox: AccountMailbox, folder: str, body: dict[str, Any]) -> dict[str, Any]:
        place = FolderPlace.of(mailbox, folder)
        with mailbox.imap() as imap:
            return _named(mailbox, imap.rename_folder(place.path, body["path"]).path)

    @blueprint.operation(
        FOLDER, "imap.folders.delete", method="DELETE", summary="Delete a folder with all its messages", status=204
    )
    def delete(mailbox: AccountMailbox, folder: str) -> Response:
        place = FolderPlace.of(mailbox, folder)
        with mailbox.imap() as imap:
            imap.delete_folder(place.path)
        return Response(status=204)


def _named(mailbox: AccountMailbox, path: str) -> dict[str, Any]:
    return {"id": Ids.of(mailbox.account).name(path), "path": path}
