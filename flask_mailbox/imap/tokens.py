"""Parenthesised data as nested lists: one regular expression a token, no recursion, a bound on depth (RFC 9051, 4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

MAX_DEPTH = 120

_TOKEN = re.compile(
    rb"""[ ]*+(?:
      (?P<open>\()
    | (?P<close>\))
    | "(?P<quoted>(?:[^"\\]++|\\.)*+)"
    | (?P<section>(?:BODY|BINARY(?:\.SIZE)?)\[[^\]]*+\](?:<\d++>)?)
    | (?P<atom>[^ ()"]++)
    )""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)

Value = Any
"""``bytes`` for strings and atoms, ``None`` for NIL, a list for parentheses."""


class MalformedDataError(ValueError):
    """The data does not follow the grammar; translated before it leaves the package."""


def parse_data(pieces: Sequence[bytes]) -> list[Value]:
    """Return the values of a response.

    :param pieces: Text, literal, text, literal … text, as the connection cut them.
    :raises MalformedDataError: If parentheses do not match or go too deep.
    """
    top: list[Value] = []
    stack = [top]
    for place, piece in enumerate(pieces):
        if place % 2:
            stack[-1].append(piece)
        else:
            _read_text(piece, stack)
    if len(stack) != 1:
        raise MalformedDataError("unbalanced parentheses")
    return top


def _read_text(text: bytes, stack: list[list[Value]]) -> None:
    position, end = 0, len(text.rstrip(b" "))
    match = _TOKEN.match
    while position < end:
        found = match(text, position)
        if found is None:
            raise MalformedDataError("an unfinished string")
        position = found.end()
        kind, value = found.lastgroup, found[found.lastindex or 0]
        if kind == "open":
            if len(stack) > MAX_DEPTH:
                raise MalformedDataError("parentheses too deep")
            inner: list[Value] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif kind == "close":
            if len(stack) == 1:
                raise MalformedDataError("unbalanced parentheses")
            stack.pop()
        elif kind == "quoted":
            stack[-1].append(_ESCAPED.sub(rb"\1", value) if b"\\" in value else value)
        else:
            stack[-1].append(None if value.upper() == b"NIL" else value)
