"""The pages on testing tell all that the dev server and the pytest plugin have."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from flask_mailbox.devserver import Fault, MailServer
from flask_mailbox.devserver.profiles import families

from .blocks import ROOT

PAGE = (ROOT / "docs/reference/dev-server.md").read_text("utf-8")
FAMILIES = sorted(path.stem.replace("_", "-") for path in Path(families.__path__[0]).glob("[a-z]*.py"))


@pytest.mark.parametrize("name", [name for name in vars(MailServer) if not name.startswith("_")])
def test_every_member_of_the_server_is_told(name: str) -> None:
    assert re.search(rf"`(?:server\.)?{name}\b", PAGE) or re.search(rf"`[^`]*\b{name}\(", PAGE)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Fault)])
def test_every_fault_is_told(name: str) -> None:
    assert re.search(rf"`{name}\b", PAGE)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_profile_is_told(name: str) -> None:
    assert f"| `{name}` |" in PAGE


def test_every_fixture_is_told() -> None:
    source = (ROOT / "flask_mailbox/testing.py").read_text("utf-8")
    told = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/howto/test-your-app.md").read_text("utf-8"), re.MULTILINE))

    assert told == set(re.findall(r"^@pytest\.fixture\ndef ([a-z]\w*)", source, re.MULTILINE))
