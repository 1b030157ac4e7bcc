"""The list keeps itself current: new mail without reloading, two browsers in step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .conftest import Visit

pytestmark = pytest.mark.browser

Deliver = Callable[..., int]


def listening(page: Page) -> None:
    page.locator("html[data-live]").wait_for(state="attached")


def test_mail_arrives_without_reloading(visit: Visit, deliver: Deliver) -> None:
    visit.sign_in()
    listening(visit.page)
    deliver(subject="刚刚到达", from_="王小明 <wang@demo.test>")

    expect(visit.page.get_by_role("link", name="刚刚到达")).to_be_visible()
    expect(visit.page).to_have_title("(8) Inbox · flask-mailbox")
    expect(visit.page.locator("#announce")).to_have_text("New message from 王小明: 刚刚到达")
    assert visit.complaints == []


def test_two_browsers_stay_in_step(visit: Visit) -> None:
    visit.sign_in()
    listening(visit.page)
    other = visit.another_browser()
    other.sign_in()
    other.page.get_by_label("Tick: Welcome to your mailbox").check(force=True)
    other.page.get_by_role("button", name="Delete").click()

    expect(visit.page.get_by_role("link", name="Welcome to your mailbox")).to_have_count(0)
    expect(visit.page.get_by_role("link", name="The garden in June")).to_be_visible()


def test_a_session_that_ended_elsewhere_is_told(visit: Visit, deliver: Deliver) -> None:
    visit.sign_in()
    listening(visit.page)
    second = visit.page.context.new_page()
    second.goto(visit.base)
    second.get_by_label("Account and settings").click()
    second.get_by_role("button", name="Sign out").click()
    deliver(subject="not for you any more")

    expect(visit.page.get_by_text("Your session ended.")).to_be_visible()
