"""ENVELOPE: the main header fields as IMAP writes them (RFC 3501, 7.4.2)."""

from __future__ import annotations

import re

from ..profiles import IMAPManners
from ..structure import Part
from .wording import string

_TOKEN = re.compile(
    rb'\s+|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<comment>\()|(?P<special>[<>@,:;])|(?P<atom>[^\s"()<>@,:;]+|["()])',
    re.DOTALL,
)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)

Address = tuple[bytes | None, bytes | None, bytes | None]
Token = tuple[str, bytes]


def envelope(part: Part, manners: IMAPManners) -> bytes:
    """Return the ENVELOPE of a message, in the manner of a profile."""
    sender = part.get(b"from")
    lists = [part.get(name) for name in (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")]
    lists[1:3] = [value or sender for value in lists[1:3]]  # these two default to From
    told = lists if manners.envelope_addresses else [None] * len(lists)
    nobody = manners.empty_addresses.encode()
    people = [addresses(value, nobody) for value in (told if manners.envelope_bcc else told[:-1])]
    first = [string(part.get(b"date")), string(part.get(b"subject"))]
    last = [string(part.get(b"in-reply-to")), string(part.get(b"message-id"))]
    return b"(" + b" ".join([*first, *people, *last]) + b")"


def addresses(value: bytes | None, nobody: bytes = b"NIL") -> bytes:
    """Return an address list, groups included, or what stands for none."""
    found = parse_addresses(value) if value else []
    if not found:
        return nobody
    written = (b"(%b NIL %b %b)" % (string(name), string(local), string(host)) for name, local, host in found)
    return b"(" + b"".join(written) + b")"


def parse_addresses(value: bytes) -> list[Address]:
    """Return (name, mailbox, host) of each address; a group starts with (None, name, None) and ends with Nones."""
    found: list[Address] = []
    pending: list[Token] = []
    in_group = in_angle = False
    for token in [*_tokens(value), ("special", b",")]:
        kind, text = token
        if kind != "special" or text == b"@" or (text == b":" and (in_angle or in_group)):
            pending.append(token)
        elif text in b"<>":
            in_angle = text == b"<"
            pending.append(token)
        elif text == b":":
            in_group = True
            found.append((None, _words(pending), None))
            pending = []
        elif not in_angle:
            found += _address(pending)
            pending = []
            if text == b";" and in_group:
                in_group = False
                found.append((None, None, None))
    found += _address(pending)
    if in_group:
        found.append((None, None, None))
    return found


def _tokens(value: bytes) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while found := _TOKEN.match(value, position):
        position = found.end()
        kind = found.lastgroup
        if kind == "comment":
            end = _comment_end(value, position)
            tokens.append((kind, _QUOTED_PAIR.sub(rb"\1", value[position : end - 1]).strip()))
            position = end
        elif kind == "quoted":
            tokens.append((kind, _QUOTED_PAIR.sub(rb"\1", found["quoted"])))
        elif found.group() == b'"':  # not closed: what follows is one word
            tokens.append(("atom", value[position:]))
            break
        elif kind:
            tokens.append((kind, found.group()))
    return tokens


def _comment_end(value: bytes, position: int) -> int:
    depth = 1
    while depth and position < len(value):
        depth += {b"(": 1, b")": -1}.get(value[position : position + 1], 0)
        position += 2 if value[position : position + 1] == b"\\" else 1
    return position


def _address(tokens: list[Token]) -> list[Address]:
    comment = next((text for kind, text in tokens if kind == "comment"), None)
    tokens = [token for token in tokens if token[0] != "comment"]
    if not tokens:
        return []
    opening = next((i for i, token in enumerate(tokens) if token == ("special", b"<")), None)
    name = comment  # the old form: ann@example.com (Ann Example)
    spec = tokens
    if opening is not None:
        name = _words(tokens[:opening]) or comment
        spec = [token for token in tokens[opening + 1 :] if token != ("special", b">")]
        route = next((i for i, token in enumerate(spec) if token == ("special", b":")), None)
        spec = spec if route is None else spec[route + 1 :]
    at = next((i for i in range(len(spec) - 1, -1, -1) if spec[i] == ("special", b"@")), None)
    if at is None:
        return [(name, _joined(spec), b"")] if spec or name else []
    return [(name, _joined(spec[:at]), _joined(spec[at + 1 :]))]


def _words(tokens: list[Token]) -> bytes:
    return b" ".join(text for kind, text in tokens if kind != "comment")


def _joined(tokens: list[Token]) -> bytes:
    return b"".join(text for _, text in tokens)
