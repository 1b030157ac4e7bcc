"""Parts of pages that the tests write from the code; ``UPDATE_DOCS=1`` puts them there."""

from __future__ import annotations

import os

from .blocks import ROOT


def assert_written(page: str, part: str, wanted: str) -> None:
    """Compare a part of a page, between its two marks, with what it should be."""
    path = ROOT / page
    begin, end = f"<!-- {part}: written by the tests -->\n", f"<!-- end of {part} -->"
    before, mark, rest = path.read_text("utf-8").partition(begin)
    written, _, after = rest.partition(end)
    assert mark, f"{page} has no place for its {part}: {begin}"
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(before + begin + wanted + end + after, "utf-8")
        written = wanted

    assert written == wanted, f"The {part} of {page} grew old: run UPDATE_DOCS=1 pytest tests/docs."
