"""MIME entities on their way out: texts, files and multiparts become bytes with CR LF line ends (RFC 2045, 2046)."""

from __future__ import annotations

import binascii
import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import MessageError
from .encoding import encode_base64
from .fields import checked, checked_name, encoded_text, field, parameter

_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.:+-]+")
_NOT_7BIT = rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]|[^\r\n]{991}|\r(?!\n)|(?<!\r)\n"
_PRINTABLE = bytes(range(32, 127)) + b"\t\r\n"
_LONGEST_7BIT = 990
_UNSAFE_MESSAGE = re.compile(_NOT_7BIT)
_OWN_HEADERS = {"content-type", "content-transfer-encoding", "content-disposition", "mime-version"}
_QUOTED_SHARE = 6
"""Quoted-printable while at most one byte in so many has to be quoted, base64 beyond."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One part: its header fields and its body, both finished."""

    headers: bytes
    body: bytes

    @property
    def content_type(self) -> str:
        """Its type without parameters; the first field is always Content-Type."""
        return self.headers.partition(b"\r\n")[0].partition(b";")[0].removeprefix(b"Content-Type: ").decode()

    def __bytes__(self) -> bytes:
        return self.headers + b"\r\n" + self.body


def text_entity(text: str, subtype: str, charset: str | None, *, where: str) -> Entity:
    """Return a text part, 7 bit safe, in UTF-8 unless another charset is asked for and can say it all.

    :raises MessageError: If the text cannot be encoded at all, or the subtype is none.
    """
    name, data = _encoded(_with_crlf(text), charset, where)
    encoding, body = _transfer(data)
    return Entity(_text_headers(subtype, name, encoding), body)


@functools.lru_cache(maxsize=64)
def _text_headers(subtype: str, charset: str, encoding: str) -> bytes:
    if not _TOKEN.fullmatch(subtype):
        raise MessageError(f"{subtype!r} is no subtype of text: write html or the like.", field="alts")
    content_type = field("Content-Type", f'text/{subtype}; charset="{charset}"', where="alts")
    return content_type + field("Content-Transfer-Encoding", encoding)


def calendar_entity(text: str, method: str) -> Entity:
    """Return an iCalendar object as the alternative that calendars look for (RFC 6047, 2.4)."""
    encoding, body = _transfer(_with_crlf(text).encode())
    headers = field("Content-Type", f'text/calendar; charset="utf-8"; method={method}')
    return Entity(headers + field("Content-Transfer-Encoding", encoding), body)


def file_entity(
    data: bytes, content_type: str, filename: str | None, disposition: str, headers: Mapping[str, str]
) -> Entity:
    """Return an attachment or inline file.

    :raises MessageError: If type, disposition, name or a header cannot stand in a message.
    """
    kind = checked(content_type, "attachments: content type")
    if not kind.isascii() or not _TYPE.fullmatch(kind.partition(";")[0].strip()):
        raise MessageError(
            f"'{kind}' is no content type: write type/subtype, such as application/pdf.", field="attachments"
        )
    if disposition not in ("attachment", "inline"):
        raise MessageError(f"'{disposition}' is no disposition: use attachment or inline.", field="attachments")
    name = parameter("filename", checked(filename, "attachments: file name")) if filename else ""
    kind, encoding, body = _as_file(kind, data)
    return Entity(
        field("Content-Type", kind, where="attachments")
        + field("Content-Transfer-Encoding", encoding)
        + field("Content-Disposition", disposition + name)
        + b"".join(_extra(str(key), str(value)) for key, value in headers.items()),
        body,
    )


def multipart(subtype: str, parts: Sequence[Entity], seed: str, parameters: str = "") -> Entity:
    """Return parts joined under a boundary that depends on nothing but ``seed`` and occurs in none of them."""
    boundary = _boundary(parts, f"{seed} {subtype}")
    mark = b"--" + boundary.encode()
    headers = field("Content-Type", f'multipart/{subtype}{parameters};\r\n boundary="{boundary}"')
    pieces: list[bytes] = []
    for part in parts:
        pieces += (mark, b"\r\n", part.headers, b"\r\n", part.body, b"\r\n")
    return Entity(headers, b"".join((*pieces, mark, b"--\r\n")))


def _as_file(kind: str, data: bytes) -> tuple[str, str, bytes]:
    """Return the type, encoding and body of a file; messages and multiparts may not be base64 (RFC 2045, 6.4)."""
    lowered = kind.lower()
    if lowered.startswith("message/"):
        lines = data if b"\r" in data else data.replace(b"\n", b"\r\n")
        if not _UNSAFE_MESSAGE.search(lines):
            return kind, "7bit", lines
    if lowered.startswith(("message/", "multipart/")):
        kind = "application/octet-stream"
    return kind, "base64", encode_base64(data)


def _extra(name: str, value: str) -> bytes:
    checked_name(name, "attachments: header")
    if name.lower() in _OWN_HEADERS:
        raise MessageError(f"{name} of an attachment is set by its content type and disposition.", field="attachments")
    return field(name, encoded_text(checked(value, "attachments: header"), len(name) + 2), where="attachments")


def _encoded(text: str, charset: str | None, where: str) -> tuple[str, bytes]:
    if not charset:
        try:
            return "utf-8", text.encode()
        except UnicodeError:
            raise MessageError(f"The {where} contains characters that are no text.", field=where) from None
    if not _TOKEN.fullmatch(charset):
        raise MessageError(f"{charset!r} is no name of a charset: write utf-8 or the like.", field="charset")
    for name in filter(None, (charset, "utf-8")):
        try:
            return name.lower(), text.encode(name)
        except (UnicodeError, LookupError):
            continue
    raise MessageError(f"The {where} contains characters that are no text.", field=where)


def _with_crlf(text: str) -> str:
    """Return a text whose lines all end with CR LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "\r\n")


def _is_7bit_safe(data: bytes) -> bool:
    """Tell whether a text with CR LF line ends may travel as it is; servers take blanks off the ends of lines."""
    if data.translate(None, _PRINTABLE) or b" \r\n" in data or b"\t\r\n" in data:
        return False
    return len(data) <= _LONGEST_7BIT or max(map(len, data.split(b"\r\n"))) <= _LONGEST_7BIT


def _transfer(data: bytes) -> tuple[str, bytes]:
    """Return how a text travels, and the text in that form."""
    if _is_7bit_safe(data):
        return "7bit", data
    eight_bit = len(data) - len(data.decode("latin-1").encode("ascii", "ignore"))
    if eight_bit * _QUOTED_SHARE > len(data) or b"\0" in data:
        return "base64", encode_base64(data)
    return "quoted-printable", binascii.b2a_qp(data, istext=True)


def _boundary(parts: Sequence[Entity], seed: str) -> str:
    number = 0
    while True:
        digest = hashlib.blake2b(f"{seed} {number}".encode(), digest_size=15).hexdigest()
        boundary = f"=_{digest}"
        if not any(boundary.encode() in part.body for part in parts):
            return boundary
        number += 1
