"""Parts of a message: listed, and streamed from the server in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Response, request
from marshmallow import fields

from ...errors import MessageNotFoundError, ProtocolError
from ...imap.decoding import decoder_for
from .. import downloads
from ..base import Blueprint
from ..openapi import KNOWN, RANGE
from ..schemas import Strict
from .places import MESSAGE, MessagePlace
from .ranges import Layout, layout_of

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox
    from ...imap import PartInfo

PIECE = 1024 * 1024
"""Encoded bytes that are asked for at once."""


class PartInfoSchema(Strict):
    """A part that holds content; ``encoded_size`` is its size as it is transferred."""

    section = fields.String()
    content_type = fields.String()
    encoded_size = fields.Integer()
    disposition = fields.String()
    filename = fields.String(allow_none=True)
    content_id = fields.String(allow_none=True)
    is_attachment = fields.Boolean()


@dataclass(frozen=True, slots=True)
class Part:
    """A part on the server; each piece is read in a lease of its own, so that no client keeps a session waiting."""

    mailbox: AccountMailbox
    place: MessagePlace
    info: PartInfo

    @classmethod
    def of(cls, mailbox: AccountMailbox, place: MessagePlace, section: str) -> Part:
        """Return a part of a message; once it was found, a session is waited for as long as the account allows.

        :raises MessageNotFoundError: If the message, or a part of that number, does not exist.
        """
        for info in _infos(mailbox, place):
            if info.section == section:
                return cls(mailbox.waiting(mailbox.account.timeouts.operation), place, info)
        raise MessageNotFoundError("The message has no such part.", hint="The list of its parts tells which it has.")

    @property
    def filename(self) -> str:
        """What a download is called."""
        return self.info.filename or f"part-{self.info.section}"

    def read(self, offset: int, size: int) -> bytes:
        """Return encoded bytes from an offset on, of the message that the id was given out for and no other."""
        place = self.place
        with self.mailbox.imap() as imap:
            return place.folder.open(imap).encoded_range(
                place.uid, self.info.section, offset, size, uidvalidity=place.uidvalidity
            )

    def pieces(self) -> Iterator[bytes]:
        """Yield the whole content, decoded."""
        decoder, offset = decoder_for(self.info.encoding), 0
        while data := self.read(offset, PIECE):
            offset += len(data)
            yield decoder.feed(data)
        yield decoder.close()

    def cut(self, layout: Layout, start: int, stop: int) -> Iterator[bytes]:
        """Yield the decoded bytes from ``start`` to before ``stop``.

        :raises ProtocolError: If they are not where the layout says.
        """
        while start < stop:
            at, passed = layout.place(start)
            data = layout.decode(self.read(at, min(PIECE, layout.end(stop) - at)), at)
            data = data[passed : passed + stop - start]
            if not data:
                raise ProtocolError("The part is shorter than the server said.")
            start += len(data)
            yield data


def add_parts(blueprint: Blueprint) -> None:
    """Add the routes to a message's parts."""

    @blueprint.operation(
        f"{MESSAGE}/parts", "imap.parts.list", summary="The parts that hold content", answer=PartInfoSchema, many=True
    )
    def parts(mailbox: AccountMailbox, folder: str, message: str) -> list[dict[str, Any]]:
        found = _infos(mailbox, MessagePlace.of(mailbox, folder, message))
        names = ("section", "content_type", "disposition", "filename", "content_id", "is_attachment")
        return [{name: getattr(part, name) for name in names} | {"encoded_size": part.size} for part in found]

    @blueprint.operation(
        f"{MESSAGE}/parts/<section>",
        "imap.parts.read",
        summary="One part as a download; Range is understood",
        produces="application/octet-stream",
        headers=(KNOWN, RANGE),
    )
    def part(mailbox: AccountMailbox, folder: str, message: str, section: str) -> Response:
        place = MessagePlace.of(mailbox, folder, message)
        tag = place.entity_tag("part", section)

        def make() -> Response:
            found = Part.of(mailbox, place, section)
            if request.method == "HEAD":
                return downloads.stream(iter(()), found.filename)
            return _ranged(found, tag) or downloads.stream(Begun(found.pieces()), found.filename)

        return downloads.immutable(tag, make)


class Begun(Iterator[bytes]):
    """Pieces of which the first is read already: what keeps it from being read is a problem, and no broken answer."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._first: bytes | None = next(pieces, b"")
        self._pieces = pieces

    def __next__(self) -> bytes:
        first, self._first = self._first, None
        return next(self._pieces) if first is None else first


def _ranged(part: Part, tag: str | None) -> Response | None:
    """Return the range that the request asks for; ``None`` if it asks for none, or only reading all would tell it.

    :raises RequestedRangeNotSatisfiable: If there is no such range.
    """
    asked = downloads.asked_range(tag)
    if asked is None:
        return None
    if part.info.size <= PIECE:
        return downloads.content(b"".join(part.pieces()), part.filename, asked)
    layout = layout_of(part.info.encoding, part.info.size, part.read)
    if layout is None:
        return None
    start, stop = downloads.bounds(asked, layout.size)
    return downloads.piece(Begun(part.cut(layout, start, stop)), part.filename, start, stop, layout.size)


def _infos(mailbox: AccountMailbox, place: MessagePlace) -> tuple[PartInfo, ...]:
    with mailbox.imap() as imap:
        return place.folder.open(imap).parts(place.uid, uidvalidity=place.uidvalidity)
