"""Every page in both themes and languages: axe finds nothing wrong with it, and pictures can be taken of it.

``PICTURES=DIRECTORY`` takes a picture of every page, ``UPDATE_DOCS=1`` those of the documentation; all looks with
``-m "soak or not soak"``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from .conftest import Visit

pytestmark = pytest.mark.browser

DOCS = Path(__file__).parents[2] / "docs" / "_static"
SHOWN = {
    "html light en-US 1360": "inbox",
    "text light zh-CN 1360": "inbox-zh",
    "pop3 light en-US 1360": "pop3",
    "tested light en-US 1360": "signin",
    "invitation dark zh-CN 390": "phone",
}
"""The pictures of the documentation, by page and look."""

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

WIDE = {"width": 1360, "height": 820}
PHONE = {"width": 390, "height": 780}

LOOKS = [
    pytest.param(
        {"color_scheme": scheme, "locale": locale, "viewport": size},
        id=f"{scheme} {locale} {size['width']}",
        marks=marks,
    )
    for scheme, locale, size, marks in (
        ("light", "en-US", WIDE, ()),
        ("dark", "zh-CN", PHONE, ()),
        ("dark", "en-US", PHONE, pytest.mark.soak),
        ("light", "zh-CN", WIDE, pytest.mark.soak),
    )
]


def faults_of(visit: Visit) -> list[str]:
    """Return what axe finds on the page, one line each."""
    found = Axe().run(visit.page, options=RULES).response["violations"]
    return [f"{fault['id']}: {node['html'][:200]}" for fault in found for node in fault["nodes"]]


def pages(visit: Visit) -> Iterator[str]:
    """Go from page to page and yield the name of each."""
    page, base = visit.page, visit.base
    for name, path in (
        ("choose", "/sign-in"),
        ("found", "/sign-in?q=mail"),
        ("provider", "/sign-in/163"),
        ("own", "/sign-in/own"),
    ):
        page.goto(base + path)
        yield name
    page.goto(f"{base}/sign-in/demo")
    page.locator("input[type=password]").fill("wrong")
    page.locator("button[value=test]").click()
    page.locator(".leg").first.wait_for()
    yield "tested"
    page.locator("input[type=password]").fill("ann-secret")
    page.locator("button[value=enter]").click()
    page.locator("#list").wait_for()
    yield "inbox"
    page.locator("summary.avatarbutton").click()
    yield "menu"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    yield "keys"
    for name, path in (
        ("conversations", "/?view=conversations"),
        ("nothing-found", "/?q=nothing"),
        ("empty", "/?folder=Archive"),
        ("html", "/message?uid=2"),
        ("text", "/message?uid=3"),
        ("invitation", "/message?uid=7"),
        ("source", "/message/source?uid=3"),
        ("write", "/write"),
        ("reply", "/write?uid=3"),
        ("pop3", "/pop3/"),
        ("gone", "/message?uid=99"),
    ):
        page.goto(base + path)
        yield name
    page.goto(f"{base}/write?to=nobody@demo.test,bob@demo.test")
    page.locator("button[value=send]").click()
    page.locator("ul.steps").wait_for()
    yield "receipt"


def take_picture(page: Page, name: str) -> None:
    """Keep a picture where the environment says."""
    if directory := os.environ.get("PICTURES"):
        Path(directory).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(directory) / f"{name.replace(' ', '-')}.png")
    if os.environ.get("UPDATE_DOCS") and name in SHOWN:
        page.screenshot(path=DOCS / f"{SHOWN[name]}.png")


@pytest.mark.parametrize("visit", LOOKS, indirect=True)
def test_axe_finds_nothing_wrong(visit: Visit, request: pytest.FixtureRequest) -> None:
    found: list[str] = []
    for name in pages(visit):
        take_picture(visit.page, f"{name} {request.node.callspec.id}")
        found += [f"{name}: {fault}" for fault in faults_of(visit)]

    assert "\n".join(found) == ""
    assert [text for text in visit.complaints if "404" not in text and "400" not in text] == []
