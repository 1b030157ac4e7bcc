"""Header fields on their way out: encoded words, folded lines, nothing that could become another field."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote

from ..errors import MessageError, UnsafeValueError
from ..guard import guard
from .addresses import Address

WIDTH = 76
CHARSET = "utf-8''"
_PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_NAME = re.compile(r"[!-9;-~]+\Z")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_WORD_BYTES = 45  # an encoded word has at most 75 characters (RFC 2047, 2)
_PARAMETER_CHUNK = 50


def field(name: str, value: str) -> bytes:
    """Return ``Name: value`` folded, with its CR LF; the value is finished and safe."""
    return f"{name}: {value}\r\n".encode()


def text_field(name: str, value: str, *, where: str) -> bytes:
    """Return a field of free text such as Subject.

    :param where: The message's attribute that errors name.
    :raises MessageError: If the value has a line break or a NUL.
    """
    return field(name, encoded_text(checked(value, where), len(name) + 2))


def checked(value: str, where: str) -> str:
    """Return a value that may stand in a header; other control characters and line separators become blanks.

    :raises MessageError: If it has CR, LF or NUL, or is no text.
    """
    try:
        guard(value, where)
        value.encode()
    except UnsafeValueError as error:
        raise MessageError(str(error), field=where) from error
    except UnicodeEncodeError as error:
        raise MessageError(f"The {where} contains characters that are no text.", field=where) from error
    return _CONTROLS.sub(" ", value)


def checked_name(name: str, where: str) -> str:
    """Return the name of a header field.

    :raises MessageError: If it has other characters than RFC 5322, 2.2 allows.
    """
    if not isinstance(name, str) or not _NAME.match(name):
        raise MessageError(f"{name!r} is no name of a header: use letters, digits and hyphens.", field=where)
    return name


def encoded_text(value: str, used: int) -> str:
    """Return free text folded, as it is where it is plain ASCII, else in encoded words (RFC 2047).

    :param used: Columns that are taken on the first line.
    """
    if not value:
        return ""
    if _PLAIN.match(value) and "=?" not in value and "  " not in value and max(map(len, value.split(" "))) < 900:
        return _folded(value.split(" "), used)
    return "\r\n ".join(_encoded_words(value))


def address_list(addresses: Iterable[Address], used: int) -> str:
    """Return addresses separated by commas, folded between them."""
    lines = [""]
    room = WIDTH - used
    for number, address in enumerate(addresses):
        shown = mailbox(address)
        if number:
            lines[-1] += ","
        if number and len(lines[-1]) + len(shown) + 1 > room:
            lines.append(shown)
            room = WIDTH - 1
        else:
            lines[-1] += f" {shown}" if number else shown
    return "\r\n ".join(lines)


def mailbox(address: Address) -> str:
    """Return one address with its name: an atom, a quoted string or encoded words."""
    name = _CONTROLS.sub(" ", address.name)
    if not name:
        return address.address
    if name.isascii() and "=?" not in name and len(name) < 200:
        phrase = name if _ATOMS.match(name) else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    else:
        phrase = "\r\n ".join(_encoded_words(name))
    separator = "\r\n " if len(phrase) + len(address.address) > WIDTH else " "
    return f"{phrase}{separator}<{address.address}>"


def parameter(name: str, value: str) -> str:
    """Return a parameter of a Content-* field, each piece on a line of its own (RFC 2231 where it is not plain)."""
    if value.isascii() and value.isprintable() and len(value) <= _PARAMETER_CHUNK:
        escaped = re.sub(r'(["\\])', r"\\\1", value)
        return f';\r\n {name}="{escaped}"'
    pieces = _percent_pieces(value)
    if len(pieces) == 1:
        return f";\r\n {name}*=utf-8''{pieces[0]}"
    return "".join(
        f";\r\n {name}*{number}*={CHARSET if number == 0 else ''}{piece}" for number, piece in enumerate(pieces)
    )


def _percent_pieces(value: str) -> list[str]:
    """Return a value percent-encoded, cut between characters."""
    pieces = [""]
    for character in value:
        encoded = quote(character, safe="")
        if len(pieces[-1]) + len(encoded) > _PARAMETER_CHUNK:
            pieces.append("")
        pieces[-1] += encoded
    return pieces


def _folded(words: list[str], used: int) -> str:
    lines = [words[0]]
    room = WIDTH - used
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
            room = WIDTH - 1
        else:
            lines[-1] += " " + word
    return "\r\n ".join(lines)


def _encoded_words(value: str) -> list[str]:
    """Return a text as encoded words, cut between characters so that each decodes alone (RFC 2047, 5)."""
    chunks = [b""]
    for character in value:
        encoded = character.encode()
        if len(chunks[-1]) + len(encoded) > _WORD_BYTES:
            chunks.append(b"")
        chunks[-1] += encoded
    return [f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in chunks]
