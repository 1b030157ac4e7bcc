"""Parts of a message: listed, and streamed from the server in little memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from io import BufferedReader
from typing import IO, TYPE_CHECKING, Any

from flask import Response, request
from marshmallow import fields

from ...errors import MessageNotFoundError
from .. import downloads
from ..base import Blueprint
from ..schemas import Strict
from .places import MESSAGE, MessagePlace

if TYPE_CHECKING:
    from ...extension import AccountMailbox
    from ...imap import PartInfo
    from ...net import Lease

CHUNK = 256 * 1024
IN_MEMORY = 1024 * 1024


class PartInfoSchema(Strict):
    """A part that holds content; ``encoded_size`` is its size as it is transferred."""

    section = fields.String()
    content_type = fields.String()
    encoded_size = fields.Integer()
    disposition = fields.String()
    filename = fields.String(allow_none=True)
    content_id = fields.String(allow_none=True)
    is_attachment = fields.Boolean()


class PartStream(Iterator[bytes]):
    """A part's decoded content, read from the server as the client takes it.

    The session is held until the end, or until the client leaves: WSGI servers then call ``close``.
    """

    def __init__(self, lease: Lease, part: BufferedReader) -> None:
        self._lease = lease
        self._part = part
        self._next = self._read()

    def __next__(self) -> bytes:
        data, self._next = self._next, b""
        if not data:
            data = self._read()
        if not data:
            self.close()
            raise StopIteration
        return data

    def close(self) -> None:
        """Give the session back; between two pieces nothing is under way on it."""
        self._lease.release()

    def _read(self) -> bytes:
        try:
            return self._part.read1(CHUNK)
        except BaseException:
            self._lease.abandon()
            raise


def add_parts(blueprint: Blueprint) -> None:
    """Add the routes to a message's parts."""

    @blueprint.operation(
        f"{MESSAGE}/parts", "imap.parts.list", summary="The parts that hold content", answer=PartInfoSchema, many=True
    )
    def parts(mailbox: AccountMailbox, folder: str, message: str) -> list[dict[str, Any]]:
        place = MessagePlace.of(mailbox, folder, message)
        with mailbox.imap() as imap:
            found = place.folder.open(imap).parts(place.uid, uidvalidity=place.uidvalidity)
        names = ("section", "content_type", "disposition", "filename", "content_id", "is_attachment")
        return [{name: getattr(part, name) for name in names} | {"encoded_size": part.size} for part in found]

    @blueprint.operation(
        f"{MESSAGE}/parts/<section>",
        "imap.parts.read",
        summary="One part as a download; Range is understood",
        produces="application/octet-stream",
    )
    def part(mailbox: AccountMailbox, folder: str, message: str, section: str) -> Response:
        place = MessagePlace.of(mailbox, folder, message)

        def make() -> Response:
            if request.method == "HEAD":
                return _described(mailbox, place, section)
            return (_ranged if request.range else _streamed)(mailbox, place, section)

        return downloads.immutable(place.entity_tag("part", section), make)


def _described(mailbox: AccountMailbox, place: MessagePlace, section: str) -> Response:
    """Return what is said of a part without reading it."""
    with mailbox.imap() as imap:
        infos = place.folder.open(imap).parts(place.uid, uidvalidity=place.uidvalidity)
    return downloads.stream((), _file_name(infos, section))


def _streamed(mailbox: AccountMailbox, place: MessagePlace, section: str) -> Response:
    lease = mailbox.hold_imap()
    try:
        folder = place.folder.open(lease.session)
        infos = folder.parts(place.uid, uidvalidity=place.uidvalidity)
        name = _file_name(infos, section)
        opened = folder.open_part(place.uid, section, uidvalidity=place.uidvalidity)
        return downloads.stream(PartStream(lease, opened), name)
    except BaseException:
        lease.abandon()
        raise


def _ranged(mailbox: AccountMailbox, place: MessagePlace, section: str) -> Response:
    """Return a range by way of a temporary file: how large a part is when decoded, only reading it tells."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the response closes it
    try:
        with mailbox.imap() as imap:
            folder = place.folder.open(imap)
            name = _file_name(folder.parts(place.uid, uidvalidity=place.uidvalidity), section)
            size = folder.save_part(place.uid, section, file, uidvalidity=place.uidvalidity)
        file.seek(0)
        response = downloads.stream(_Chunks(file), name)
        return downloads.with_range(response, size, place.entity_tag("part", section))
    except BaseException:
        file.close()
        raise


class _Chunks(Iterator[bytes]):
    """A file in pieces; seekable, so that werkzeug skips what comes before a range."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seekable, self.seek, self.tell, self.close = file.seekable, file.seek, file.tell, file.close

    def __next__(self) -> bytes:
        data = self._file.read(CHUNK)
        if not data:
            raise StopIteration
        return data


def _file_name(infos: tuple[PartInfo, ...], section: str) -> str:
    for info in infos:
        if info.section == section:
            return info.filename or f"part-{section}"
    raise MessageNotFoundError("The message has no such part.", hint="The list of its parts tells which it has.")
