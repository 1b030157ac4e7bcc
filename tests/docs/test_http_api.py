"""The page about the HTTP API has every operation, and the tour of it runs, command by command, over a real socket."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from flask_mailbox import ANYONE, Mailbox

from .blocks import Block, blocks, run
from .written import assert_written

BLUEPRINTS = ("imap", "pop3", "smtp", "accounts")
TOUR = "docs/howto/publish-an-api.md"
ANYTHING = "…"


def table(kind: str) -> str:
    """Return the operations of one blueprint as a table."""
    made = getattr(Mailbox(), f"{kind}_blueprint")(authorize=ANYONE)
    rows = [f"| `{name}` | `{method} {path}` | {summary} |" for name, method, path, summary in made.operations]
    return "\n".join([f"### `{kind}_blueprint`", "", "| operation | request | what it does |", "|---|---|---|", *rows])


def test_the_page_has_every_operation() -> None:
    assert_written("docs/reference/http-api.md", "operations", "\n" + "\n\n".join(map(table, BLUEPRINTS)) + "\n\n")


@pytest.fixture
def port() -> Iterator[int]:
    """The port of the page's app."""
    names: dict[str, Any] = {"__name__": "app"}
    app_block = blocks(TOUR, "python")[0]
    assert len([line for line in app_block.text.splitlines() if line.strip()]) <= 25
    run(app_block, names)
    app = names["app"]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join(10)
    server.server_close()
    with app.app_context():
        app.extensions["mailbox"].pool.close()
    names["server"].stop()


def test_the_tour_runs_and_shows_what_comes_back(port: int, tmp_path: Path) -> None:
    told = 0
    for block, following in pairwise([*blocks(TOUR), None]):
        if block is None or block.language != "sh":
            continue
        output = typed(block.text.replace(":5000", f":{port}"), tmp_path)
        if following is not None and following.language in ("json", "text"):
            assert_told(output, following)
            told += 1

    assert told == len(blocks(TOUR, "json")) + len(blocks(TOUR, "text"))


def typed(text: str, folder: Path) -> str:
    """Run the commands of a block where the variables of those before it are known, and return what they print."""
    script = f"set -euo pipefail\n[ ! -f known ] || . ./known\nset -a\n{text}\nexport -p > known"
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def assert_told(output: str, shown: Block) -> None:
    """Compare what was printed with what the page shows, where ``…`` stands for anything."""
    if shown.language == "text":
        assert output.strip() == shown.text.strip(), shown
        return
    found = json.loads(output)
    assert matches(found, json.loads(shown.text)), f"{shown} shows something else than {json.dumps(found, indent=2)}"


def matches(found: Any, shown: Any) -> bool:
    """Say whether a value is what the page shows; a list may end with ``…`` for more."""
    if shown == ANYTHING:
        return True
    if isinstance(shown, dict) and isinstance(found, dict):
        return shown.keys() == found.keys() and all(matches(found[name], shown[name]) for name in shown)
    if isinstance(shown, list) and isinstance(found, list):
        if shown[-1:] == [ANYTHING]:
            shown = shown[:-1]
            found = found[: len(shown)]
        return len(shown) == len(found) and all(map(matches, found, shown))
    return bool(found == shown)


def test_what_the_page_shows_is_really_compared() -> None:
    assert matches({"a": [1, 2, 3]}, {"a": [1, "…"]})
    assert not matches({"a": 1}, {"a": 2})
    assert not matches({"a": 1}, {})
    assert not matches([1], [1, 2])
