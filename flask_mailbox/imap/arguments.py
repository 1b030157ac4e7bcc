"""What follows a command's name on the wire: atoms, quoted strings, literals and sets of uids (RFC 9051, 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import UsageError
from ..guard import guard

MAX_NUMBER = 2**32 - 1
"""Sequence numbers and uids are 32 bits (RFC 9051, 2.3.1.1)."""

SET_LENGTH = 900
"""Bytes of one set: some servers refuse command lines of more than 1,000."""

_NUMBER = re.compile(rb"\d{1,10}")
_NOT_QUOTABLE = re.compile(rb"[^\x20-\x7e]")
_ATOM = re.compile(r"\\?[A-Za-z0-9!#$&'+,./:;<=>?@^_`|~\[-]+")


@dataclass(frozen=True, slots=True)
class Literal:
    """A string sent by its length; ``before`` and ``after`` stand on the line around it, such as parentheses."""

    data: bytes
    before: bytes = b""
    after: bytes = b""


Argument = bytes | Literal


def string(value: str | bytes, what: str) -> Argument:
    """Return a value as a quoted string, or as a literal if it is not ASCII.

    :param what: How an error names the value.
    :raises UnsafeValueError: If it contains CR, LF or NUL.
    """
    data = guard(_encode(value, what), what)
    if _NOT_QUOTABLE.search(data):
        return Literal(data)
    return b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def flag_list(flags: Iterable[str]) -> bytes:
    """Return flags and keywords in parentheses.

    :raises UsageError: If one is no atom (RFC 9051, 2.3.2).
    """
    names = [guard(flag, "flag") for flag in ([flags] if isinstance(flags, str) else flags)]
    for name in names:
        if not _ATOM.fullmatch(name):
            raise UsageError(f"'{name[:40]}' is no flag: use \\Seen and friends, or a keyword of plain ASCII letters.")
    return f"({' '.join(dict.fromkeys(names))})".encode("ascii")


def check_uid(uid: int) -> int:
    """Return a uid that may go on the wire.

    :raises UsageError: If it is not a number between 1 and 2**32 - 1.
    """
    if isinstance(uid, bool) or not isinstance(uid, int) or not 0 < uid <= MAX_NUMBER:
        raise UsageError(f"{str(uid)[:40]!r} is no uid: a uid is a number from 1 to {MAX_NUMBER}.")
    return uid


def number_sets(
    numbers: Iterable[int], length: int = SET_LENGTH, *, most: int = MAX_NUMBER
) -> Iterator[tuple[bytes, tuple[int, ...]]]:
    """Yield sets of ascending ranges, each within a line's length, with the numbers that it holds.

    :param most: How many numbers a set may hold.
    :raises UsageError: If one of them is no number that IMAP allows.
    """
    text = b""
    held: list[int] = []
    for first, last in _ranges(sorted({check_uid(number) for number in numbers}), most):
        piece = b"%d" % first if first == last else b"%d:%d" % (first, last)
        if text and (len(text) + 1 + len(piece) > length or len(held) + last - first >= most):
            yield text, tuple(held)
            text, held = b"", []
        text = text + b"," + piece if text else piece
        held.extend(range(first, last + 1))
    if text:
        yield text, tuple(held)


def parse_set(text: bytes, limit: int = 1_000_000) -> tuple[int, ...]:
    """Return the numbers of a set that a server sent, such as ``3:5,9``, in its order; empty if it is none."""
    numbers: list[int] = []
    for piece in text.split(b","):
        first, colon, last = piece.partition(b":")
        if not _NUMBER.fullmatch(first) or (colon and not _NUMBER.fullmatch(last)):
            return ()
        low, high = sorted((int(first), int(last or first)))
        if high - low + len(numbers) >= limit:
            return ()
        numbers.extend(range(low, high + 1))
    return tuple(numbers)


def count_set(text: bytes) -> int:
    """Return how many numbers a set holds that a server sent; 0 if it is none."""
    count = 0
    for piece in text.strip().split(b","):
        first, colon, last = piece.partition(b":")
        if not _NUMBER.fullmatch(first) or (colon and not _NUMBER.fullmatch(last)):
            return 0
        count += abs(int(last or first) - int(first)) + 1
    return count


def _ranges(numbers: list[int], most: int) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of ascending numbers, long ones in pieces."""
    if not numbers:
        return
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1 or number - first >= most:
            yield first, last
            first = number
        last = number
    yield first, last


def _encode(value: str | bytes, what: str) -> bytes:
    try:
        return value.encode() if isinstance(value, str) else value
    except UnicodeEncodeError as error:
        raise UsageError(f"The {what} holds half a character (a lone surrogate).") from error
