"""Links of the pages that no builder reads lead somewhere; Sphinx looks after those of the documentation."""

from __future__ import annotations

import re

import pytest

from .blocks import ROOT, pages

LINKS = sorted({
    (page, link)
    for page in pages()
    if not page.startswith("docs/")
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", (ROOT / page).read_text("utf-8"))
    if "://" not in link
})  # fmt: skip


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_of_the_first_pages_leads_to_a_file(page: str, link: str) -> None:
    assert (ROOT / page).parent.joinpath(link).exists()
