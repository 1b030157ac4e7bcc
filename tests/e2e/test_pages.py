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

from flask_mailbox.devserver import MailServer

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

LARGE = (
    b"From: ann@demo.test\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\nsee there\r\n--b\r\nContent-Type: application/pdf\r\n"
    b"Content-Disposition: attachment; filename=large.pdf\r\n\r\n" + b"x" * 21_000_000 + b"\r\n--b--\r\n"
)
EXPECTED = ("400", "401", "404", "502", "images.example.com", "ERR_NAME_NOT_RESOLVED")
"""What the browser notes of pages that are errors on purpose, and of pictures that were asked for."""

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


def pages(visit: Visit, mailserver: MailServer) -> Iterator[str]:
    """Go from page to page and yield the name of each."""
    yield from before_sign_in(visit)
    yield from while_reading(visit, mailserver)
    yield from while_organising(visit)
    yield from while_writing(visit)
    yield from in_trouble(visit, mailserver)


def opened(visit: Visit, paths: dict[str, str]) -> Iterator[str]:
    """Open pages by their paths."""
    for name, path in paths.items():
        visit.page.goto(visit.base + path)
        yield name


def before_sign_in(visit: Visit) -> Iterator[str]:
    page = visit.page
    yield from opened(
        visit,
        {
            "choose": "/sign-in",
            "found": "/sign-in?q=mail",
            "provider": "/sign-in/163",
            "oauth": "/sign-in/outlook",
            "own": "/sign-in/own",
        },
    )
    page.locator("input[name=address]").fill("ann@nobody.invalid")
    page.locator("button[value=find]").click()
    page.locator(".advice, .problem").first.wait_for()
    yield "own-found"
    page.goto(f"{visit.base}/sign-in/demo")
    page.locator("input[type=password]").fill("wrong")
    page.locator("button[value=test]").click()
    page.locator(".leg").first.wait_for()
    yield "tested"
    page.locator("input[type=password]").fill("ann-secret")
    page.locator("button[value=enter]").click()
    page.locator("#list").wait_for()


def while_reading(visit: Visit, mailserver: MailServer) -> Iterator[str]:
    page = visit.page
    yield "inbox"
    page.locator("summary.avatarbutton").click()
    yield "menu"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    yield "keys"
    yield from opened(
        visit,
        {
            "conversations": "/?view=conversations",
            "nothing-found": "/?q=nothing",
            "filtered": "/?unread=1&from_=garden",
            "empty": "/?folder=Archive",
            "html": "/message?uid=2",
            "pictures": "/message?uid=2&remote=1",
            "text": "/message?uid=3",
            "invitation": "/message?uid=7",
            "source": "/message/source?uid=3",
            "pop3": "/pop3/",
        },
    )
    page.locator("main a[href*=uidl]").first.click()
    yield "pop3-message"
    uid = mailserver.deliver(LARGE, "ann@demo.test")
    yield from opened(visit, {"too-large": f"/message?uid={uid}", "too-large-source": f"/message/source?uid={uid}"})
    mailserver.expunge("ann@demo.test", uid)


def while_organising(visit: Visit) -> Iterator[str]:
    page = visit.page
    page.goto(visit.base)
    page.locator("html.scripted").wait_for(state="attached")
    page.locator("#list input[name=uid]").last.check(force=True)
    yield "ticked"
    page.locator("button[value=delete]").first.click()
    page.locator(".notes .note").first.wait_for()
    yield "deleted"
    page.locator("summary[aria-label]").filter(has_not_text="@").last.focus()
    page.locator("details.filters > summary").click()
    yield "filters"


def while_writing(visit: Visit) -> Iterator[str]:
    page = visit.page
    yield from opened(
        visit,
        {
            "write": "/write",
            "reply": "/write?uid=3",
            "forward": "/write?uid=3&way=forward",
            "all": "/write?uid=3&way=all",
        },
    )
    page.goto(f"{visit.base}/write")
    page.locator("input[name=to]").press_sequentially("garden")
    page.locator("[role=option]").first.wait_for()
    yield "suggested"
    page.keyboard.press("Enter")
    page.locator("#rich").click()
    page.locator(".editor").press_sequentially("rich")
    page.locator("input[type=file]").set_input_files({"name": "größe.txt", "mimeType": "text/plain", "buffer": b"x"})
    yield "rich"
    page.locator("button[value=save]").click()
    page.locator(".notes .note").first.wait_for()
    yield "drafts"
    page.goto(f"{visit.base}/write?to=bob@demo.test")
    page.locator("input[name=subject]").fill("On Monday")
    page.locator("select[name=when]").select_option("monday")
    page.locator("button[value=send]").click()
    page.locator(".notes .note").first.wait_for()
    yield "later"
    yield from opened(visit, {"scheduled": "/outbox/"})
    page.goto(f"{visit.base}/write?to=nobody@demo.test,bob@demo.test")
    page.locator("button[value=send]").click()
    page.locator("ul.steps").wait_for()
    yield "receipt"


def in_trouble(visit: Visit, mailserver: MailServer) -> Iterator[str]:
    page = visit.page
    yield from opened(visit, {"gone": "/message?uid=99", "wrong": "/?cursor=nonsense", "nowhere": "/nowhere"})
    mailserver.faults.set("imap", drop_before="EXAMINE")
    yield from opened(visit, {"server-gone": "/"})
    mailserver.faults.clear()
    page.goto(f"{visit.base}/write?to=bob@demo.test")
    page.context.clear_cookies()
    page.locator("button[value=send]").click()
    page.locator("input[type=password]").wait_for()
    yield "session-ended"


def settle(page: Page) -> None:
    """Wait until a page is there as a whole, and nothing on it moves or fades any more."""
    page.wait_for_load_state("load")
    page.evaluate("() => Promise.allSettled(document.getAnimations().map((each) => each.finished))")
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def take_picture(page: Page, name: str) -> None:
    """Keep a picture where the environment says."""
    if directory := os.environ.get("PICTURES"):
        Path(directory).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(directory) / f"{name.replace(' ', '-')}.png")
    if os.environ.get("UPDATE_DOCS") and name in SHOWN:
        page.screenshot(path=DOCS / f"{SHOWN[name]}.png")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("visit", LOOKS, indirect=True)
def test_axe_finds_nothing_wrong(visit: Visit, mailserver: MailServer, request: pytest.FixtureRequest) -> None:
    found: list[str] = []
    for name in pages(visit, mailserver):
        settle(visit.page)
        take_picture(visit.page, f"{name} {request.node.callspec.id}")
        found += [f"{name}: {fault}" for fault in faults_of(visit)]

    assert "\n".join(found) == ""
    assert [text for text in visit.complaints if not any(word in text for word in EXPECTED)] == []
