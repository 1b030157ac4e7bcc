"""Every Python block of the documentation runs, each page from top to bottom in a namespace of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("README*.md")])
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
WITH_CODE = [page for page in PAGES if "_build" not in page.parts and BLOCK.search(page.read_text("utf-8"))]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLASK_MAILBOX_PROVIDER", "163")
    monkeypatch.setenv("FLASK_MAILBOX_ADDRESS", "me@163.com")
    monkeypatch.setenv("FLASK_MAILBOX_PASSWORD", "not a real code")
    names: dict[str, object] = {"__name__": "page"}
    for found in BLOCK.finditer(page.read_text("utf-8")):
        line = page.read_text("utf-8")[: found.start()].count("\n") + 2
        exec(compile("\n" * (line - 1) + found[1], str(page), "exec"), names)  # noqa: S102 - the docs' own code
