"""The page on security names tests that are there."""

from __future__ import annotations

import re

import pytest

from .blocks import ROOT, pages

NAMED = sorted({
    name for page in pages() for name in re.findall(r"`(tests/[\w/]+\.py)`", (ROOT / page).read_text("utf-8"))
})  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_a_page_names_is_there(name: str) -> None:
    assert "def test_" in (ROOT / name).read_text("utf-8")


def test_every_defence_has_a_test() -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \|$", (ROOT / "docs/explanation/security.md").read_text("utf-8"), re.MULTILINE)

    assert [defence for defence, proof in rows if proof not in ("proved by", "---") and "`tests/" not in proof] == []
