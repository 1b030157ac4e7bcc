"""Hostile HTML made fit to be shown: nothing runs, nothing loads, nothing covers.

nh3 parses as browsers do and keeps an allow-list; what it does not look into (styles, image sources, depth) is
decided here, in its callback, so that cleaning is the last thing that touches the markup.
Show the result in a frame with :func:`frame_policy` only: it is the second wall.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .css import clean_style
from .plain import html_to_text, text_to_html

ImageSource = Callable[[str], str | None]
"""Gives what to show for a Content-ID: a ``data:`` URI or an address of the host's own; ``None`` for nothing."""

_TAGS = frozenset({
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "dir", "div", "dl", "dt", "em",
    "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img",
    "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section",
    "small", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "time", "tr", "tt", "u", "ul", "var", "wbr"
})  # fmt: skip
# Elements whose content is no text for readers.
_DROPPED_WITH_CONTENT = frozenset({
    "script", "style", "title", "head", "iframe", "noframes", "noembed", "noscript", "object", "embed", "applet",
    "template", "svg", "math", "textarea", "select", "audio", "video", "canvas", "xmp", "plaintext"
})  # fmt: skip
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"align", "bgcolor", "color", "dir", "height", "lang", "style", "title", "valign", "width"},
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"face", "size"},
    "hr": {"size", "noshade"},
    "img": {"alt", "border", "hspace", "src", "vspace"},
    "li": {"type", "value"},
    "ol": {"start", "type", "reversed"},
    "table": {"border", "cellpadding", "cellspacing", "rules", "frame", "background"},
    "td": {"colspan", "rowspan", "nowrap", "background"},
    "th": {"colspan", "rowspan", "nowrap", "scope", "background"},
    "tr": {"background"},
    "ul": {"type"},
}
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s\\\x00-\x1f\x7f]+", re.IGNORECASE)
_REMOTE = re.compile(r"https?://[^\s\\/?#\x00-\x1f\x7f][^\s\\\x00-\x1f\x7f]*", re.IGNORECASE)
_RASTER = re.compile(r"data:image/(?:png|gif|jpeg|jpg|webp|bmp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
BLOCKED_IMAGE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"  # one clear pixel


def clean_html(html: str, *, images: ImageSource = lambda content_id: None, load_remote: bool = False) -> str:
    """Return the HTML of a message as a fragment that is safe to show in a sandboxed frame.

    Markup that would take too long to parse (thousands of elements inside one another) comes back as its plain text.

    :param images: What to show for ``cid:`` images.
    :param load_remote: Keep images that are loaded from the network; everything else remote is taken out anyway.
    """
    bounded = bound_nesting(html)
    if bounded is None:
        return text_to_html(html_to_text(html))
    import nh3  # only who shows HTML has it in memory

    return nh3.clean(
        bounded,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=_Attributes(images, load_remote),
        url_schemes={"http", "https", "mailto", "tel", "data", "cid"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"referrerpolicy": "no-referrer"}},
        strip_comments=True,
    )


class _Attributes:
    """Decides on every attribute that the allow-list lets through."""

    def __init__(self, images: ImageSource, load_remote: bool) -> None:
        self.images, self.load_remote = images, load_remote

    def __call__(self, tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return value.strip() if _LINK.fullmatch(value.strip()) else None
        if name == "src":
            return self.image(value.strip())
        if name == "background":
            return value.strip() if self.load_remote and _REMOTE.fullmatch(value.strip()) else None
        if name == "style":
            return clean_style(value) or None
        return value

    def image(self, value: str) -> str | None:
        if value[:4].lower() == "cid:":
            return self.images(value[4:])
        if _RASTER.fullmatch(value):
            return value
        remote = "https:" + value if value.startswith("//") else value
        if _REMOTE.fullmatch(remote):
            return remote if self.load_remote else BLOCKED_IMAGE
        return None


# A parser's work grows with the number of elements times how deep they lie. Below this many "<" that never matters.
_FEW = 2_500
_MOST_WORK = 20_000_000  # the sum of all depths; about half a second in nh3
_COMMENT = re.compile(r"<!--(?:-?>|.*?(?:-->|\Z))|<[!?][^<>]*>", re.DOTALL)
_RAW_TEXT = re.compile(r"<(style|script|title)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
# A tag that every parser reads alike: no "<" inside its attributes.
_ATTRIBUTE = r"""\s*+[\w:.@-]++(?:\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'|[^\s"'<>=`]++))?"""
_TAG = re.compile(rf"<(/?)([a-zA-Z][\w:.-]*+)(?:{_ATTRIBUTE})*+\s*+/?>|<(?=[^a-zA-Z/!?]|$)")
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"
})  # fmt: skip
_CLOSE_THEMSELVES = frozenset({
    "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option", "colgroup", "html", "head",
    "body"
})  # fmt: skip
_READ_OTHERWISE = frozenset({
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext",
    "svg", "math", "template", "select"
})  # fmt: skip


def bound_nesting(html: str) -> str | None:
    """Return HTML that a parser gets through quickly, or ``None``.

    Parsers slow down with the square of the depth: a megabyte of ``<div>`` takes nh3 most of a minute. With few tags
    that does not matter. With many, comments and raw text are taken out, and every tag left must be of the plain
    form that no two parsers read differently; then the depth is what this count says, or less.
    """
    if html.count("<") <= _FEW:
        return html
    html = _RAW_TEXT.sub("", _COMMENT.sub("", html))
    return html if _work(html) <= _MOST_WORK else None


def _work(html: str) -> int:
    """Return the sum of the depths at which the elements begin; too much for anything out of the ordinary."""
    work = place = 0
    stack: list[str] = []
    for tag in _TAG.finditer(html):
        if html.find("<", place, tag.start()) >= 0:
            return _MOST_WORK + 1
        place = tag.end()
        name = (tag[2] or "").lower()
        if name in _READ_OTHERWISE:
            return _MOST_WORK + 1
        work += len(stack)
        if work > _MOST_WORK:
            break
        if tag[1]:
            if stack and stack[-1] == name:
                stack.pop()
        elif name and name not in _VOID and name not in _CLOSE_THEMSELVES:
            stack.append(name)
    return work if html.find("<", place) < 0 else _MOST_WORK + 1
