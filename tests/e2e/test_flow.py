"""A whole day with the webmail, on the embedded server and on Postfix with Dovecot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from flask_mailbox.devserver import MailServer

from ..contract.server import ContractServer, EmbeddedServer
from ..example_app.conftest import app_of
from .conftest import Visit, served, visiting

pytestmark = pytest.mark.browser


@dataclass
class Day:
    """A window on an app in front of some server, and who uses it."""

    visit: Visit
    address: str
    password: str
    server: ContractServer


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.real_server)])
def day(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Day]:
    """A window for somebody new on each kind of server."""
    if request.param == "real":
        server: ContractServer = request.getfixturevalue("postfix")
        yield from _day(server, browser)
    else:
        with MailServer({}) as mailserver:
            yield from _day(EmbeddedServer(mailserver), browser)


def _day(server: ContractServer, browser: Browser) -> Iterator[Day]:
    address, password = server.new_user()
    app = app_of(server.config(address, "tls"), MAILBOX_READ_TIMEOUT=20)
    with served(app) as base, visiting(browser, base, {}) as visit:
        yield Day(visit, address, password, server)


def test_write_see_it_arrive_answer_find_move_delete_and_leave(day: Day, tmp_path: Path) -> None:
    page = day.visit.page
    file = tmp_path / "季度报告.txt"
    file.write_text("一切顺利", "utf-8")
    day.visit.sign_in(day.password, day.address)
    expect(page.get_by_text("There are no messages here.")).to_be_visible()
    page.locator("html[data-live]").wait_for(state="attached")

    sender = page.context.new_page()  # another window writes; this one only watches
    sender.goto(f"{day.visit.base}/write")
    sender.get_by_label("To", exact=True).fill(day.address)
    sender.get_by_label("Subject", exact=True).fill("你好，世界")
    sender.get_by_role("textbox", name="Message").fill("正文第一行")
    sender.locator("input[type=file]").set_input_files(file)
    sender.get_by_role("button", name="Send").click()
    expect(sender.locator(".notes")).to_contain_text(f"Sent to {day.address}")
    expect(page.get_by_role("link", name="你好，世界")).to_be_visible()
    sender.close()

    page.get_by_role("link", name="你好，世界").click()
    expect(page.locator(".text")).to_contain_text("正文第一行")
    with page.expect_download() as download:
        page.get_by_role("link", name="季度报告.txt").click()
    assert Path(download.value.path()).read_text("utf-8") == "一切顺利"

    page.get_by_role("link", name="Reply", exact=True).click()
    page.get_by_role("textbox", name="Message").fill("收到")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("link", name="Re: 你好，世界")).to_be_visible()

    page.get_by_role("searchbox").fill("第一行")
    page.keyboard.press("Enter")
    expect(page.locator("#list > .row")).to_have_count(1)
    page.locator("html.scripted").wait_for(state="attached")
    page.locator("#list input[name=uid]").check(force=True)
    page.get_by_label("Move to").select_option("Archive")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".notes")).to_contain_text("1 message moved to “Archive”.")
    page.goto(f"{day.visit.base}/?folder=Archive")
    page.get_by_role("link", name="你好，世界").click()
    page.get_by_role("button", name="Delete").last.click()
    expect(page.get_by_text("There are no messages here.")).to_be_visible()

    page.get_by_role("link", name="Over POP3").click()
    page.get_by_role("link", name="Re: 你好，世界").click()
    expect(page.locator(".text")).to_contain_text("收到")
    day.visit.sign_out()
    expect(page.get_by_role("heading", name="Open your mailbox")).to_be_visible()
    assert day.visit.complaints == []
