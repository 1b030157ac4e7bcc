"""Inline styles that cannot load, cover or move anything: an allow-list of properties and of values."""

from __future__ import annotations

import re

_PROPERTIES = frozenset({
    "background", "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style",
    "border-bottom-width", "border-collapse", "border-color", "border-left", "border-left-color",
    "border-left-style", "border-left-width", "border-radius", "border-right", "border-right-color",
    "border-right-style", "border-right-width", "border-spacing", "border-style", "border-top",
    "border-top-color", "border-top-style", "border-top-width", "border-width", "box-sizing", "caption-side",
    "clear", "color", "direction", "display", "empty-cells", "float", "font", "font-family", "font-size",
    "font-style", "font-variant", "font-weight", "height", "letter-spacing", "line-height", "list-style",
    "list-style-position", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "max-height", "max-width", "min-height", "min-width", "opacity", "overflow", "overflow-wrap",
    "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout", "text-align",
    "text-decoration", "text-decoration-color", "text-decoration-line", "text-decoration-style", "text-indent",
    "text-transform", "unicode-bidi", "vertical-align", "visibility", "white-space", "width", "word-break",
    "word-spacing", "word-wrap"
})  # fmt: skip
# Words, numbers, lengths, colours, quoted font names. No backslash, no at-sign, no angle, no colon, no function but
# those of colours: whatever could name a place to load from is not in the grammar.
_VALUE = re.compile(
    r"(?:[\w#%.,+/\s]|-(?=[a-zA-Z])|(?<=[a-zA-Z])-|'[\w .-]*'|\"[\w .-]*\"|(?:rgb|rgba|hsl|hsla)\([\d\s.,%/]*\))*",
    re.IGNORECASE,
)
_FORBIDDEN_WORDS = re.compile(r"url|image|expression|var|attr|env|element|src|cross-fade|paint", re.IGNORECASE)
_IMPORTANT = re.compile(r"!\s*important\s*$", re.IGNORECASE)
_LONGEST = 10_000


def clean_style(style: str) -> str:
    """Return the declarations of a style attribute that are safe to show; empty if none is."""
    if len(style) > _LONGEST or "\\" in style or "/*" in style:
        return ""
    kept = []
    for declaration in style.split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        value = _IMPORTANT.sub("", value.strip()).strip()
        if colon and value and name in _PROPERTIES and _is_safe(value):
            kept.append(f"{name}:{value}")
    return ";".join(kept)


def _is_safe(value: str) -> bool:
    return value.isprintable() and bool(_VALUE.fullmatch(value)) and not _FORBIDDEN_WORDS.search(value)
