"""HTML of messages, made fit to be shown."""

from __future__ import annotations

import base64
import re
import time
from html.parser import HTMLParser

import pytest

from flask_mailbox.errors import UsageError
from flask_mailbox.message import clean_html, frame_document, frame_policy, html_to_text, parse_message, text_to_html

from .corpora import corpus_files
from .xssvectors import vectors

_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_RASTER = re.compile(r"data:image/(?:png|gif|jpeg|jpg|webp|bmp);base64,")
_ALLOWED = {
    "href",
    "src",
    "style",
    "title",
    "alt",
    "target",
    "rel",
    "referrerpolicy",
    "align",
    "bgcolor",
    "color",
    "dir",
    "height",
    "lang",
    "valign",
    "width",
    "span",
    "face",
    "size",
    "noshade",
    "border",
    "hspace",
    "vspace",
    "type",
    "value",
    "start",
    "reversed",
    "cellpadding",
    "cellspacing",
    "rules",
    "frame",
    "colspan",
    "rowspan",
    "nowrap",
    "scope",
}
_FORBIDDEN = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "applet",
    "link",
    "meta",
    "base",
    "form",
    "input",
    "button",
    "svg",
    "math",
    "video",
    "audio",
    "source",
    "track",
    "frame",
    "frameset",
    "template",
    "noscript",
    "textarea",
    "select",
    "body",
    "html",
    "head",
    "title",
    "xmp",
    "plaintext",
    "marquee",
    "bgsound",
    "portal",
    "image",
}


class Inspector(HTMLParser):
    """Collects what is live in cleaned HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FORBIDDEN or ":" in tag:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            self.inspect(tag, name, value or "")

    def inspect(self, tag: str, name: str, value: str) -> None:
        if name not in _ALLOWED:
            self.found.append(f"{tag} {name}")
        if name == "src" and not _RASTER.match(value):
            self.found.append(f"{tag} src={value}")
        if name == "href" and not re.match(r"(?:https?://|mailto:|tel:)", value, re.IGNORECASE):
            self.found.append(f"{tag} href={value}")
        if name == "style" and re.search(r"url|\\|@|expression|position|:-|/\*|image|var\(", value, re.IGNORECASE):
            self.found.append(f"{tag} style={value}")

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.found.append("declaration")


def live(html: str) -> list[str]:
    """Return what could run, load or cover in a piece of HTML."""
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector.found


def html_message(html: str, *parts: bytes) -> bytes:
    inner = f"--b\nContent-Type: text/html; charset=utf-8\n\n{html}\n".encode()
    return b'Content-Type: multipart/related; boundary="b"\n\n' + inner + b"".join(parts) + b"--b--\n"


def image(content_id: str, content: bytes = _PNG, kind: str = "image/png") -> bytes:
    head = f"--b\nContent-Type: {kind}\nContent-ID: <{content_id}>\nContent-Transfer-Encoding: base64\n\n"
    return head.encode() + base64.encodebytes(content) + b"\n"


def test_the_inspector_sees_what_is_live():
    assert live("<script>x</script><img src='http://x'><p onclick=x style='background:url(x)'>")


def test_no_published_kind_of_vector_leaves_anything_live():
    count = 0
    for vector in vectors():
        cleaned = clean_html(vector)
        count += 1

        assert live(cleaned) == [], vector
        assert live(clean_html(cleaned)) == [], vector

    assert count > 3000


def test_no_html_of_the_corpora_leaves_anything_live():
    for path in corpus_files():
        message = parse_message(path.read_bytes())

        assert live(message.safe_html()) == [], path.name


def test_ordinary_formatting_is_kept():
    html = '<p style="color:red;text-align:center">Hi <b>you</b> <a href="https://a.example/?q=1">there</a></p>'

    assert "color:red;text-align:center" in clean_html(html)
    assert (
        '<a href="https://a.example/?q=1" target="_blank" rel="noopener noreferrer nofollow">there</a>'
        in clean_html(html)
    )


def test_remote_images_load_only_when_asked_for():
    html = '<img src="https://a.example/i.png" alt="logo">'

    assert "a.example" not in clean_html(html)
    assert 'alt="logo"' in clean_html(html)
    assert 'src="https://a.example/i.png"' in clean_html(html, load_remote=True)
    assert 'referrerpolicy="no-referrer"' in clean_html(html, load_remote=True)


@pytest.mark.parametrize("style", ["background:url(https://a.example/i.png)", "position:fixed"])
def test_styles_neither_load_nor_cover_even_with_remote_content(style: str):
    assert clean_html(f'<div style="{style}">x</div>', load_remote=True) == "<div>x</div>"


def test_an_inline_image_becomes_a_data_uri():
    shown = parse_message(html_message('<img src="cid:a%40x">', image("a@x"))).safe_html()

    assert f'src="data:image/png;base64,{base64.b64encode(_PNG).decode()}"' in shown


@pytest.mark.parametrize(
    ("reference", "part"),
    [
        ("cid:other", image("a")),
        ("cid:../../etc/passwd", image("a")),
        ("cid:a", image("a", b"<script>alert(1)</script>", "text/html")),
        ("cid:a", image("a", b"<svg onload=alert(1)>", "image/svg+xml")),
        ("cid:a", image("a", b"<script>", "image/png")),
    ],
)
def test_a_cid_maps_only_to_a_raster_image_of_the_same_message(reference: str, part: bytes):
    assert "src=" not in parse_message(html_message(f'<img src="{reference}">', part)).safe_html()


def test_inline_images_stay_within_their_budget():
    html = '<img src="cid:a">' * 10_000
    shown = parse_message(html_message(html, image("a", _PNG + b"x" * 100_000))).safe_html()

    assert len(shown) < 11 * 1024 * 1024


def test_a_host_may_serve_inline_images_itself():
    shown = parse_message(html_message('<img src="cid:a">', image("a"))).safe_html(
        image_url=lambda cid: f"/image/{cid}"
    )

    assert 'src="/image/a"' in shown


def test_a_message_without_html_gives_its_text_with_links():
    shown = parse_message(b"Content-Type: text/plain\n\n<b>see https://a.example/x.\n").safe_html()

    assert "&lt;b&gt;see " in shown
    assert 'href="https://a.example/x"' in shown


@pytest.mark.parametrize(
    "text",
    [
        '[http://x" onmouseover="alert(1)]: <#>',
        "http://a'onclick=alert(1)",
        "javascript:alert(1)",
        "<a href=x>",
        "http://x\u2028y",
    ],
)
def test_links_in_plain_text_are_escaped(text: str):
    assert live(text_to_html(text)) == []


def test_a_hundred_kilobytes_of_half_links_take_a_tenth_of_a_second():
    started = time.thread_time()
    text_to_html("http://((((" * 10_000)
    text_to_html("a@b.c@" * 16_000)

    assert time.thread_time() - started < 0.2


@pytest.mark.parametrize("unit", ["<a", "a", "<a href=", "<script", "<!--", "</a>", "<p>", " \n", "&#1"])
def test_text_is_made_of_a_tag_that_never_ends_in_linear_time(unit: str):
    started = time.thread_time()
    html_to_text("<" + unit * (300_000 // len(unit)))

    assert time.thread_time() - started < 1


def test_html_becomes_readable_text():
    html = "<style>p{}</style><h1>Hello</h1><p>one<br>two</p><ul><li>a<li>b</ul><a href='https://a.example'>here</a>&nbsp;&amp;"

    assert html_to_text(html) == "Hello\n\none\ntwo\n\n- a\n- b\n\nhere <https://a.example> &"


def test_a_large_ordinary_newsletter_keeps_its_formatting():
    rows = "<tr><td style='color:red'><p>Row <b>bold</b></td></tr><!-- x -->" * 3000
    cleaned = clean_html(f"<html><head><style>p{{}}</style></head><body><table>{rows}</table></body></html>")

    assert cleaned.count("<b>bold</b>") == 3000


def test_the_frame_runs_nothing_and_loads_nothing():
    policy = frame_policy()

    assert "allow-scripts" not in policy.attributes["sandbox"]
    assert "allow-same-origin" not in policy.attributes["sandbox"]
    assert policy.headers["Content-Security-Policy"].startswith("default-src 'none'; img-src data:; ")
    assert "http" not in policy.headers["Content-Security-Policy"]
    assert policy.headers["X-Content-Type-Options"] == "nosniff"


def test_the_frame_loads_remote_images_when_asked_to():
    assert "img-src data: https: http:;" in frame_policy(load_remote=True).headers["Content-Security-Policy"]


def test_an_image_source_cannot_end_the_directive():
    with pytest.raises(UsageError, match="no origin"):
        frame_policy(image_sources=["https://a.example; script-src *"])


def test_the_frame_document_opens_links_in_new_tabs():
    assert '<base target="_blank">' in frame_document("<p>x</p>")
