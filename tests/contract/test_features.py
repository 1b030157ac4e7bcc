"""The page of servers and features says what is so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .differences import DIFFERENCES
from .features import page, ways

PAGE = Path(__file__).parents[2] / "docs/reference/servers-and-features.md"
SERVERS = {
    "embedded server": "embedded_server",
    "Dovecot": "dovecot",
    "GNU mailutils": "mailutils",
    "pymap": "pymap",
}
TITLES = {"mailutils": "GNU mailutils", "pymap": "pymap"}


@pytest.mark.real_server
def test_the_page_is_as_the_servers_are(request: pytest.FixtureRequest) -> None:
    found = {title: ways(request.getfixturevalue(fixture)) for title, fixture in SERVERS.items()}
    listed = [
        (TITLES[server], test.removeprefix("test_").replace("_", " "), difference.reply, difference.why)
        for (server, test), difference in DIFFERENCES.items()
    ]
    text = page(found, listed)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(text, "utf-8")

    assert PAGE.read_text("utf-8") == text
