"""Bytes to text: declared charsets with their aliases, and one rule for bytes that nobody declared.

The rule for 8-bit text without a (known, fitting) charset: UTF-8 if it is valid UTF-8; else the detector's answer
where one was given; else GB18030 if every 8-bit run consists of GB 2312 pairs, as Chinese mail without a
declaration does and European text practically never; else Windows-1252, a superset of Latin-1 in which every
letter of Western Europe reads right.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import lru_cache

from .defects import Defect, Notes

Detector = Callable[[bytes], str | None]
"""Guesses the charset of bytes: a codec's name, or ``None``."""

# What senders write -> the superset that they mean.
_ALIASES = {
    "ascii": "cp1252", "us-ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "646": "cp1252", "us": "cp1252",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "l1": "cp1252",
    "iso_8859-1": "cp1252", "ansi": "cp1252", "cp-1252": "cp1252", "x-ansi": "cp1252", "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874", "tis-620": "cp874", "windows-874": "cp874", "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8", "iso-8859-6-i": "iso-8859-6", "iso-8859-6-e": "iso-8859-6",
    "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "gb2312-80": "gb18030", "gb_2312": "gb18030",
    "x-gbk": "gb18030", "x-gb2312": "gb18030", "cp936": "gb18030", "ms936": "gb18030", "euc-cn": "gb18030",
    "windows-936": "gb18030", "gb-18030": "gb18030", "chinese": "gb18030", "hz-gb-2312": "hz",
    "big5": "big5hkscs", "big-5": "big5hkscs", "x-big5": "big5hkscs", "cp950": "cp950", "x-x-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ks_c_5601-1989": "cp949", "ksc5601": "cp949",
    "ksc_5601": "cp949", "korean": "cp949", "euc-kr": "cp949", "x-windows-949": "cp949", "windows-949": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms_kanji": "cp932",
    "windows-31j": "cp932", "iso-2022-jp": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext", "x-euc-jp": "euc_jp",
    "utf8": "utf-8", "utf-8": "utf-8", "utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8", "x-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7", "unicode": "utf-16", "macintosh": "mac-roman", "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic", "koi8": "koi8-r", "x-koi8-r": "koi8-r", "win-1251": "cp1251",
    "x-cp1251": "cp1251", "cp-1251": "cp1251", "cp-850": "cp850", "ibm-850": "cp850",
}  # fmt: skip
_NO_CHARSET = frozenset(
    {"x-unknown", "unknown", "unknown-8bit", "x-unknown-8bit", "8bit", "7bit", "binary", "x-user-defined", "default"}
    | {"default_charset", "none", "_autodetect", "_autodetect_all", "charset"}
)
# Codecs that are no charset of mail: escapes, names of hosts, and those that only raise.
_REFUSED = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"})

_GB2312_PAIRS = re.compile(rb"(?:[\x00-\x7f]++|[\xa1-\xa9\xb0-\xf7][\xa1-\xfe])*+")
_SURROGATES = re.compile("[\ud800-\udfff]")


def decode_text(data: bytes, charset: str | None, notes: Notes, *, detect: Detector | None = None) -> str:
    """Decode bytes into text without NUL and lone surrogates; what cannot be read becomes U+FFFD.

    :param charset: The declared name as the sender wrote it; ``None`` if there was none.
    :param notes: Receives what was wrong.
    :param detect: Guesses the charset of undeclared bytes that are not UTF-8.
    """
    return _valid(_decode(data, charset, notes, detect), notes)


def _decode(data: bytes, charset: str | None, notes: Notes, detect: Detector | None) -> str:
    if data.isascii() and (charset is None or _is_ascii_superset(charset)):
        return data.decode("ascii")
    codec = find_codec(charset) if charset else None
    if charset and codec is None and not _means_nothing(charset):
        notes.add(Defect.UNKNOWN_CHARSET)
    if codec is None:
        notes.add(Defect.UNDECLARED_CHARSET)
        return _decode_undeclared(data, notes, detect)
    return _decode_declared(data, codec, notes)


def _decode_declared(data: bytes, codec: str, notes: Notes) -> str:
    for candidate in ("utf-8", codec) if codec == "cp1252" else (codec, "utf-8"):
        try:
            return data.decode(candidate)
        except (UnicodeError, ValueError):
            continue
    notes.add(Defect.UNDECODABLE_TEXT)
    return _decode_replacing(data, codec)


def _decode_replacing(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, ValueError):  # some stateful codecs raise even so
        return data.decode("cp1252", "replace")


def _decode_undeclared(data: bytes, notes: Notes, detect: Detector | None) -> str:
    guess = find_codec(detect(data) or "") if detect else None
    for candidate in filter(None, ("utf-8", guess)):
        try:
            return data.decode(candidate)
        except (UnicodeError, ValueError):
            continue
    if _GB2312_PAIRS.fullmatch(data):
        return data.decode("gb18030", "replace")
    if any(byte in data for byte in b"\x81\x8d\x8f\x90\x9d"):  # the five that Windows-1252 does not have
        notes.add(Defect.UNDECODABLE_TEXT)
    return data.decode("cp1252", "replace")


@lru_cache(maxsize=256)
def find_codec(charset: str) -> str | None:
    """Return Python's codec for a charset as senders write it, or ``None`` if there is none."""
    name = charset.strip().strip("\"'").lower()
    name = _ALIASES.get(name) or _ALIASES.get(name.replace("_", "-")) or name
    if not name.isascii() or len(name) > 60 or name in _NO_CHARSET or name.replace("_", "-") in _REFUSED:
        return None
    try:
        info = codecs.lookup(name)
        b"a".decode(info.name, "replace")
    except (LookupError, ValueError, TypeError, UnicodeError):  # no codec, or one that is not for text
        return None
    if info.name.replace("_", "-") in _REFUSED:
        return None
    return _ALIASES.get(info.name, info.name)


@lru_cache(maxsize=256)
def _is_ascii_superset(charset: str) -> bool:
    codec = find_codec(charset)
    return codec is None or not codec.startswith(("utf-7", "utf-16", "utf-32", "hz", "iso2022", "cp037", "cp500"))


def _means_nothing(charset: str) -> bool:
    return charset.strip().strip("\"'").lower() in _NO_CHARSET


def _valid(text: str, notes: Notes) -> str:
    if "\0" in text:
        notes.add(Defect.CONTROL_CHARACTER)
        text = text.replace("\0", "\ufffd")
    if not text.isascii() and _SURROGATES.search(text):
        notes.add(Defect.UNDECODABLE_TEXT)
        text = _SURROGATES.sub("\ufffd", text)
    return text
