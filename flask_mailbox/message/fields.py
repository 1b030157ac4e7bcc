"""Header fields on their way out: encoded words, folded lines, nothing that could become another field."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import TypeGuard
from urllib.parse import quote

from ..errors import MessageError, UnsafeValueError
from ..guard import guard, one_line
from .addresses import Address

WIDTH = 76
LONGEST_LINE = 998
"""What a line may have without its end (RFC 5322, 2.1.1)."""

CHARSET = "utf-8''"
_PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_NAME = re.compile(r"[!-9;-~]+\Z")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>\Z")
_WORD_BYTES = 45  # an encoded word has at most 75 characters (RFC 2047, 2)
_WORD_FRAME = len("=?utf-8?b??=")
_PARAMETER_CHUNK = 50


def field(name: str, value: str, *, where: str | None = None) -> bytes:
    """Return ``Name: value`` with its CR LF; the value is finished, folded and safe.

    :param where: The message's attribute that errors name; that of the same name if left out.
    :raises MessageError: If it has a word that no line can hold.
    """
    line = f"{name}: {value}\r\n".encode()
    if len(line) > LONGEST_LINE and max(map(len, line.split(b"\r\n"))) > LONGEST_LINE:
        raise MessageError(
            f"The header {name[:60]} has a word that is too long: a line holds {LONGEST_LINE} characters.",
            field=where or name.lower().replace("-", "_"),
        )
    return line


def text_field(name: str, value: str, *, where: str) -> bytes:
    """Return a field of free text such as Subject.

    :param where: The message's attribute that errors name.
    :raises MessageError: If the value has a line break or a NUL.
    """
    return field(name, encoded_text(checked(value, where), len(name) + 2), where=where)


def checked(value: str, where: str) -> str:
    """Return a value that may stand in a header; other control characters and line separators become blanks.

    :param where: What the value is; up to a colon, the message's attribute that it belongs to.
    :raises MessageError: If it has CR, LF or NUL, or is no text.
    """
    if value.isascii() and value.isprintable():
        return value
    try:
        guard(value, where)
        value.encode()
    except UnsafeValueError as error:
        raise MessageError(str(error), field=where.partition(":")[0]) from error
    except UnicodeEncodeError as error:
        raise MessageError(
            f"The {where} contains characters that are no text.", field=where.partition(":")[0]
        ) from error
    return _CONTROLS.sub(" ", value)


def checked_name(name: str, where: str) -> str:
    """Return the name of a header field.

    :raises MessageError: If it has other characters than RFC 5322, 2.2 allows.
    """
    if not isinstance(name, str) or not _NAME.match(name):
        raise MessageError(
            f"{name!r} is no name of a header: use letters, digits and hyphens.", field=where.partition(":")[0]
        )
    return name


def checked_id(value: str, where: str) -> str:
    """Return a Message-ID.

    :raises MessageError: If it is none, of ASCII without blanks and in angle brackets (RFC 5322, 3.6.4).
    """
    if not is_message_id(value):
        shown = one_line(str(value), 100)
        raise MessageError(f"'{shown}' is no Message-ID: write <something@domain>, in ASCII.", field=where)
    return value


def is_message_id(value: str | None) -> TypeGuard[str]:
    """Tell whether a text can stand as a Message-ID in a message of ours."""
    return isinstance(value, str) and _MESSAGE_ID.match(value) is not None


def encoded_text(value: str, used: int) -> str:
    """Return free text folded, as it is where it is plain ASCII, else in encoded words (RFC 2047).

    :param used: Columns that are taken on the first line.
    """
    if not value:
        return ""
    if _PLAIN.match(value) and "=?" not in value and "  " not in value:
        if len(value) <= WIDTH - used:
            return value
        words = value.split(" ")
        if max(map(len, words)) < 900:
            return _folded(words, used)
    return "\r\n ".join(_encoded_words(value, used))


def address_list(addresses: Iterable[Address], used: int) -> str:
    """Return addresses separated by commas, folded between them."""
    lines: list[str] = []
    room = WIDTH - used
    for address in addresses:
        if not lines:
            lines.append(mailbox(address, used))
            continue
        shown = mailbox(address, 1)
        lines[-1] += ","
        if len(lines[-1]) + len(shown) + 1 > room:
            lines.append(shown)
            room = WIDTH - 1
        else:
            lines[-1] += f" {shown}"
    return "\r\n ".join(lines)


def mailbox(address: Address, used: int) -> str:
    """Return one address with its name: an atom, a quoted string or encoded words.

    :param used: Columns that are taken on the first line.
    """
    if not address.name:
        return address.address
    name = _CONTROLS.sub(" ", address.name)
    if name.isascii() and "=?" not in name and len(name) < 200:
        phrase = name if _ATOMS.match(name) else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    else:
        phrase = "\r\n ".join(_encoded_words(name, used))
    before, _, last = phrase.rpartition("\r\n")
    column = len(last) if before else used + len(last)
    separator = "\r\n " if column + len(address.address) + 3 > WIDTH else " "
    return f"{phrase}{separator}<{address.address}>"


def parameter(name: str, value: str) -> str:
    """Return a parameter of a Content-* field, each piece on a line of its own (RFC 2231 where it is not plain)."""
    if value.isascii() and value.isprintable() and len(value) <= _PARAMETER_CHUNK and "=?" not in value:
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


def _encoded_words(value: str, used: int) -> list[str]:
    """Return a text as encoded words, cut between characters so that each decodes alone (RFC 2047, 5)."""
    chunks = [b""]
    room = min(_WORD_BYTES, max(12, (WIDTH - _WORD_FRAME - used) // 4 * 3))
    for character in value:
        encoded = character.encode()
        if len(chunks[-1]) + len(encoded) > room:
            chunks.append(b"")
            room = _WORD_BYTES
        chunks[-1] += encoded
    return [f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in chunks]
