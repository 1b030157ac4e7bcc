"""Hostile mail opened in the real browser: nothing runs, nothing is loaded, nothing complains, and every page comes.

HTML is opened by many frames a page; whole messages, with what the app itself shows of them, by a page each.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from flask_mailbox.devserver import MailServer

from ..message.corpora import corpus_files
from ..message.xssvectors import vectors
from .conftest import Visit

pytestmark = pytest.mark.browser

FRAMES = 40
SEED = 20261123

SHOW = """(uids) => Promise.all(uids.map((uid) => new Promise((loaded) => {
  const frame = document.createElement("iframe");
  frame.addEventListener("load", loaded);
  frame.width = 300; frame.height = 150;
  if (uid % 2) frame.sandbox = "allow-popups allow-popups-to-escape-sandbox";
  frame.src = `/message/html?uid=${uid}`;
  document.getElementById("main").append(frame);
})))"""
"""Every other frame goes without the attribute: the policy of the answer alone must hold too."""

SOUNDS = "window.alert = window.confirm = window.prompt = () => { document.title = 'owned'; };"


def in_groups(messages: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(messages), FRAMES):
        yield messages[start : start + FRAMES]


def open_all(visit: Visit, mailserver: MailServer, messages: Sequence[bytes]) -> None:
    """Deliver messages, show each in a frame, group by group, and hover over all of it."""
    page = visit.page
    visit.sign_in()
    page.locator("#list").wait_for()
    page.add_init_script(SOUNDS)
    for group in in_groups(messages):
        uids = [mailserver.deliver(raw, "ann@demo.test") for raw in group]
        page.goto(f"{visit.base}/message/source?uid=1")
        title = page.title()
        page.evaluate(SHOW, uids)
        page.mouse.move(200, 300)
        page.keyboard.press("Tab")

        assert page.title() == title
        assert page.url.startswith(visit.base)
        assert visit.complaints == []
        assert len(page.context.pages) == 1


def read_all(visit: Visit, mailserver: MailServer, messages: Sequence[bytes]) -> None:
    """Deliver messages and open the page of each, as a person would."""
    page = visit.page
    visit.sign_in()
    page.locator("#list").wait_for()
    page.add_init_script(SOUNDS)
    for raw in messages:
        uid = mailserver.deliver(raw, "ann@demo.test")
        answer = page.goto(f"{visit.base}/message?uid={uid}")

        assert answer is not None
        assert answer.status == 200
        assert page.title() != "owned"
        assert page.url.startswith(visit.base)
        assert visit.complaints == []
        assert len(page.context.pages) == 1


def as_message(html: str) -> bytes:
    head = b'From: eve@evil.example\r\nSubject: x\r\nContent-Type: text/html; charset="utf-8"\r\n\r\n'
    return head + html.encode("utf-8", "replace") + b"\r\n"


def sample(values: Sequence[bytes], count: int) -> Sequence[bytes]:
    return random.Random(SEED).sample(values, min(count, len(values)))  # noqa: S311 - which ones does not matter


def html_of_corpora() -> list[bytes]:
    return [data for path in corpus_files() if b"<" in (data := Path(path).read_bytes()) and len(data) < 500_000]


def all_of_corpora() -> list[bytes]:
    return [Path(path).read_bytes() for path in corpus_files()]


def test_a_sample_of_vectors_does_nothing(visit: Visit, mailserver: MailServer) -> None:
    open_all(visit, mailserver, sample([as_message(html) for html in vectors()], 3 * FRAMES))


def test_a_sample_of_published_messages_does_nothing(visit: Visit, mailserver: MailServer) -> None:
    open_all(visit, mailserver, sample(html_of_corpora(), FRAMES))


def test_a_sample_of_published_messages_can_be_read(visit: Visit, mailserver: MailServer) -> None:
    read_all(visit, mailserver, sample(all_of_corpora(), FRAMES // 2))


@pytest.mark.soak
def test_no_vector_does_anything(visit: Visit, mailserver: MailServer) -> None:
    open_all(visit, mailserver, [as_message(html) for html in vectors()])


@pytest.mark.soak
def test_no_published_message_does_anything(visit: Visit, mailserver: MailServer) -> None:
    open_all(visit, mailserver, html_of_corpora())


@pytest.mark.soak
def test_every_published_message_can_be_read(visit: Visit, mailserver: MailServer) -> None:
    read_all(visit, mailserver, all_of_corpora())
