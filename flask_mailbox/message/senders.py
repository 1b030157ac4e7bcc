"""Signs that a From field wants to be taken for somebody else's."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .addresses import Address
from .defects import Defect, Notes
from .header import Headers

_ADDRESS_IN_NAME = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")
_SCRIPTS_TOGETHER = ({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}, {"LATIN", "CJK", "HANGUL"}, {"LATIN", "CJK", "BOPOMOFO"})


def check_sender(headers: Headers, senders: tuple[Address, ...]) -> Notes:
    """Return the defects of the From fields: none, several, or a name or domain that deceives."""
    notes: Notes = set()
    count = len(headers.raw_all("from"))
    if count > 1:
        notes.add(Defect.AMBIGUOUS_FROM)
    if not any(sender.address for sender in senders):
        notes.add(Defect.MISSING_FROM)
    for sender in senders:
        if _ADDRESS_IN_NAME.search(sender.name) and sender.address.lower() not in sender.name.lower():
            notes.add(Defect.ADDRESS_IN_NAME)
        if mixes_scripts(sender.address.rpartition("@")[2]):
            notes.add(Defect.MIXED_SCRIPTS)
    return notes


@lru_cache(maxsize=1024)
def mixes_scripts(domain: str) -> bool:
    """Tell whether a label of a domain mixes scripts, or is all Cyrillic or Greek under a Latin ending (UTS 39)."""
    if domain.isascii() and "xn--" not in domain.lower():
        return False
    labels = [_unicode_label(label) for label in domain.lower().split(".")]
    ending = _scripts(labels[-1])
    for label in labels[:-1] or labels:
        scripts = _scripts(label)
        if len(scripts) > 1 and not any(scripts <= allowed for allowed in _SCRIPTS_TOGETHER):
            return True
        if scripts & {"CYRILLIC", "GREEK"} and ending == {"LATIN"}:
            return True
    return False


def _unicode_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label


def _scripts(label: str) -> set[str]:
    return {unicodedata.name(c, "UNKNOWN").partition(" ")[0] for c in label if c.isalpha()}
