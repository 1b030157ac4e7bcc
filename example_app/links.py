"""Web and mail addresses in plain text become links, in time that grows with the text and no faster."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

LONGEST = 2000
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"\x00-\x1f，。；：！？、（）《》「」『』【】“”]+", re.IGNORECASE)
_TRAILING = ".,;:!?'*_)]}"
_OPENERS = {")": "(", "]": "[", "}": "{"}
_A = Markup('<a href="{0}" rel="noopener noreferrer" target="_blank">{0}</a>')


def linked(text: str) -> Markup:
    """Return a text as HTML in which addresses that begin with http, https or mailto are links."""
    pieces: list[str] = []
    done = 0
    for found in _LINK.finditer(text):
        url = _without_trailing(found[0])
        if len(url) <= LONGEST and _LINK.fullmatch(url):
            pieces += (escape(text[done : found.start()]), _A.format(url))
            done = found.start() + len(url)
    return Markup("").join([*pieces, escape(text[done:])])


def _without_trailing(url: str) -> str:
    """Return an address less the punctuation of the sentence; a bracket that was opened in it belongs to it."""
    open_more = {close: url.count(close) - url.count(opener) for close, opener in _OPENERS.items()}
    end = len(url)
    while end and url[end - 1] in _TRAILING:
        last = url[end - 1]
        if open_more.get(last, 1) <= 0:
            break
        if last in open_more:
            open_more[last] -= 1
        end -= 1
    return url[:end]
