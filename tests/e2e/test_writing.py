"""Writing in a real browser: people are suggested, files dropped and pasted, and nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from flask_mailbox import parse_message
from flask_mailbox.devserver import MailServer

from .conftest import Visit

pytestmark = pytest.mark.browser

GIVE = """([kind, name]) => {
  const files = new DataTransfer();
  files.items.add(new File(["Inhalt"], name, {type: "text/plain"}));
  const event = kind === "drop" ? new DragEvent(kind, {dataTransfer: files, bubbles: true, cancelable: true})
                                : new ClipboardEvent(kind, {clipboardData: files, bubbles: true, cancelable: true});
  document.querySelector("#letter textarea").dispatchEvent(event);
}"""


@pytest.fixture
def sheet(visit: Visit) -> Page:
    """The page for a new message, of somebody who is signed in."""
    visit.sign_in()
    visit.page.locator("#list").wait_for()
    visit.page.goto(f"{visit.base}/write")
    return visit.page


def test_people_are_suggested_for_each_address_of_a_field(sheet: Page) -> None:
    to = sheet.get_by_role("combobox", name="To", exact=True)
    to.press_sequentially("garden")
    expect(sheet.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    to.press("Enter")
    to.press_sequentially("小明")
    sheet.get_by_role("option", name="王小明").click()

    expect(to).to_have_value("Garden News <news@garden.test>, 王小明 <wang@demo.test>, ")


def test_files_are_dropped_and_pasted_and_arrive(sheet: Page, mailserver: MailServer) -> None:
    sheet.evaluate(GIVE, ["drop", "größe.txt"])
    sheet.evaluate(GIVE, ["paste", "画面.txt"])
    sheet.evaluate(GIVE, ["paste", "too much.txt"])
    sheet.get_by_role("button", name="Remove: too much.txt").click()
    sheet.get_by_label("To", exact=True).fill("ann@demo.test")
    sheet.get_by_role("button", name="Send").click()
    expect(sheet.locator(".notes")).to_contain_text("Sent to ann@demo.test")

    arrived = parse_message(mailserver.messages("ann@demo.test")[-1])
    assert [part.filename for part in arrived.attachments] == ["größe.txt", "画面.txt"]


def test_what_was_typed_survives_a_session_that_ended(sheet: Page, visit: Visit) -> None:
    sheet.context.clear_cookies()
    sheet.get_by_label("Subject").fill("Kept")
    expect(sheet.get_by_text("Your session ended. Sign in again in another tab")).to_be_visible()
    visit.sign_in()
    sheet.locator("#list").wait_for()
    sheet.goto(f"{visit.base}/write")
    sheet.get_by_role("button", name="Restore").click()

    expect(sheet.get_by_label("Subject")).to_have_value("Kept")


def test_scrolling_to_the_end_brings_older_messages(visit: Visit, mailserver: MailServer) -> None:
    for number in range(70):
        mailserver.deliver(b"Subject: number %d\r\n\r\nx\r\n" % number, "ann@demo.test")
    visit.sign_in()
    rows = visit.page.locator("#list > .row")
    expect(rows).to_have_count(30)
    rows.last.scroll_into_view_if_needed()

    expect(rows).to_have_count(60)
