"""Writing in a real browser: people are suggested, files dropped and pasted, and nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from flask_mailbox import parse_message
from flask_mailbox.devserver import MailServer

from ..example_app.conftest import app_on
from .conftest import Visit, served, visiting

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


def test_older_messages_that_did_not_come_by_scrolling_come_when_asked_for(
    visit: Visit, mailserver: MailServer
) -> None:
    for number in range(70):
        mailserver.deliver(b"Subject: number %d\r\n\r\nx\r\n" % number, "ann@demo.test")
    page = visit.page
    page.route("**/*cursor=*", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        visit.sign_in()
        page.locator("#list > .row").last.scroll_into_view_if_needed()
    page.unroute("**/*cursor=*")
    page.locator("#older").click()

    expect(page.locator("#list > .row")).to_have_count(60)


def test_an_answer_that_makes_no_sense_ends_no_saving(sheet: Page) -> None:
    """A network that wants its own page seen first answers in the server's place."""
    sheet.route("**/draft", lambda route: route.fulfill(status=200, content_type="text/html", body="<p>Pay"))
    with sheet.expect_response("**/draft"):
        sheet.get_by_label("Subject").fill("Still being")
    expect(sheet.locator("#trouble")).to_contain_text("this browser keeps a copy")
    sheet.unroute("**/draft")
    sheet.get_by_label("Subject").fill("Still being written")
    expect(sheet.locator("#saved")).to_have_text("Draft saved")


def test_a_letter_is_sent_also_where_the_browser_keeps_nothing(sheet: Page, mailserver: MailServer) -> None:
    forbid = "() => { Storage.prototype.removeItem = () => { throw new Error('forbidden') } }"
    sheet.evaluate(forbid)
    sheet.get_by_label("To", exact=True).fill("bob@demo.test")
    expect(sheet.locator("#saved")).to_have_text("Draft saved")
    sheet.get_by_role("button", name="Send").click()
    expect(sheet.locator(".notes")).to_contain_text("Sent to bob@demo.test")


def test_too_much_to_send_ends_no_saving(sheet: Page) -> None:
    sheet.get_by_label("To", exact=True).fill("ann@demo.test")
    sheet.evaluate(GIVE, ["drop", "large.txt"])
    sheet.evaluate("document.getElementById('letter').dataset.most = 3")
    sheet.get_by_role("button", name="Send").click()
    expect(sheet.locator("#trouble")).to_contain_text("too large together")
    sheet.get_by_label("Subject").fill("Still being written")

    expect(sheet.locator("#saved")).to_have_text("Draft saved")


def test_a_draft_that_is_being_saved_while_one_sends_is_not_left_behind(sheet: Page, mailserver: MailServer) -> None:
    held: list[Route] = []
    sheet.route("**/draft", lambda route: held.append(route))
    with sheet.expect_request("**/draft"):
        sheet.get_by_label("To", exact=True).fill("bob@demo.test")
    sheet.get_by_role("button", name="Send").click()
    for route in held:
        route.continue_()
    expect(sheet.locator(".notes")).to_contain_text("Sent to bob@demo.test")

    assert mailserver.messages("ann@demo.test", "Drafts") == []


def test_who_signs_in_again_in_another_window_goes_on_sending_in_this_one(
    sheet: Page, visit: Visit, mailserver: MailServer
) -> None:
    sheet.context.clear_cookies()
    other = Visit(sheet.context.new_page(), visit.base, [], visit.browser)
    other.sign_in()
    other.page.locator("#list").wait_for()
    sheet.evaluate(GIVE, ["drop", "kept.txt"])
    sheet.get_by_label("To", exact=True).fill("bob@demo.test")
    sheet.get_by_role("button", name="Send").click()
    expect(sheet.locator(".notes")).to_contain_text("Sent to bob@demo.test")

    assert parse_message(mailserver.messages("bob@demo.test")[-1]).attachments[0].filename == "kept.txt"


def test_an_answer_that_could_not_be_saved_is_offered_again_with_its_thread(
    visit: Visit, mailserver: MailServer
) -> None:
    raw = b"From: bob@demo.test\r\nSubject: plan\r\nMessage-ID: <p@x>\r\n\r\nx\r\n"
    uid = mailserver.deliver(raw, "ann@demo.test")
    page = visit.page
    visit.sign_in()
    page.goto(f"{visit.base}/write?uid={uid}")
    page.route("**/draft", lambda route: route.abort())
    page.get_by_role("textbox", name="Message").fill("my long answer")
    expect(page.get_by_text("this browser keeps a copy")).to_be_visible()
    page.unroute("**/draft")
    page.goto(f"{visit.base}/write")
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".notes")).to_contain_text("Sent to bob@demo.test")

    arrived = parse_message(mailserver.messages("bob@demo.test")[-1])
    assert arrived.in_reply_to == "<p@x>"
    assert "my long answer" in arrived.text


def test_the_note_stays_until_the_letter_has_left_and_keeps_the_focus(browser: Browser, mailserver: MailServer) -> None:
    app = app_on(mailserver, MAILBOX_READ_TIMEOUT=20, UNDO_SECONDS=4)
    asked: list[str] = []
    with served(app) as base, visiting(browser, base, {}) as visit:
        page = visit.page
        visit.sign_in()
        page.locator(".nothing").first.wait_for()
        page.on("request", lambda request: "/outbox/" in request.url and asked.append(request.headers["x-background"]))
        page.goto(f"{base}/write?to=bob@demo.test")
        page.get_by_role("button", name="Send").click()
        page.get_by_role("button", name="Undo").focus()
        expect(page.locator(".notes")).to_contain_text("Sent to bob@demo.test")
        expect(page.locator(".note:focus")).to_contain_text("Sent to bob@demo.test")

    assert asked
    assert len(asked) <= 3


def test_a_draft_that_is_saved_is_not_sent(sheet: Page, mailserver: MailServer) -> None:
    before = len(mailserver.messages("bob@demo.test"))
    sheet.evaluate(GIVE, ["drop", "kept.txt"])
    sheet.get_by_label("To", exact=True).fill("bob@demo.test")
    sheet.get_by_label("Subject").fill("Not yet")
    sheet.get_by_role("button", name="Save as draft").click()
    expect(sheet.locator(".notes")).to_contain_text("The draft was saved.")

    assert [parse_message(raw).subject for raw in mailserver.messages("ann@demo.test", "Drafts")] == ["Not yet"]
    assert len(mailserver.messages("bob@demo.test")) == before


def test_a_letter_goes_through_the_sign_in_where_the_session_ended(browser: Browser, mailserver: MailServer) -> None:
    app = app_on(mailserver, MAILBOX_READ_TIMEOUT=20)
    with served(app) as base, visiting(browser, base, {}) as visit:
        page = visit.page
        visit.sign_in()
        page.locator(".nothing").first.wait_for()
        page.goto(f"{base}/write?to=bob@demo.test")
        app.extensions["vault"]._entries.clear()
        page.get_by_role("textbox", name="Message").fill("my long text")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("Sign in again: your text is kept.")).to_be_visible()
        page.get_by_label("Address", exact=True).fill("ann@demo.test")
        page.get_by_label("Password or authorization code").fill("ann-secret")
        page.get_by_role("button", name="Sign in").click()

        expect(page.get_by_role("textbox", name="Message")).to_have_value("my long text")
