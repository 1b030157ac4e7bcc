"""From the command that starts the demo to the first mail read, with nothing but what the screen says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ..example_app.test_demo import checkout, printed_until
from .conftest import visiting

__all__ = ["checkout"]

pytestmark = pytest.mark.browser


@pytest.fixture
def url(checkout: Path) -> Iterator[str]:
    """Where the demo says that it is."""
    command = [sys.executable, "-m", "example_app"]
    with subprocess.Popen(
        command, cwd=checkout, env=os.environ | {"PORT": "0"}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            found = re.search(r"Open +(http://\S+)", printed_until(process, "Ctrl-C"))
            assert found
            yield found[1]
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_three_clicks_lead_to_the_first_mail(browser: Browser, url: str) -> None:
    with visiting(browser, url.rstrip("/"), {}) as visit:
        page = visit.page
        page.goto(url)
        page.get_by_role("link", name="Demo").click()
        page.get_by_role("button", name="Open the mailbox of ann@demo.test").click()
        page.get_by_role("link", name="Welcome to your mailbox").click()

        expect(page.locator(".text")).to_contain_text("This mailbox lives in your computer's memory")
        assert visit.complaints == []
