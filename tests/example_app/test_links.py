"""Links in plain text: what is one, what is none, and texts made to keep a server busy."""

from __future__ import annotations

import time

import pytest

from example_app.links import linked


def hrefs(text: str) -> list[str]:
    return [part.partition('"')[0] for part in str(linked(text)).split('<a href="')[1:]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.com/a?b=c&d=e.", ["https://example.com/a?b=c&amp;d=e"]),
        ("(HTTP://example.com/wiki/Mail_(protocol))", ["HTTP://example.com/wiki/Mail_(protocol)"]),
        ("请看https://example.com/页面，谢谢。", ["https://example.com/页面"]),
        ("<mailto:ann@example.com>, <https://example.com>", ["mailto:ann@example.com", "https://example.com"]),
        ("javascript:alert(1) data:text/html,x file:///etc/passwd www.example.com ann@example.com", []),
        ("https:// and mailto: alone, https://... and mailto:))", []),
        ("https://example.com/" + "x" * 5000, []),
    ],
)
def test_web_and_mail_addresses_that_say_so_are_links(text: str, found: list[str]) -> None:
    assert hrefs(text) == found


def test_a_link_leaves_by_a_window_of_its_own_and_takes_nothing_along() -> None:
    assert linked("x https://example.com/ y") == (
        'x <a href="https://example.com/" rel="noopener noreferrer" target="_blank">https://example.com/</a> y'
    )


def test_the_text_stays_text() -> None:
    page = str(linked('[https://x" onmouseover="alert(1)]: <script>'))

    assert 'onmouseover="' not in page
    assert "<script>" not in page
    assert page.startswith('[<a href="https://x" rel=')


@pytest.mark.parametrize("unit", [")", "https://x)", "https://((((", "http:", "mailto:(", "(x)"])
def test_the_time_grows_no_faster_than_the_text(unit: str) -> None:
    text = unit * (200_000 // len(unit)) + "x)"
    start = time.process_time()
    linked(text)

    assert time.process_time() - start < 1.0
