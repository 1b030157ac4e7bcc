"""The list keeps itself current: new mail without reloading, two browsers in step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from flask_mailbox.devserver import MailServer

from ..example_app.conftest import app_on
from .conftest import Visit, served, visiting

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


def rows_of(page: Page) -> list[str]:
    return page.locator("#list .subject").all_inner_texts()


def test_where_the_stream_ends_the_page_asks_from_time_to_time(
    browser: Browser, mailserver: MailServer, deliver: Deliver
) -> None:
    app = app_on(mailserver, MAILBOX_READ_TIMEOUT=20)
    with served(app) as base, visiting(browser, base, {}) as visit:
        visit.page.clock.install()
        visit.sign_in()
        listening(visit.page)
        app.extensions["live"]._most = 0  # no other one is let in
        app.extensions["live"].close()
        visit.page.locator("html:not([data-live])").wait_for(state="attached")
        deliver(subject="asked for")
        visit.page.clock.fast_forward("00:31")

        expect(visit.page.get_by_role("link", name="asked for")).to_be_visible()


def test_what_arrives_hides_nothing_between_this_page_and_the_older_ones(
    browser: Browser, mailserver: MailServer, deliver: Deliver
) -> None:
    for number in range(40):
        deliver(subject=f"number {number}")
    with served(app_on(mailserver, MAILBOX_READ_TIMEOUT=20)) as base, visiting(browser, base, {}) as visit:
        visit.sign_in()
        listening(visit.page)
        visit.page.evaluate("document.querySelector('.more').style.marginTop = '3000px'")  # out of sight
        before = rows_of(visit.page)
        deliver(subject="newest")
        expect(visit.page.get_by_role("link", name="newest")).to_be_visible()
        after = rows_of(visit.page)
        visit.page.get_by_role("link", name="Older messages").click()
        expect(visit.page.locator("#list > .row")).to_have_count(41)

        assert after == ["newest", *before]
        assert rows_of(visit.page) == ["newest", *(f"number {number}" for number in reversed(range(40)))]


def test_the_first_message_of_an_empty_folder_can_be_ticked(
    browser: Browser, mailserver: MailServer, deliver: Deliver
) -> None:
    with served(app_on(mailserver, MAILBOX_READ_TIMEOUT=20)) as base, visiting(browser, base, {}) as visit:
        visit.sign_in()
        listening(visit.page)
        deliver(subject="the first")
        visit.page.get_by_label("Tick all").check()
        visit.page.get_by_role("button", name="Delete").click()

        expect(visit.page.get_by_text("There are no messages here.")).to_be_visible()


def test_unread_mail_elsewhere_is_not_counted_as_the_inboxs(
    browser: Browser, mailserver: MailServer, deliver: Deliver
) -> None:
    deliver(subject="spam", folder="INBOX/Spam")
    with served(app_on(mailserver, MAILBOX_READ_TIMEOUT=20)) as base, visiting(browser, base, {}) as visit:
        visit.sign_in()
        listening(visit.page)

        expect(visit.page.locator("#folders b")).to_have_count(1)
        expect(visit.page).to_have_title("Inbox · flask-mailbox")


@pytest.mark.parametrize("visit", [{"permissions": ["notifications"]}], indirect=True, ids=[""])
def test_notifications_are_switched_on_and_off(visit: Visit) -> None:
    visit.sign_in()
    button = visit.page.locator("#notify")
    visit.page.get_by_label("Account and settings").click()
    expect(button).to_have_text("Switch desktop notifications on")
    button.click()
    expect(button).to_have_text("Switch desktop notifications off")
    button.click()
    expect(button).to_have_text("Switch desktop notifications on")


def test_two_windows_with_two_mailboxes_are_not_mixed_up(visit: Visit, deliver: Deliver) -> None:
    visit.sign_in()
    listening(visit.page)
    second = visit.page.context.new_page()
    second.goto(f"{visit.base}/sign-in/demo")
    second.get_by_label("Address", exact=True).fill("bob@demo.test")
    second.get_by_label("Password or authorization code").fill("bob-secret")
    second.get_by_role("button", name="Sign in").click()
    second.locator("#list, .nothing").first.wait_for()
    deliver(subject="for Ann alone")

    expect(visit.page.get_by_text("This browser went on with another mailbox")).to_be_visible()
    expect(visit.page.get_by_role("link", name="The garden in June")).to_be_visible()
    visit.page.get_by_label("Tick: The garden in June").check(force=True)
    visit.page.get_by_role("button", name="Delete").first.click()
    expect(visit.page.get_by_role("heading", name="Another mailbox is open")).to_be_visible()
    visit.page.get_by_role("button", name="Go on with ann@demo.test").click()
    expect(visit.page.get_by_role("link", name="The garden in June")).to_be_visible()


def test_choosing_a_folder_moves_nothing_before_the_button_is_pressed(visit: Visit, mailserver: MailServer) -> None:
    visit.sign_in()
    page = visit.page
    page.get_by_label("Tick: Welcome to your mailbox").check(force=True)
    page.get_by_label("Move to").press("ArrowDown")
    page.get_by_label("Move to").select_option("Archive")
    before = len(mailserver.messages("ann@demo.test", "Archive"))
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".notes")).to_contain_text("1 message moved to “Archive”.")

    assert before == 0
