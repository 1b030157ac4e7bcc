"""The MIME structure of a message (RFC 2046), cut by ``bytes.find`` without decoding or copying bodies.

A boundary is looked for only between two occurrences of the boundaries around it, so that an inner multipart that
is never closed ends where the outer one goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .charset import Detector
from .defects import Defect, Notes
from .header import Headers, cut_header
from .lazy import lazy
from .limits import DEFAULT_LIMITS, Limits
from .parameters import Structured, parse_structured
from .transfer import decode_base64, undo_transfer_encoding

_PLAIN = Structured("text/plain", {})
_DIGEST = Structured("message/rfc822", {})
_STRIDE = 4096  # bytes searched for the whole delimiter before looking for the next hyphen
_DELIMITER_TAIL = 200  # bytes looked at behind a boundary; what follows on its line must be blank


@dataclass(frozen=True, eq=False)
class Part:
    """One part: header fields, where its body lies in the message, and the parts inside it.

    :param section: The number that IMAP gives it, such as ``1.2`` (RFC 9051, 6.4.5); empty for a multipart root.
    """

    source: bytes = field(repr=False)
    headers: Headers
    content: Structured
    start: int
    end: int
    section: str
    children: tuple[Part, ...] = ()

    @property
    def content_type(self) -> str:
        return self.content.value

    @property
    def encoded(self) -> bytes:
        """The body as it stands in the message."""
        return self.source[self.start : self.end]

    @lazy
    def disposition(self) -> Structured:
        raw = self.headers.raw("content-disposition")
        return Structured("", {}) if raw is None else parse_structured(raw, DEFAULT_LIMITS, set(), self.headers.detect)

    @lazy
    def transfer_encoding(self) -> str:
        raw = self.headers.raw("content-transfer-encoding")
        return (
            raw.partition(b";")[0].partition(b" (")[0].strip(b" \"'").decode("ascii", "replace").lower() if raw else ""
        )

    @property
    def content_id(self) -> str | None:
        raw = self.headers.raw("content-id")
        text = "" if raw is None else "".join(c for c in raw.decode("utf-8", "replace") if c.isprintable())
        return text.strip().strip("<>").strip() or None

    def decode(self, notes: Notes, limit: int | None = None) -> bytes:
        """Undo the transfer encoding, of the first bytes only where a limit on the result is given."""
        if limit is None and self.transfer_encoding == "base64":
            return decode_base64(memoryview(self.source)[self.start : self.end], notes)
        if limit is None:
            return undo_transfer_encoding(self.encoded, self.transfer_encoding, notes)
        # The densest encoding takes one byte for one, the loosest common one three and a line end now and then.
        stop = min(self.end, self.start + limit * 4 + 4)
        return undo_transfer_encoding(self.source[self.start : stop], self.transfer_encoding, notes)

    def leaves(self) -> list[Part]:
        """Return the parts that hold content, in their order."""
        if not self.children:
            return [self]
        return [leaf for child in self.children for leaf in child.leaves()]


def find_line(source: bytes, needle: bytes, place: int, end: int) -> int:
    """Find ``LF -- …``, crossing base64 at the speed of ``memchr``: it has no hyphen."""
    place = max(place, 0)
    while place < end:
        stop = place + _STRIDE
        found = source.find(needle, place, min(end, stop + len(needle)))
        if found >= 0:
            return found
        place = source.find(b"-", stop + 1, end) - 1
        if place < 0:
            break
    return -1


class Cutter:
    """Cuts one message; counts its parts against the limit."""

    def __init__(self, source: bytes, limits: Limits, notes: Notes, detect: Detector | None = None) -> None:
        self.source, self.limits, self.notes, self.detect = source, limits, notes, detect
        self.left = limits.parts

    def cut(self, headers: Headers, start: int) -> Part:
        """Cut the body that begins at ``start`` and belongs to the message's own headers."""
        return self._part(headers, start, len(self.source), section="", depth=0, default=_PLAIN)

    def _part(self, headers: Headers, start: int, end: int, *, section: str, depth: int, default: Structured) -> Part:
        self.left -= 1
        content = self._content(headers, default)
        children: tuple[Part, ...] = ()
        if content.value.startswith("multipart/"):
            children = self._children(content, start, end, section, depth)
            if not children:
                content = content if depth >= self.limits.depth or self.left <= 0 else _PLAIN
        own = section if children else (section or "1")
        return Part(self.source, headers, content, start, end, own, children)

    def _content(self, headers: Headers, default: Structured) -> Structured:
        if headers.count("content-type") > 1:
            self.notes.add(Defect.AMBIGUOUS_CONTENT_TYPE)
        if headers.count("content-transfer-encoding") > 1:
            self.notes.add(Defect.AMBIGUOUS_ENCODING)
        raw = headers.raw("content-type")
        if not raw:
            return default
        content = parse_structured(raw, self.limits, self.notes, self.detect)
        if content.value.count("/") == 1 and not content.value.startswith("/") and not content.value.endswith("/"):
            return content
        if content.value != "text":  # "Content-Type: text" is what old software says for text/plain
            self.notes.add(Defect.INVALID_CONTENT_TYPE)
        value = "text/plain" if content.value in ("text", "", "plain", "text/") else "application/octet-stream"
        return Structured(value, content.parameters)

    def _children(self, content: Structured, start: int, end: int, section: str, depth: int) -> tuple[Part, ...]:
        boundary = content.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        if not boundary:
            self.notes.add(Defect.MISSING_BOUNDARY)
            return ()
        if depth >= self.limits.depth:
            self.notes.add(Defect.TOO_DEEP)
            return ()
        regions = self._regions(boundary, start, end)
        if not regions:
            self.notes.add(Defect.MISSING_BOUNDARY)
        default = _DIGEST if content.value == "multipart/digest" else _PLAIN
        children = []
        for number, (first, last) in enumerate(regions, 1):
            if self.left <= 0:
                self.notes.add(Defect.TOO_MANY_PARTS)
                break
            block = cut_header(self.source, first, last, self.limits, self.notes)
            name = f"{section}.{number}" if section else str(number)
            headers = Headers(block.fields, self.detect)
            children.append(self._part(headers, block.body, last, section=name, depth=depth + 1, default=default))
        return tuple(children)

    def _regions(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """Return where the parts between the delimiter lines of one boundary begin and end."""
        regions: list[tuple[int, int]] = []
        opened = -1  # where the part being read began
        closed_at = -1  # behind the closing delimiter
        for line, after, closing in self._delimiters(boundary, start, end):
            if opened >= 0:
                regions.append((opened, max(opened, line)))
            if closed_at >= 0 and not closing:
                self.notes.add(Defect.TEXT_AFTER_END)
            opened, closed_at = (-1, after) if closing else (after, -1)
            if len(regions) > self.left:
                break
        if opened >= 0:
            self.notes.add(Defect.UNCLOSED_MULTIPART)
            regions.append((opened, end))
        elif closed_at >= 0 and self.source[closed_at : min(end, closed_at + 4096)].strip():
            self.notes.add(Defect.TEXT_AFTER_END)
        return regions

    def _delimiters(self, boundary: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Yield each delimiter line: where the text before it ends, where it ends itself, whether it closes."""
        source, needle = self.source, b"\n--" + boundary
        found = start - 1 if source.startswith(needle[1:], start, end) else find_line(source, needle, start - 1, end)
        lines = 0
        while found >= 0 and lines <= self.limits.parts * 10:
            lines += 1
            kind, place = self._delimiter(found + len(needle), end)
            if kind:  # else the boundary only begins a longer word
                yield self._before_line_end(found), place, kind == "close"
            found = find_line(source, needle, max(found + 1, place - 1), end)

    def _delimiter(self, after: int, end: int) -> tuple[str, int]:
        """Tell what stands behind ``--boundary``: ``open``, ``close`` or nothing, and where reading goes on."""
        line_end = self.source.find(b"\n", after, end)
        following = end if line_end < 0 else line_end + 1
        tail = self.source[after : min(following, after + _DELIMITER_TAIL)].rstrip()
        if not tail:
            return "open", following
        if tail[:2] == b"--" and not tail[2:].strip():
            return "close", following
        return "", after

    def _before_line_end(self, place: int) -> int:
        """Return where the line before a line feed ends: the break before a delimiter belongs to the delimiter."""
        return place - 1 if place and self.source[place - 1] == 13 else place
