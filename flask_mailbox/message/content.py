"""Which parts are the text, the HTML and the attachments of a message (RFC 8621, 4.1.4)."""

from __future__ import annotations

from dataclasses import dataclass

from .parts import Part

_BODIES = ("text/plain", "text/html")
_MEDIA = ("image/", "audio/", "video/")


@dataclass(frozen=True, slots=True)
class Content:
    """The leaves of a message by what they are for; every leaf is in exactly one of the three."""

    text: tuple[Part, ...]
    html: Part | None
    attachments: tuple[Part, ...]


@dataclass(slots=True)
class _Sorter:
    text: list[Part]
    html: list[Part]
    attachments: list[Part]


def sort_parts(root: Part) -> Content:
    """Choose: every inline plain text belongs to the text, the first inline HTML is the HTML, the rest is attached.

    HTML parts are never joined into one document: what one leaves open would swallow the next (EFAIL).
    """
    sorter = _Sorter([], [], [])
    _visit(root, "", 0, sorter)
    html = sorter.html[0] if sorter.html else None
    spare = {id(part) for part in sorter.attachments} | {id(part) for part in sorter.html[1:]}
    attachments = tuple(leaf for leaf in root.leaves() if id(leaf) in spare)
    return Content(tuple(sorter.text), html, attachments)


def _visit(part: Part, parent: str, place: int, sorter: _Sorter) -> None:
    kind = part.content_type.removeprefix("multipart/") if part.children else ""
    if kind:
        for number, child in enumerate(part.children):
            _visit(child, kind, number, sorter)
        return
    if not _is_body(part, parent, place):
        sorter.attachments.append(part)
    elif part.content_type == "text/html":
        sorter.html.append(part)
    else:
        sorter.text.append(part)


def _is_body(part: Part, parent: str, place: int) -> bool:
    """Tell whether a leaf is meant to be read in place: inline text, and not a named file further down."""
    if part.content_type not in _BODIES or part.disposition.value == "attachment":
        return False
    return place == 0 or (parent != "related" and not has_name(part))


def has_name(part: Part) -> bool:
    """Tell whether a part carries a file name."""
    return bool(part.disposition.parameters.get("filename") or part.content.parameters.get("name"))


def is_media(part: Part) -> bool:
    """Tell whether a part is an image, sound or film."""
    return part.content_type.startswith(_MEDIA)
