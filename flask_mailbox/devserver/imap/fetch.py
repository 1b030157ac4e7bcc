"""FETCH items: which there are, and what of a message answers them (RFC 3501, 6.4.5 and 7.4.2)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from ..mailstore import StoredMessage
from ..profiles import IMAPManners
from ..structure import Part
from . import wording
from .bodystructure import body_structure
from .envelope import envelope
from .parser import Parser

MACROS = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
PLAIN = frozenset(("FLAGS", "UID", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE"))
PREVIEW = frozenset(("PREVIEW",))
GMAIL = frozenset(("X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS"))
LEGACY = {"RFC822": "", "RFC822.HEADER": "HEADER", "RFC822.TEXT": "TEXT"}
SECTION_TEXTS = ("HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME")

_NAME = re.compile(rb"[A-Za-z0-9.-]+")
_SECTION = re.compile(rb"((?:\d{1,9})(?:\.\d{1,9})*)?\.?([A-Za-z.]*)")
_PARTIAL = re.compile(rb"<(\d{1,18})\.(\d{1,18})>")


@dataclass(frozen=True, slots=True)
class Section:
    """What stands in the brackets of ``BODY[1.2.HEADER.FIELDS (Subject)]``, and the part to cut out of it."""

    numbers: tuple[int, ...] = ()
    text: str = ""
    fields: tuple[bytes, ...] = ()
    label: bytes = b""
    partial: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing asked of each message."""

    name: str
    section: Section | None = None
    peek: bool = True

    @property
    def sets_seen(self) -> bool:
        """Whether asking for it marks the message seen."""
        return not self.peek


def parse_items(parser: Parser, *, gmail: bool = False, preview: bool = False) -> list[Item]:
    """Read a macro, one item, or items in parentheses.

    :param gmail: Whether Gmail's own items are known.
    :param preview: Whether PREVIEW is (RFC 8970).
    """
    known = PLAIN | (GMAIL if gmail else frozenset()) | (PREVIEW if preview else frozenset())
    for macro, names in MACROS.items():
        if parser.rest.upper() == macro.encode():
            parser.position += len(macro)
            return [Item(name) for name in names]
    if not parser.accept(b"("):
        return [_parse_item(parser, known)]
    items = [_parse_item(parser, known)]
    while not parser.accept(b")"):
        parser.space()
        items.append(_parse_item(parser, known))
    return items


def answer(message: StoredMessage, items: list[Item], manners: IMAPManners) -> bytes:
    """Return what goes into the parentheses of a FETCH answer, in the manner of a profile."""
    told = [_answer_item(message, item, manners) for item in items if manners.rfc822_item or item.name != "RFC822"]
    return b" ".join([*told, *([b"MODSEQ " + manners.stray_modseq.encode()] if manners.stray_modseq else [])])


def cut_section(root: Part, section: Section) -> bytes | None:
    """Return the bytes of a section as they stand in the message, or ``None`` if there is no such part."""
    part = root.find(section.numbers)
    if part is None:
        return None
    if section.text == "MIME":
        return part.header if section.numbers else None
    if not section.text:
        return part.content if section.numbers else root.raw
    holder = part.message if section.numbers else part
    if holder is None:
        return None
    if section.text == "TEXT":
        return holder.content
    if section.text == "HEADER":
        return holder.header
    return _filter_fields(holder.header, section)


def _filter_fields(header: bytes, section: Section) -> bytes:
    wanted = section.text == "HEADER.FIELDS"
    names = {name.lower() for name in section.fields}
    kept: list[bytes] = []
    keeps = False
    for line in header.split(b"\r\n"):
        if not line.startswith((b" ", b"\t")):
            name, colon, _ = line.partition(b":")
            keeps = (bool(colon) and name.strip().lower() in names) == wanted
        if keeps and line:
            kept.append(line + b"\r\n")
    return b"".join(kept) + b"\r\n"


def _answer_item(message: StoredMessage, item: Item, manners: IMAPManners) -> bytes:
    if item.section is not None:
        return _answer_section(message, item, item.section, manners)
    name = item.name.encode()
    match item.name:
        case "FLAGS":
            return name + b" " + wording.flags(message.flags)
        case "UID":
            return b"UID %d" % message.uid
        case "INTERNALDATE":
            return name + b" " + wording.date_time(message.date)
        case "RFC822.SIZE":
            size = len(message.raw)
            return name + b" " + (f"{size:g}" if manners.float_sizes else f"{size}").encode()
        case "ENVELOPE":
            return name + b" " + envelope(message.structure, manners)
        case "X-GM-MSGID" | "X-GM-THRID":
            return name + b" %d" % int.from_bytes(hashlib.sha256(message.raw).digest()[:7], "big")
        case "X-GM-LABELS":
            return name + b" ()"
        case "PREVIEW":
            return name + b" " + wording.string(message.preview.encode())
    return name + b" " + body_structure(message.structure, manners, extended=item.name == "BODYSTRUCTURE")


def _answer_section(message: StoredMessage, item: Item, section: Section, manners: IMAPManners) -> bytes:
    data = message.raw if not section.numbers and not section.text else cut_section(message.structure, section)
    label = b"%b[%b]" % (item.name.encode(), section.label) if item.name == "BODY" else item.name.encode()
    if section.numbers and not data and manners.valueless_parts:
        return label
    if section.partial is not None:
        start, size = section.partial
        label += b"<%d>" % start
        data = data[start : start + size] if data is not None else None
    return label + b" " + (b"NIL" if data is None else wording.literal(data))


def _parse_item(parser: Parser, known: frozenset[str]) -> Item:
    found = _NAME.match(parser.data, parser.position)
    if found is None:
        raise parser.bad("a FETCH item")
    name = found.group().decode().upper()
    parser.position = found.end()
    if name in ("BODY", "BODY.PEEK") and parser.accept(b"["):
        return Item("BODY", _parse_section(parser), peek=name == "BODY.PEEK")
    if name in LEGACY:
        return Item(name, Section(text=LEGACY[name]), peek=name == "RFC822.HEADER")
    if name not in known:
        raise parser.bad("a FETCH item")
    if name == "PREVIEW":
        parser.accept(b" (LAZY)")  # or not: ours are made at once
    return Item(name)


def _parse_section(parser: Parser) -> Section:
    start = parser.position
    found = _SECTION.match(parser.data, start)
    if found is None:
        raise parser.bad("a section")
    parser.position = found.end()
    numbers = tuple(int(number) for number in found[1].split(b".")) if found[1] else ()
    text = found[2].decode().upper()
    if (text and text not in SECTION_TEXTS) or (text == "MIME" and not numbers):
        raise parser.bad("a section")
    fields: list[bytes] = []
    if text.startswith("HEADER.FIELDS"):
        parser.expect(b" (")
        fields.append(parser.astring())
        while not parser.accept(b")"):
            parser.space()
            fields.append(parser.astring())
    label = parser.data[start : parser.position].upper()
    parser.expect(b"]")
    partial = None
    if parser.peek(b"<"):
        cut = _PARTIAL.match(parser.data, parser.position)
        if cut is None or int(cut[2]) == 0:
            raise parser.bad("a range of bytes")
        parser.position = cut.end()
        partial = (int(cut[1]), int(cut[2]))
    return Section(numbers, text, tuple(fields), label, partial)
