"""How a message begins, for lists (RFC 8970): the first words of its text, as people read them."""

from __future__ import annotations

from collections.abc import Iterator

from ..message import html_to_text, parse_message
from .structure import Part

LENGTH = 200
"""Characters, as RFC 8970, section 3.1, suggests."""

_READ = 16 * 1024


def preview_of(root: Part) -> str:
    """Return the first words of a message in one line; empty if it has no text."""
    texts = [part for part in _leaves(root) if part.type == b"text" and part.subtype in (b"plain", b"html")]
    best = next((part for part in texts if part.subtype == b"plain"), next(iter(texts), None))
    if best is None:
        return ""
    begun = parse_message(best.header + best.content[:_READ])
    words = begun.text if best.subtype == b"plain" else html_to_text(begun.html or "")
    return " ".join((words or "")[: 4 * LENGTH].split())[:LENGTH]


def _leaves(part: Part) -> Iterator[Part]:
    """Yield the parts that hold something to read, in their order; attachments are none of them."""
    if part.is_multipart:
        for child in part.children:
            yield from _leaves(child)
    elif not (part.get(b"content-disposition") or b"").lower().startswith(b"attachment"):
        yield part
