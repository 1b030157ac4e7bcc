"""Plain text to HTML with links, and HTML to plain text, both in linear time."""

from __future__ import annotations

import html as html_module
import re

# Linked are whole tokens only: a scheme, then what a URL may hold, without closing punctuation.
_URL = re.compile(r"(?<![\w@])https?://[^\s<>\"'\\^`{|}\u3000-\u303f\uff00-\uffef]{1,2000}", re.IGNORECASE)
_MAIL = re.compile(r"(?<![\w.+@/-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}(?![\w@])")
_TRAILING = ".,;:!?)]}*_~"
_TOKENS = re.compile(rf"(?P<url>{_URL.pattern})|(?P<mail>{_MAIL.pattern})", re.IGNORECASE)

_COMMENTS = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HIDDEN = re.compile(
    r"<(script|style|head|title|template|svg|math|noscript)\b[^<>]*>.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL)  # fmt: skip
_HUGE_NUMBER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")  # no character has it, and int() refuses long ones
# Possessive: else a tag that never ends costs the square of its length.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)([^<>]*+)>|<[!?/][^<>]*+>")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\f\v\n]+")
_EMPTY_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_PARAGRAPHS = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "dl"
})  # fmt: skip
_LINES = frozenset({
    "div", "tr", "br", "li", "dt", "dd", "hr", "header", "footer", "section", "article", "address", "center",
    "form"
})  # fmt: skip


def text_to_html(text: str) -> str:
    """Return text as HTML: escaped first, lines kept, web and mail addresses linked."""
    out: list[str] = []
    place = 0
    for found in _TOKENS.finditer(text):
        out.append(html_module.escape(text[place : found.start()]))
        token = found[0].rstrip(_TRAILING)
        target = html_module.escape(token if found.lastgroup == "url" else f"mailto:{token}")
        shown = html_module.escape(token)
        out.append(f'<a href="{target}" target="_blank" rel="noopener noreferrer nofollow">{shown}</a>')
        place = found.start() + len(token)
    out.append(html_module.escape(text[place:]))
    return '<div style="white-space:pre-wrap">' + "".join(out) + "</div>"


def html_to_text(html: str) -> str:
    """Return the readable text of HTML: paragraphs, list marks, link targets; markup that is broken is skipped."""
    html = _HIDDEN.sub(" ", _COMMENTS.sub("", html)) if "<" in html else html
    out: list[str] = []
    targets: list[str] = []
    place = 0
    for tag in _TAG.finditer(html):
        out.append(_words(html[place : tag.start()]))
        out.append(_mark(tag[1] or "", (tag[2] or "").lower(), tag[3] or "", targets, out))
        place = tag.end()
    out.append(_words(html[place:]))
    lines = (line.strip() for line in "".join(out).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _words(markup: str) -> str:
    return _BLANKS.sub(" ", _unescape(markup)).replace("\xa0", " ") if markup else ""


def _unescape(markup: str) -> str:
    return html_module.unescape(_HUGE_NUMBER.sub("\ufffd", markup)) if "&" in markup else markup


def _mark(closing: str, name: str, attributes: str, targets: list[str], out: list[str]) -> str:
    """Return what stands in the text for one tag."""
    if name == "a":
        return _link(closing, attributes, targets, out)
    if name in _PARAGRAPHS:
        return "\n\n"
    if name in _LINES:
        return "\n- " if name == "li" and not closing else "\n"
    return " " if name in ("td", "th") and closing else ""


def _link(closing: str, attributes: str, targets: list[str], out: list[str]) -> str:
    if not closing:
        found = _HREF.search(attributes)
        targets.append(_unescape(next(filter(None, found.groups()), "")) if found else "")
        return ""
    target = targets.pop() if targets else ""
    shown = out[-1].strip() if out else ""
    if not target.lower().startswith(("http://", "https://")) or target.rstrip("/") == shown.rstrip("/"):
        return ""
    return f" <{_BLANKS.sub('', target)}>"
