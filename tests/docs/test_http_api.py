"""The page about the HTTP API has every operation of every blueprint; ``UPDATE_DOCS=1`` writes them there."""

from __future__ import annotations

import os
from pathlib import Path

from flask_mailbox import ANYONE, Mailbox

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "http-api.md"
BEGIN, END = "<!-- operations: written by the tests -->\n", "<!-- end of operations -->"
BLUEPRINTS = ("imap", "pop3", "smtp", "accounts")


def table(kind: str) -> str:
    """Return the operations of one blueprint as a table."""
    made = getattr(Mailbox(), f"{kind}_blueprint")(authorize=ANYONE)
    rows = [f"| `{name}` | `{method} {path}` | {summary} |" for name, method, path, summary in made.operations]
    return "\n".join([f"### `{kind}_blueprint`", "", "| operation | request | what it does |", "|---|---|---|", *rows])


def test_the_page_has_every_operation() -> None:
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    written, _, after = rest.partition(END)
    wanted = "\n" + "\n\n".join(map(table, BLUEPRINTS)) + "\n\n"
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(before + BEGIN + wanted + END + after, "utf-8")
        written = wanted

    assert written == wanted, "Run UPDATE_DOCS=1 pytest tests/docs/test_http_api.py."
