"""The common FETCH answers, cut by one regular expression an item: what is nested stays unread until it is asked for.

Anything out of the ordinary is left to the parser in ``tokens``; what both understand, both read alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

DEPTH = 12
"""How deep parentheses may nest here; deeper ones are left to the parser."""

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def group_of(depth: int, *, line: bool = False) -> bytes:
    """Return the expression for a pair of parentheses and what is in it, strings skipped as tokens.

    :param line: All of it stands on one line, without literals and without quotes that are escaped.
    """
    inner = rb'[^()"\r\n{]++|"[^"\\\r\n]*+"' if line else rb'[^()"]++|' + _STRING
    expression = rb"\((?:" + inner + rb")*+\)"
    for _ in range(depth - 1):
        expression = rb"\((?:" + inner + rb"|" + expression + rb")*+\)"
    return expression


_ITEM = re.compile(
    rb"[ ]*+((?:BODY|BINARY(?:\.SIZE)?)\[[^\]]*+\](?:<\d++>)?|[^ ()\"\[]++)[ ](?:([^ ()\"]++)|(%b)|(%b)|\Z)"
    % (_STRING, group_of(DEPTH)),
    re.DOTALL | re.IGNORECASE,
)


class Nested(bytes):
    """Parenthesised data that was not read yet."""

    __slots__ = ()


def cut_items(pieces: Sequence[bytes]) -> dict[bytes, Any] | None:
    """Return the items of a FETCH answer by upper-case name, or ``None`` where it is out of the ordinary.

    :param pieces: Text, literal, text, literal … text, as the connection cut them.
    """
    if not pieces[0].startswith(b"("):
        return None
    items: dict[bytes, Any] = {}
    position = 1
    for place in range(0, len(pieces), 2):
        text = pieces[place]
        needs_literal = False
        while found := _ITEM.match(text, position):
            name, atom, string, group = found.groups()
            position = found.end()
            if atom is not None:
                value: Any = None if atom.upper() == b"NIL" else atom
            elif string is not None:
                value = _ESCAPED.sub(rb"\1", string[1:-1]) if b"\\" in string else string[1:-1]
            elif group is not None:
                value = Nested(group)
            elif place + 1 < len(pieces):
                value, needs_literal = pieces[place + 1], True
            else:
                return None
            items[name.upper()] = value
        last = place + 1 == len(pieces)
        if last == needs_literal or text[position:].rstrip() != (b")" if last else b""):
            return None
        position = 0
    return items
