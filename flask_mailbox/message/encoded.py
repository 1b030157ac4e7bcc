"""Encoded words in header values (RFC 2047), read leniently."""

from __future__ import annotations

import binascii
import re

from .charset import Detector, decode_text
from .defects import Defect, Notes

_WORD = re.compile(r"=\?([^?=\s]*)\?([BbQq])\?(.*?)\?=", re.DOTALL)
# Everything that a screen, a log or the next header write would take for a line break or worse.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BASE64_JUNK = re.compile(r"[^A-Za-z0-9+/]+")


def one_header_line(text: str, notes: Notes | None = None) -> str:
    """Return text without controls and line breaks, which become one space."""
    if text.isprintable():
        return text
    if notes is not None and _CONTROLS.search(text.replace("\t", " ")):
        notes.add(Defect.CONTROL_CHARACTER)
    return _CONTROLS.sub(" ", text)


def decode_words(text: str, notes: Notes, *, detect: Detector | None = None) -> str:
    """Decode the encoded words of an unfolded value; the result is one line.

    Adjacent words are joined, first as bytes where they share a charset: senders split characters.
    """
    if "=?" not in text:
        return one_header_line(text, notes)
    whole = _WORD.fullmatch(text)
    if whole and "=?" not in whole[3]:
        data = _decode_b(whole[3], notes) if whole[2] in "Bb" else _decode_q(whole[3])
        return one_header_line(decode_text(data, _name(whole[1]) or None, notes, detect=detect), notes)
    out: list[str] = []
    place = 0
    pending = _Run()
    for word in _WORD.finditer(text, 0, text.rfind("?=") + 2):
        between = text[place : word.start()]
        if between.strip() or not pending.takes(word[1]):
            follows = pending.charset is not None and not between.strip()
            out += (pending.flush(notes, detect), "" if follows else between)
        pending.add(word[1], word[2], word[3], notes)
        place = word.end()
    out.append(pending.flush(notes, detect))
    out.append(text[place:])
    return one_header_line("".join(out), notes)


class _Run:
    """Adjacent encoded words of one charset, their bytes still undecoded."""

    def __init__(self) -> None:
        self.charset: str | None = None
        self.data: list[bytes] = []
        self.base64 = ""  # an unpadded beginning whose rest stands in the next word

    def takes(self, charset: str) -> bool:
        return self.charset is not None and _name(charset) == self.charset

    def add(self, charset: str, encoding: str, payload: str, notes: Notes) -> None:
        self.charset = _name(charset)
        if encoding in "Bb":
            unpadded = len(_BASE64_JUNK.sub("", payload)) % 4 and not payload.endswith("=")
            joined, self.base64 = self.base64 + payload, ""
            if unpadded and joined == payload:
                self.base64 = payload
            else:
                self.data.append(_decode_b(joined, notes))
            return
        self._take_base64(notes)
        self.data.append(_decode_q(payload))

    def flush(self, notes: Notes, detect: Detector | None) -> str:
        self._take_base64(notes)
        text = decode_text(b"".join(self.data), self.charset or None, notes, detect=detect) if self.data else ""
        self.charset, self.data = None, []
        return text

    def _take_base64(self, notes: Notes) -> None:
        if self.base64:
            self.data.append(_decode_b(self.base64, notes))
            self.base64 = ""


def _name(charset: str) -> str:
    return charset.partition("*")[0].lower()  # RFC 2231, 5: a language may follow


def _decode_b(payload: str, notes: Notes) -> bytes:
    clean = _BASE64_JUNK.sub("", payload)
    if len(clean) % 4 == 1:
        notes.add(Defect.INVALID_ENCODED_WORD)
        clean = clean[:-1]
    return binascii.a2b_base64(clean + "=" * (-len(clean) % 4))


def _decode_q(payload: str) -> bytes:
    return binascii.a2b_qp(payload.replace("\n", " ").encode("utf-8", "replace"), header=True)
