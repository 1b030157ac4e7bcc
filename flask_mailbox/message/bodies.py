"""The text and HTML bodies of a message, decoded within the limit; files that stand uuencoded in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .attachment import Attachment
from .charset import Detector, decode_text
from .defects import Defect, Notes
from .limits import Limits
from .parts import Part
from .transfer import decode_uu

_UU = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n((?:[ -`]{1,90}\r?\n)*+)end[ \t]*\r?$", re.MULTILINE)
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_LINE_ENDS = re.compile(r"\r\n?")


def read_text(parts: Sequence[Part], limits: Limits, notes: Notes, detect: Detector | None) -> str | None:
    """Decode and join the plain text parts; ``None`` if there are none."""
    texts = []
    left = limits.body_text
    for part in parts:
        text = _read(part, left, notes, detect, part.content.parameters.get("charset"))
        if part.content.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, part.content.parameters.get("delsp", "").lower() == "yes")
        left = max(0, left - len(text))
        texts.append(text)
    return "\n".join(texts) if texts else None


def read_html(part: Part | None, limits: Limits, notes: Notes, detect: Detector | None) -> str | None:
    """Decode the HTML part; without a declared charset its own ``meta`` counts."""
    if part is None:
        return None
    charset = part.content.parameters.get("charset")
    if not charset:
        found = _META_CHARSET.search(part.decode(set(), 4096)[:4096])
        charset = found[1].decode("ascii") if found else None
    return _read(part, limits.body_text, notes, detect, charset)


def _read(part: Part, limit: int, notes: Notes, detect: Detector | None, charset: str | None) -> str:
    data = part.decode(notes, limit)
    if b"begin " in data and _UU.search(data) and part.content_type == "text/plain":
        data = _UU.sub(b"", data)
    if len(data) > limit:
        notes.add(Defect.TEXT_TOO_LONG)
        data = data[:limit]
        if not data.isascii():
            data = data[: limit - 3] + _whole_end(data[limit - 3 :])
    text = decode_text(data, charset, notes, detect=detect)
    return _LINE_ENDS.sub("\n", text) if "\r" in text else text


def _whole_end(tail: bytes) -> bytes:
    """Drop the last bytes where they may be the beginning of a cut character."""
    return tail if tail.isascii() else b""


def unflow(text: str, delete_space: bool) -> str:
    """Join flowed lines into paragraphs (RFC 3676, 4.2)."""
    paragraphs: list[list[str]] = []
    open_depth = -1  # quote depth of a paragraph that goes on
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        rest = line[depth:].removeprefix(" ")
        flowed = rest.endswith(" ") and rest != "-- "
        words = rest[:-1] if flowed and delete_space else rest
        if open_depth == depth and rest != "-- ":
            paragraphs[-1].append(words)
        else:
            paragraphs.append([">" * depth + (" " if depth else "") + words])
        open_depth = depth if flowed else -1
    return "\n".join(map("".join, paragraphs))


def uuencoded_files(parts: Sequence[Part], notes: Notes) -> list[Attachment]:
    """Return the files that stand uuencoded inside plain text."""
    files = []
    for part in parts:
        if part.source.find(b"begin ", part.start, part.end) < 0:
            continue
        for found in _UU.finditer(part.decode(set())):
            name = found[1].decode("utf-8", "replace").strip()
            data = decode_uu(found[2], notes)
            files.append(Attachment(name, "application/octet-stream", None, False, part.section, part, data))
    return files
