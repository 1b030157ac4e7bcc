"""A part of a received message that is neither its text nor its HTML."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from .content import is_media
from .defects import Defect, Notes, ordered
from .lazy import lazy
from .parts import Part

_EXTENSIONS = {
    "message/rfc822": "eml", "text/calendar": "ics", "text/html": "html", "text/plain": "txt", "text/csv": "csv",
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "application/pdf": "pdf",
    "application/zip": "zip", "application/ms-tnef": "dat", "message/delivery-status": "txt",
}  # fmt: skip
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u2028\u2029\ufffd\s]+')
_PORTS = frozenset(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³")
_DEVICES = _PORTS | {"con", "prn", "aux", "nul", "conin$", "conout$"}  # names that Windows reserves
_LONGEST = 200  # bytes of UTF-8; file systems take 255, and programs append to names


@dataclass(frozen=True)
class Attachment:
    """A file, an embedded message, an inline image: every leaf that is not a body.

    ``content`` is decoded when first asked for. Nothing is ever unpacked or opened.

    :param filename: The name as the sender gave it, decoded, one line; never a path to write to. ``None`` if missing.
    :param content_type: As declared, in lower case; a claim of the sender.
    :param content_id: Without its angle brackets.
    :param inline: Meant to be shown inside the message rather than listed.
    :param section: The part's number as in IMAP, such as ``1.2``.
    """

    filename: str | None
    content_type: str
    content_id: str | None
    inline: bool
    section: str
    part: Part = field(repr=False, compare=False)
    _data: bytes | None = field(default=None, repr=False, compare=False)

    @lazy
    def content(self) -> bytes:
        """The decoded bytes."""
        return self._data if self._data is not None else self.part.decode(self._notes)

    @property
    def size(self) -> int:
        """How many bytes ``content`` has; decodes it."""
        return len(self.content)

    @lazy
    def safe_filename(self) -> str:
        """A name that is safe to write on every system and in every header; never empty."""
        return safe_filename(self.filename, self.content_type, self.section)

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What is wrong with the content; decodes it."""
        _ = self.content
        return ordered(self._notes)

    @lazy
    def _notes(self) -> Notes:
        return set()


def make_attachment(part: Part, shown: frozenset[str]) -> Attachment:
    """Describe a part as an attachment.

    :param shown: The Content-IDs that the HTML refers to.
    """
    name = part.disposition.parameters.get("filename") or part.content.parameters.get("name")
    content_id = part.content_id
    disposition = part.disposition.value
    inline = disposition == "inline" or (disposition != "attachment" and bool(content_id) and is_media(part))
    return Attachment(
        filename=name or None,
        content_type=part.content_type,
        content_id=content_id,
        inline=inline or bool(content_id and content_id in shown),
        section=part.section,
        part=part,
    )


def safe_filename(name: str | None, content_type: str = "", section: str = "") -> str:
    """Return a file name without path, controls, reserved names or direction overrides, within 200 bytes.

    A missing name becomes ``attachment-1.2.pdf`` from section and type.
    """
    text = unicodedata.normalize("NFC", (name or "").replace("\\", "/").rpartition("/")[2])
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Co", "Cs", "Cn"))
    text = _UNSAFE.sub(" ", text).strip(" .~-")
    if not text:
        text = f"attachment-{section}".rstrip("-") + "." + _EXTENSIONS.get(content_type, "bin")
    if text.partition(".")[0].strip().lower() in _DEVICES:
        text = "_" + text
    return _shorten(text)


def _shorten(text: str) -> str:
    if len(text.encode()) <= _LONGEST:
        return text
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, dot, extension = text, "", ""
    room = _LONGEST - len((dot + extension).encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") + dot + extension
