"""Every Python block of the documentation runs, each page from top to bottom in a namespace of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .blocks import ROOT, Block, blocks, pages, run

WITH_CODE = [page for page in pages() if blocks(page, "python")]
WITH_TESTS = [page for page in WITH_CODE if any("\ndef test_" in block.text for block in blocks(page, "python"))]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, object]:
    """The namespace of a page, in a folder of its own, with the environment that the pages speak of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLASK_MAILBOX_PROVIDER", "163")
    monkeypatch.setenv("FLASK_MAILBOX_ADDRESS", "me@163.com")
    monkeypatch.setenv("FLASK_MAILBOX_PASSWORD", "not a real code")
    return {"__name__": "page"}


@pytest.mark.parametrize("page", WITH_CODE)
def test_the_code_of_a_page_runs(page: str, names: dict[str, object]) -> None:
    for block in blocks(page, "python"):
        run(block, names)


@pytest.mark.parametrize("page", WITH_TESTS)
def test_the_tests_that_a_page_shows_pass(page: str, tmp_path: Path) -> None:
    shown = blocks(page, "python")
    (tmp_path / "test_page.py").write_text("\n".join(block.text for block in shown), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_page.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout
    assert f"{_number_of_tests(shown)} passed" in result.stdout


def _number_of_tests(shown: list[Block]) -> int:
    return sum(block.text.count("def test_") for block in shown)
