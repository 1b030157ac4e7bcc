"""The parts of a message that was read whole: for servers whose BODYSTRUCTURE leaves some of them out."""

from __future__ import annotations

from collections.abc import Iterator

from ..message import Part, ReceivedMessage
from .structure import MAX_PARTS, PartInfo


def parts_of(message: ReceivedMessage) -> tuple[PartInfo, ...]:
    """Return the parts that hold content, as ``list_parts`` tells them of a BODYSTRUCTURE."""
    return tuple(_walk(message.structure, related=False))[:MAX_PARTS]


def _walk(part: Part, *, related: bool) -> Iterator[PartInfo]:
    if part.children:
        for child in part.children:
            yield from _walk(child, related=part.content_type == "multipart/related")
        return
    named = part.disposition.parameters.get("filename") or part.content.parameters.get("name")
    yield PartInfo(
        section=part.section,
        content_type=part.content_type,
        encoding=part.transfer_encoding or "7bit",
        size=part.end - part.start,
        disposition=part.disposition.value,
        filename=named or None,
        content_id=f"<{part.content_id}>" if part.content_id else None,
        related=related,
    )
