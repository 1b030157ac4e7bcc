"""BODYSTRUCTURE: the parts of a message as the server counts them (RFC 9051, 7.5.2)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..message import DEFAULT_LIMITS, decode_header_value
from ..message.parameters import parse_structured
from .fetch import parse_number
from .shallow import Nested
from .tokens import parse_data

MAX_PARTS = 1_000

_OPENED = re.compile(rb'\("([^"]*)"')
_ATTACHED = re.compile(rb'[ ]\("attachment" (?:\(|NIL)', re.IGNORECASE)
"""A disposition, and nothing else: in a file name, its quotes would be escaped."""

_ESCAPE = re.compile(rb'["\\]')
_TEXTUAL = frozenset(("alternative", "related"))
"""Multiparts that are a text; one of another kind that came without its parts may well hold files."""

_TEXTS = frozenset((b"text", b"charset", b"format", b"boundary"))


@dataclass(frozen=True, slots=True)
class PartInfo:
    """One part that holds content.

    :param section: Its number, such as ``1.2``.
    :param content_type: In lower case, such as ``image/png``.
    :param encoding: The transfer encoding, in lower case.
    :param size: Bytes as they are transferred.
    :param disposition: ``attachment``, ``inline`` or empty, in lower case.
    :param related: Whether it belongs to an HTML part, as images do.
    """

    section: str
    content_type: str
    encoding: str
    size: int
    disposition: str
    filename: str | None
    content_id: str | None
    related: bool

    @property
    def is_attachment(self) -> bool:
        """Whether a reader would call it an attachment: a file, not the text and not a picture inside it."""
        if self.disposition == "attachment":
            return True
        if self.related and self.content_id:
            return False
        return self.filename is not None or not self.content_type.startswith(("text/", "multipart/"))


def list_parts(structure: Any) -> tuple[PartInfo, ...]:
    """Return the parts of a BODYSTRUCTURE, in order; what is malformed is left out."""
    parts: list[PartInfo] = []
    for part in _walk(_read(structure), "", related=False):
        parts.append(part)
        if len(parts) == MAX_PARTS:
            break
    return tuple(parts)


def is_complete(structure: Any) -> bool:
    """Whether every multipart of a BODYSTRUCTURE came with its parts: QQ's servers and Gmail's leave some out."""
    waiting = [_read(structure)]
    while waiting:
        current = waiting.pop()
        if _is_childless(current):
            return False
        if current and isinstance(current[0], list):
            waiting += itertools.takewhile(lambda value: isinstance(value, list), current)
    return True


def has_attachments(structure: Any) -> bool:
    """Whether a BODYSTRUCTURE has attachments; one of texts without names need not be read for that."""
    if isinstance(structure, Nested):
        if _ATTACHED.search(structure):
            return True
        lowered = structure.lower()
        if b"attachment" not in lowered and b"name" not in lowered and _TEXTS.issuperset(_OPENED.findall(lowered)):
            return False
    return any(part.is_attachment for part in list_parts(structure))


def _read(structure: Any) -> list[Any]:
    if isinstance(structure, Nested):
        structure = parse_data([structure])[0]
    return structure if isinstance(structure, list) else []


def _is_childless(values: list[Any]) -> bool:
    """Whether this is a multipart without parts: its subtype, where a leaf has type and subtype."""
    return bool(values) and isinstance(values[0], bytes) and (len(values) == 1 or not isinstance(values[1], bytes))


def _walk(structure: list[Any], section: str, *, related: bool) -> Iterator[PartInfo]:
    """Yield the leaves; the depth is bounded by the parser of the data."""
    if not structure or not isinstance(structure[0], list):
        if part := _leaf(structure, section or "1", related=related):
            yield part
        return
    children = [child for child in structure if isinstance(child, list)]
    end = next((place for place, value in enumerate(structure) if not isinstance(value, list)), len(structure))
    subtype = _text(structure[end] if end < len(structure) else None)
    for number, child in enumerate(children[:end], 1):
        yield from _walk(child, f"{section}.{number}" if section else str(number), related=subtype == "related")


def _leaf(values: list[Any], section: str, *, related: bool) -> PartInfo | None:
    if len(values) < 2 or (_is_childless(values) and _text(values[0]) in _TEXTUAL):
        return None
    values = values + [None] * 12
    kind = f"{_text(values[0])}/{_text(values[1])}"
    extra = 9 if kind == "message/rfc822" else 7 if kind.startswith("text/") else 6
    parameters = _parameters(values[2])
    disposition, more = _disposition(values[extra + 1 : extra + 4])
    return PartInfo(
        section=section,
        content_type=kind,
        encoding=_text(values[5]),
        size=parse_number(values[6]),
        disposition=disposition,
        filename=_file_name(more, "filename") or _file_name(parameters, "name"),
        content_id=_text(values[3]) or None,
        related=related,
    )


def _disposition(candidates: list[Any]) -> tuple[str, dict[str, bytes]]:
    """Find the disposition among the extension fields: servers differ in how many come before it."""
    for value in candidates:
        if isinstance(value, list) and value and isinstance(value[0], bytes):
            name = _text(value[0])
            if name in ("attachment", "inline") or (len(value) == 2 and isinstance(value[1], list)):
                return name, _parameters(value[1] if len(value) > 1 else None)
        elif isinstance(value, bytes) and _text(value) in ("attachment", "inline"):
            return _text(value), {}
    return "", {}


def _parameters(value: Any) -> dict[str, bytes]:
    if not isinstance(value, list):
        return {}
    return {_text(name): text for name, text in zip(value[::2], value[1::2], strict=False) if isinstance(text, bytes)}


def _file_name(parameters: dict[str, bytes], name: str) -> str | None:
    """Return a file name for display, put together where it came in pieces or encoded (RFC 2231)."""
    if name in parameters:
        return decode_header_value(parameters[name])
    pieces = {key: value for key, value in parameters.items() if key.startswith(f"{name}*")}
    if not pieces:
        return None
    field = b"x" + b"".join(b'; %b="%b"' % (key.encode(), _ESCAPE.sub(rb"\\\g<0>", pieces[key])) for key in pieces)
    return parse_structured(field, DEFAULT_LIMITS, set()).parameters.get(name)


def _text(value: Any) -> str:
    return value.decode("ascii", "replace").lower() if isinstance(value, bytes) else ""
