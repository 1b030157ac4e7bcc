"""How soon the example app shows the first list of a large folder, beside what the JSON API takes for the same.

And how long it takes from the demo's command to the first mail read, and from a delivery to the row on the screen. All
on the embedded server, without a network: what remains is our own work. Needs Chromium for the rows of the browser.
Run it with ``python -m benchmarks.webmail``.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from flask_mailbox.devserver import MailServer
from tests.e2e.conftest import FLAGS, served
from tests.example_app.conftest import app_of
from tests.example_app.person import Person

from .mailboxes import SMALL
from .parsing import Row

IN_CHROMIUM = "flask-mailbox's example app, in Chromium"
ADDRESS, PASSWORD = "ann@demo.test", "ann-secret"


def measure(rounds: int = 15, large: int = 100_000) -> list[Row]:
    """Return the rows of the table; the ratio is the multiple of the API's own time."""
    with _webmail(large) as base:
        person = Person(base, ADDRESS, PASSWORD)
        person.sign_in()
        works: dict[str, Callable[[], object]] = {
            "flask-mailbox (JSON API)": lambda: _ask_api(person),
            "example app, its page": lambda: person.get("/"),
        }
        medians = _medians(works, rounds)
        if shutil.which("chromium"):
            medians["example app, in Chromium"] = _in_browser(base, rounds)
    first = next(iter(medians.values()))
    rows = [Row(f"first list of {large:,}", name, median, median / first) for name, median in medians.items()]
    if shutil.which("chromium"):
        rows.append(Row("from delivery to screen", IN_CHROMIUM, _until_shown(), 1.0))
        rows.append(Row("from command to first mail", IN_CHROMIUM, _until_first_mail(), 1.0))
    return rows


@contextmanager
def _webmail(large: int) -> Iterator[str]:
    with MailServer({ADDRESS: PASSWORD}) as mailserver:
        for number in range(large):
            mailserver.deliver(SMALL % (number % 50, number, number), ADDRESS)
        with served(app_of(mailserver.config(ADDRESS), MAILBOX_READ_TIMEOUT=60)) as base:
            yield base


def _ask_api(person: Person) -> None:
    """Ask for what the page shows: the folders with their counts, and the newest messages."""
    folders = json.loads(person.get("/api/imap/folders"))
    inbox = next(each["id"] for each in folders if each["path"] == "INBOX")
    person.get(f"/api/imap/folders/{inbox}/messages?limit=30")


def _medians(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            gc.collect()
            began = time.perf_counter()
            work()
            if number:  # the first one warms up
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(found) for name, found in times.items()}


def _in_browser(base: str, rounds: int) -> float:
    """Return the median from asking for the page until its rows are on the screen."""
    with _chromium() as page:
        page.goto(f"{base}/sign-in/demo")
        page.locator("input[type=password]").fill(PASSWORD)
        page.locator("button[value=enter]").click()
        page.locator("#list > .row").first.wait_for()

        def show() -> None:
            page.goto(base, wait_until="commit")
            page.locator("#list > .row").first.wait_for()

        return _medians({"browser": show}, rounds)["browser"]


@contextmanager
def _chromium() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser.new_page(viewport={"width": 1360, "height": 820})
        browser.close()


def _until_shown(rounds: int = 15) -> float:
    """Return the median from the moment a message is delivered until its row is on the screen that shows the list."""
    times = []
    with MailServer({ADDRESS: PASSWORD}) as mailserver, served(app_of(mailserver.config(ADDRESS))) as base:
        mailserver.deliver(SMALL % (0, 0, 0), ADDRESS)
        with _chromium() as page:
            page.goto(f"{base}/sign-in/demo")
            page.locator("input[type=password]").fill(PASSWORD)
            page.locator("button[value=enter]").click()
            page.locator("html[data-live]").wait_for(state="attached")
            for number in range(1, rounds + 1):
                began = time.perf_counter()
                mailserver.deliver(b"Subject: fresh %d.\r\n\r\nx\r\n" % number, ADDRESS)
                page.get_by_text(f"fresh {number}.").first.wait_for()
                times.append(time.perf_counter() - began)
    return statistics.median(times)


def _until_first_mail(rounds: int = 3) -> float:
    """Return the median from the demo's command to the text of the first message, clicked as fast as pages come."""
    times = []
    with _chromium() as page:
        for _ in range(rounds):
            began = time.perf_counter()
            command = [sys.executable, "-m", "example_app"]
            with subprocess.Popen(command, env=os.environ | {"PORT": "0"}, stdout=subprocess.PIPE, text=True) as demo:
                assert demo.stdout is not None
                lines = iter(demo.stdout.readline, "")
                page.goto(next(found[1] for line in lines if (found := re.search(r"Open +(http://\S+)", line))))
                page.get_by_role("link", name="Demo").click()
                page.get_by_role("button", name="Open the mailbox of ann@demo.test").click()
                page.get_by_role("link", name="Welcome to your mailbox").click()
                page.locator(".text").first.wait_for()
                times.append(time.perf_counter() - began)
                demo.terminate()
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--large", type=int, default=100_000)
    given = arguments.parse_args()
    for row in measure(given.rounds, given.large):
        print(
            f"{row.task:<28} {row.parser:<28} {row.seconds * 1000:9.1f} ms   {row.ratio:5.2f} times the API's own time"
        )


if __name__ == "__main__":
    main()
