"""Where the bytes of a part lie: as they are for whoever asks for a range, and as they are transferred."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ...errors import ProtocolError
from ...imap.decoding import decoder_for

SAMPLE = 4 * 1024
"""Bytes of a part's beginning and end that tell how its lines lie."""

_IN_LINES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n"
_LAST = re.compile(rb"([A-Za-z0-9+/]+)={0,2}")

Read = Callable[[int, int], bytes]
"""Returns encoded bytes from an offset on, at most so many; empty at the end."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A part that is transferred as it is.

    :param size: Its bytes.
    """

    size: int

    def place(self, offset: int) -> tuple[int, int]:
        """Return where to read from, and how many decoded bytes to pass over then."""
        return offset, 0

    def end(self, stop: int) -> int:
        """Return where to read to for what stands before ``stop``."""
        return stop

    def decode(self, data: bytes, at: int) -> bytes:
        """Return what encoded bytes say that stand at an offset."""
        return data


@dataclass(frozen=True, slots=True)
class Lines:
    """A base64 part whose lines are all equally long, as nearly every program writes them.

    :param size: Its decoded bytes.
    :param width: Characters of a line; two more end it.
    :param full: Bytes of all lines but the last, as they are transferred.
    """

    size: int
    width: int
    full: int

    def place(self, offset: int) -> tuple[int, int]:
        """Return where to read from, and how many decoded bytes to pass over then."""
        line, passed = divmod(offset, self.width // 4 * 3)
        return line * (self.width + 2), passed

    def end(self, stop: int) -> int:
        """Return where to read to for what stands before ``stop``."""
        return self.place(stop - 1)[0] + self.width + 2

    def decode(self, data: bytes, at: int) -> bytes:
        """Return what encoded bytes say that stand at an offset, where a line begins.

        :raises ProtocolError: If a line is not as long as the others: then nothing is where it should be.
        """
        if not _are_equal(data[: max(0, self.full - at)], self.width):
            raise ProtocolError("The part's lines are not equally long, so that a range of it cannot be told.")
        decoder = decoder_for("base64")
        return decoder.feed(data) + decoder.close()


Layout = Plain | Lines


def layout_of(encoding: str, size: int, read: Read) -> Layout | None:
    """Return how a part lies, from its beginning and its end; ``None`` if they do not tell.

    :param size: Bytes as they are transferred.
    """
    if encoding not in ("base64", "quoted-printable"):
        return Plain(size)
    if encoding != "base64" or size <= 2 * SAMPLE:
        return None
    first = read(0, SAMPLE)
    width = first.find(b"\r\n")
    if width < 4 or width % 4 or width > SAMPLE // 4 or not _are_equal(first, width):
        return None
    start = (size - SAMPLE) // (width + 2) * (width + 2)
    return _ending(read(start, size - start).rstrip(b"\r\n"), start, width)


def _ending(data: bytes, start: int, width: int) -> Lines | None:
    """Return the layout, if the last lines lie where those before them let expect."""
    last = max(0, len(data) - 1) // (width + 2) * (width + 2)
    found = _LAST.fullmatch(data[last:])
    if found is None or len(found[0]) > width or len(found[0]) % 4 or not _are_equal(data[:last], width):
        return None
    full = start + last
    return Lines(full // (width + 2) * (width // 4 * 3) + len(found[1]) * 3 // 4, width, full)


def _are_equal(data: bytes, width: int) -> bool:
    """Whether lines of base64 are all so long, and end as they should; the last may be cut off."""
    step = width + 2
    returns, feeds = data[width::step], data[width + 1 :: step]
    if returns != b"\r" * len(returns) or feeds != b"\n" * len(feeds) or data.translate(None, _IN_LINES):
        return False
    return data.count(b"\r") == len(returns) and data.count(b"\n") == len(feeds)
