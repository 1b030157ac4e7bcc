"""No block of the documentation is left unproved: each is run by a test, or a reason stands here."""

from __future__ import annotations

from pathlib import Path

import pytest

from .blocks import Block, blocks, pages

HERE = Path(__file__).parent

BY_LANGUAGE = {
    "python": "test_pages.py",
    "console": "test_commands.py",
    "{eval-rst}": "test_build.py",
}
"""Which test proves the blocks of a language, wherever they stand."""

BY_PAGE = {
    ("docs/howto/add-a-provider.md", "toml"): "test_add_a_provider.py",
    ("docs/howto/sign-in-page.md", "json"): "test_answers.py",
    ("docs/tutorial/small-webmail.md", "html+jinja"): "test_small_webmail.py",
    ("docs/howto/send-with-163.md", "json"): "test_first_apps.py",
    ("docs/howto/send-with-qq.md", "json"): "test_first_apps.py",
    ("docs/howto/publish-an-api.md", "sh"): "test_http_api.py",
    ("docs/howto/publish-an-api.md", "json"): "test_http_api.py",
    ("docs/howto/publish-an-api.md", "text"): "test_http_api.py",
    ("docs/explanation/architecture.md", "text"): "test_architecture.py",
}
"""Which test proves the blocks of a language on one page."""

EXPLAINED = {
    ("docs/explanation/how-email-works.md", "text"): "a drawing, and lines of a conversation that no program reads",
    ("docs/howto/deploy.md", "text"): "two lines of an environment file that tests/deploy sets as variables",
    ("docs/howto/deploy.md", "ini"): "a unit for systemd; its command is what tests/deploy runs",
    ("docs/howto/own-domain.md", "text"): "lines for Postfix's tables, Dovecot's users and a milter on a real domain; "
    "the whole configuration files are those that the tests run",
}
"""Why the blocks of a language on one page are not run."""

ALL = [block for page in pages() for block in blocks(page)]


@pytest.mark.parametrize("block", ALL, ids=str)
def test_a_block_is_proved_or_explained(block: Block) -> None:
    where = (block.page, block.language)
    test = BY_LANGUAGE.get(block.language) or BY_PAGE.get(where)

    assert test is not None or where in EXPLAINED, f"Nothing proves the block at {block}: run it in a test."
    assert test is None or (HERE / test).exists()


def test_no_reason_is_left_over() -> None:
    there = {(block.page, block.language) for block in ALL}

    assert there >= BY_PAGE.keys() | EXPLAINED.keys()
