"""The answer to a RETR, cut from what has come where all of it is there: most messages come many at a time."""

from __future__ import annotations

from typing import NamedTuple

_END = b"\r\n.\r\n"


class Reply(NamedTuple):
    """An answer of more than one line.

    :param content: The lines before the lone dot, each with its end, dots still doubled.
    :param size: Bytes that the whole answer took.
    """

    content: bytes
    size: int


def cut_reply(buffer: bytearray, most: int) -> Reply | None:
    """Return the answer that a buffer begins with; ``None`` if it is not there to its end, or no ordinary one.

    :param most: How many bytes its lines may have.
    """
    first = buffer.find(b"\n")
    if first < 1 or not buffer.startswith(b"+OK") or buffer[first - 1] != 13:
        return None
    end = buffer.find(_END, first - 1)  # of an answer without lines, it begins with the end of the first
    if end == first - 1:
        return Reply(b"", end + len(_END))
    if not 0 <= end - first < most:
        return None
    return Reply(bytes(buffer[first + 1 : end + 2]), end + len(_END))
