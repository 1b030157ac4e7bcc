"""The one gate to every wire: text with CR, LF or NUL is refused before anything is sent.

A line protocol ends its commands at CR LF (RFC 5321, 2.3.8; RFC 9051, 2.2; RFC 1939, 3), so a value that
carries one would become a second command.
"""

from __future__ import annotations

import re
from typing import TypeVar

from .errors import UnsafeValueError

Text = TypeVar("Text", str, bytes)

_UNSAFE = re.compile(r"[\r\n\0]")
_UNSAFE_BYTES = re.compile(rb"[\r\n\0]")
_NAMES = {"\r": "a carriage return", "\n": "a line feed", "\0": "a NUL"}


def guard(value: Text, what: str) -> Text:
    """Return the value unchanged if it may go on a wire.

    :param value: Text or bytes of one protocol argument.
    :param what: How the error names the argument ("folder name", "recipient"); the value itself is not shown.
    :raises UnsafeValueError: If it contains CR, LF or NUL.
    """
    found = _UNSAFE_BYTES.search(value) if isinstance(value, bytes) else _UNSAFE.search(value)
    if found is None:
        return value
    character = found.group()
    name = _NAMES[character.decode() if isinstance(character, bytes) else character]
    raise UnsafeValueError(f"The {what} contains {name}, which no mail protocol allows there. Remove it.")


def one_line(text: str, limit: int = 300) -> str:
    """Return foreign text (a server's words) as one printable line of at most ``limit`` characters."""
    line = text[: limit * 4]
    if not line.isprintable():
        line = "".join(character if character.isprintable() else " " for character in line)
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
