"""The page on adding a provider shows a preset that is right."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from flask_mailbox.providers.reader import read_provider

PAGE = (Path(__file__).parents[2] / "docs/howto/add-a-provider.md").read_text("utf-8")


def test_the_example_file_is_a_preset() -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    provider = read_provider(tomllib.loads(example), where="example")

    assert provider.imap
    assert provider.sources
