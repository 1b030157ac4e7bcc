"""The page about the HTTP API has every operation of every blueprint."""

from __future__ import annotations

from flask_mailbox import ANYONE, Mailbox

from .written import assert_written

BLUEPRINTS = ("imap", "pop3", "smtp", "accounts")


def table(kind: str) -> str:
    """Return the operations of one blueprint as a table."""
    made = getattr(Mailbox(), f"{kind}_blueprint")(authorize=ANYONE)
    rows = [f"| `{name}` | `{method} {path}` | {summary} |" for name, method, path, summary in made.operations]
    return "\n".join([f"### `{kind}_blueprint`", "", "| operation | request | what it does |", "|---|---|---|", *rows])


def test_the_page_has_every_operation() -> None:
    assert_written("docs/reference/http-api.md", "operations", "\n" + "\n\n".join(map(table, BLUEPRINTS)) + "\n\n")
