"""A part of a message, read piece by piece and decoded on the way: as a file, or into a file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import IO

from ..errors import UsageError
from .client import Client
from .connection import MIB, Budget
from .decoding import Decoder, decoder_for
from .fetch import Items, by_uid, section
from .structure import PartInfo

RANGE = 1 * MIB
MAX_PART = 1024 * MIB
"""The largest part that is streamed."""

_SECTION = re.compile(r"[1-9]\d{0,4}(?:\.[1-9]\d{0,4}){0,49}")


def check_section(text: str) -> str:
    """Return a section that may go on the wire.

    :raises UsageError: If it is not numbers with dots between, such as ``1.2``.
    """
    if not isinstance(text, str) or not _SECTION.fullmatch(text):
        raise UsageError("A section is numbers with dots between, such as '1.2'.")
    return text


class PartReader(io.RawIOBase):
    """The decoded content of one part; each read asks the server for the next range.

    The session may do other things in between; it is needed until the end was read.

    :param fetch: Returns the encoded bytes from an offset on, at most so many; empty at the end.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], encoding: str) -> None:
        self._fetch = fetch
        self._decoder: Decoder | None = decoder_for(encoding)
        self._offset = 0
        self._decoded = b""

    def readable(self) -> bool:
        """Return true: it is for reading."""
        return True

    def readinto(self, buffer: object) -> int:
        """Put the next decoded bytes into a buffer and return how many; 0 at the end."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        while not self._decoded and self._decoder is not None:
            self._decoded = self._next(self._decoder)
        size = min(len(view), len(self._decoded))
        view[:size], self._decoded = self._decoded[:size], self._decoded[size:]
        return size

    def _next(self, decoder: Decoder) -> bytes:
        data = self._fetch(self._offset, RANGE)
        self._offset += len(data)
        if data:
            return decoder.feed(data)
        self._decoder = None
        return decoder.close()


def range_items(number: str, offset: int, size: int) -> tuple[bytes, Budget]:
    """Return what to ask for a range of a part's encoded bytes, and how much may come."""
    return b"(UID BODY.PEEK[%b]<%d.%d>)" % (number.encode(), offset, size), Budget(literal=2 * size)


def read_range(items: Items, size: int) -> bytes:
    """Return the range that came: some servers send a byte or two more than was asked for."""
    return (section(items, b"BODY[") or b"")[:size]


def save(client: Client, uid: int, part: PartInfo, file: IO[bytes]) -> int | None:
    """Stream a part into a file in one command and return its decoded size; ``None`` if it is gone.

    :raises ProtocolError: If the server sent something else; the file then holds what must not be used.
    """
    decoder = decoder_for(part.encoding)
    written = 0

    def take(data: bytes) -> None:
        nonlocal written
        decoded = decoder.feed(data)
        file.write(decoded)
        written += len(decoded)

    wanted = b"(UID BODY.PEEK[%b])" % part.section.encode()
    with client.wire.streaming(take):
        answer = client.run("UID FETCH", b"%d" % uid, wanted, budget=Budget(literal=MAX_PART, size=MAX_PART + MIB))
    items = by_uid(answer.of("FETCH"))
    data = section(items.get(uid, {}), b"BODY[")
    if data is None:
        if written:
            raise client.wire.violation("The server sent another message than the one that was asked for.")
        return None
    take(data)  # a short part comes as a quoted string, not as a literal
    rest = decoder.close()
    file.write(rest)
    return written + len(rest)
