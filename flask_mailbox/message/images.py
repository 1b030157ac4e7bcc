"""Inline images of a message as ``data:`` URIs: raster images only, recognised by their first bytes."""

from __future__ import annotations

import binascii
from collections.abc import Iterable
from urllib.parse import unquote

from .attachment import Attachment

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"BM", "image/bmp"),
)


def raster_type(content: bytes) -> str | None:
    """Return the type of a PNG, GIF, JPEG, WebP or BMP image by its first bytes; ``None`` for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in _SIGNATURES if content.startswith(signature)), None)


class InlineImages:
    """Gives the images of one message by Content-ID, until ``budget`` bytes have been given."""

    def __init__(self, attachments: Iterable[Attachment], budget: int) -> None:
        self.budget = budget
        self.by_id: dict[str, Attachment] = {}
        self.given: dict[str, str] = {}
        for attachment in attachments:
            if attachment.content_id:
                self.by_id.setdefault(attachment.content_id, attachment)

    def __call__(self, content_id: str) -> str | None:
        attachment = self.by_id.get(content_id) or self.by_id.get(unquote(content_id))
        if attachment is None or not attachment.content_type.startswith(("image/", "application/octet-stream")):
            return None
        if attachment.section not in self.given:
            self.given[attachment.section] = self._uri(attachment)
        uri = self.given[attachment.section]
        if not uri or len(uri) > self.budget:
            return None
        self.budget -= len(uri)
        return uri

    def _uri(self, attachment: Attachment) -> str:
        if attachment.part.end - attachment.part.start > self.budget * 2:
            return ""
        kind = raster_type(attachment.content)
        if kind is None:
            return ""
        return f"data:{kind};base64,{binascii.b2a_base64(attachment.content, newline=False).decode('ascii')}"
