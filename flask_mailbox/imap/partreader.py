"""A part of a message as a file: read from the server range by range, and decoded on the way."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from ..errors import MessageError, UsageError
from .client import Client
from .connection import MIB, Budget
from .decoding import Decoder, decoder_for
from .fetch import Items, origin

RANGE = 1 * MIB
MAX_PART = 1024 * MIB
"""The largest part that is streamed, in encoded bytes."""

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

    :param fetch: Returns the encoded bytes from an offset on, at most so many, and whether they are the last ones.
    """

    def __init__(self, fetch: Callable[[int, int], tuple[bytes, bool]], encoding: str) -> None:
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
        if self._offset > MAX_PART:
            raise MessageError(f"The part has more than {MAX_PART:,} encoded bytes, which is not read.")
        data, is_last = self._fetch(self._offset, RANGE)
        self._offset += len(data)
        if not is_last:
            return decoder.feed(data)
        self._decoder = None
        return decoder.feed(data) + decoder.close()


def range_items(number: str, offset: int, size: int) -> tuple[bytes, Budget]:
    """Return what to ask for a range of a part's encoded bytes, and how much may come."""
    budget = Budget(literal=2 * size, size=2 * size + MIB)
    return b"(UID BODY.PEEK[%b]<%d.%d>)" % (number.encode(), offset, size), budget


def read_range(client: Client, items: Items, name: bytes, offset: int, size: int) -> tuple[bytes, bool]:
    """Return the range that came, and whether the part ends with it.

    Some servers send a byte or two more than was asked for, and some the whole part, which is all of it if it is short.

    :raises ProtocolError: If it is another range.
    """
    data, begin = items[name], origin(items, name)
    if not isinstance(data, bytes) or not data:
        return b"", True
    if begin is None and offset == 0:
        return data[:size], len(data) < size
    if begin is None or int(begin[:20]) != offset:
        raise client.wire.violation("The server sent another range of the part than the one that was asked for.")
    return data[:size], False
