"""The whole flow in a real browser: sign in, read, write, see it arrive, POP3, sign out."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from flask_mailbox import parse_message
from flask_mailbox.devserver import MailServer

from .conftest import Visit

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 780}}
DARK = {"color_scheme": "dark"}
NO_SCRIPT = {"java_script_enabled": False}


@pytest.mark.parametrize(
    "visit", [{}, PHONE | DARK, NO_SCRIPT], indirect=True, ids=["wide", "phone, dark", "no script"]
)
def test_a_newcomer_reads_writes_and_leaves(visit: Visit, mailserver: MailServer, tmp_path: Path) -> None:
    page = visit.page
    visit.sign_in()
    expect(page.get_by_role("link", name="会议纪要：第三季度计划")).to_be_visible()

    page.get_by_role("link", name="会议纪要：第三季度计划").click()
    expect(page.locator(".text")).to_contain_text("附件是今天的会议纪要")
    with page.expect_download() as download:
        page.get_by_role("link", name="会议纪要 第三季度.txt").click()
    assert download.value.suggested_filename == "会议纪要 第三季度.txt"

    page.get_by_role("link", name="Reply", exact=True).click()
    page.get_by_label("To", exact=True).fill("ann@demo.test")
    page.get_by_label("Subject").fill("给自己的信")
    page.get_by_role("textbox", name="Message").fill("你好，世界")
    file = tmp_path / "附件.txt"
    file.write_text("内容", "utf-8")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".notes")).to_contain_text("Sent to ann@demo.test")
    page.get_by_role("link", name="给自己的信").click()
    expect(page.locator(".text")).to_contain_text("你好，世界")

    visit.open_folder("Over POP3")
    expect(page.get_by_role("heading", name="The same mailbox over POP3")).to_be_visible()
    page.get_by_role("link", name="给自己的信").click()
    expect(page.locator(".text")).to_contain_text("你好，世界")
    visit.sign_out()
    expect(page.get_by_role("heading", name="Open your mailbox")).to_be_visible()

    arrived = parse_message(mailserver.messages("ann@demo.test")[-1])
    assert arrived.attachments[0].content == "内容".encode()
    assert visit.complaints == []


def test_pictures_from_elsewhere_are_loaded_only_when_asked_for(visit: Visit) -> None:
    page = visit.page
    visit.sign_in()
    page.get_by_role("link", name="The garden in June").click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="The garden in June")).to_be_visible()
    before = list(visit.complaints)
    page.get_by_role("link", name="Load them for this message").click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="The garden in June")).to_be_visible()

    assert before == []
    assert any("images.example.com" in complaint for complaint in visit.complaints)


def test_hostile_html_runs_nothing_and_loads_nothing(visit: Visit, mailserver: MailServer) -> None:
    page = visit.page
    hostile = (
        "From: eve@demo.test\r\nSubject: hostile\r\nContent-Type: text/html\r\n\r\n<p>shown</p>"
        "<script>parent.document.title='owned'</script><img src=x onerror=\"parent.document.title='owned'\">"
        '<svg onload="top.location=\'https://evil.test\'"></svg><a href="javascript:parent.x=1">link</a>'
        '<style>@import "https://evil.test/x.css"; body{background:url(https://evil.test/y.png)}</style>'
        '<form action="https://evil.test"><button>go</button></form><iframe src="https://evil.test"></iframe>'
        '<meta http-equiv="refresh" content="0;url=https://evil.test"><base href="https://evil.test/">'
    )
    mailserver.deliver(hostile.encode(), "ann@demo.test")
    visit.sign_in()
    page.get_by_role("link", name="hostile").click()
    expect(page.frame_locator("iframe").get_by_text("shown")).to_be_visible()

    assert "owned" not in page.title()
    assert not any("evil.test" in complaint for complaint in visit.complaints)


def test_a_wrong_password_is_explained(visit: Visit) -> None:
    visit.sign_in("wrong")

    expect(visit.page.get_by_text("The mailbox could not be opened.")).to_be_visible()
    expect(visit.page.get_by_text("Check the user name and the password.").first).to_be_visible()


def test_keyboard_users_can_skip_to_the_content(visit: Visit) -> None:
    visit.sign_in()
    expect(visit.page.get_by_role("heading", name="Inbox")).to_be_visible()
    visit.page.keyboard.press("Tab")
    expect(visit.page.get_by_role("link", name="Skip to content")).to_be_focused()
