"""The documentation is built without a warning, and its reference has every public name."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

from .blocks import ROOT

pytestmark = pytest.mark.xdist_group("build")  # built once, by one worker

PACKAGES = ("", ".imap", ".pop3", ".discovery", ".devserver")
NAMES = [
    f"flask_mailbox{package}.{name}"
    for package in PACKAGES
    for name in importlib.import_module(f"flask_mailbox{package}").__all__
]
CLASSES = (
    "Mailbox",
    "AccountMailbox",
    "Message",
    "Receipt",
    "Ticket",
    "ReceivedMessage",
    "Watcher",
    "imap.IMAPSession",
    "imap.Folder",
    "pop3.POP3Session",
    "devserver.MailServer",
)
STYLE_ELSEWHERE = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", re.IGNORECASE)


class Loaded(HTMLParser):
    """Notes what a browser loads for a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = "href" if tag == "link" else "src"
        self.addresses += [value or "" for key, value in attrs if key == name]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built pages."""
    folder = tmp_path_factory.mktemp("html")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def documented(built: Path) -> set[str]:
    """The names that the reference has."""
    with (built / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, path: path)
    return {name for kind, names in inventory.items() if kind.startswith("py:") for name in names}


def test_there_is_a_first_page(built: Path) -> None:
    assert (built / "index.html").exists()


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_in_the_reference(name: str, documented: set[str]) -> None:
    last = name.rpartition(".")[2]

    assert any(each == name or each.endswith(f".{last}") for each in documented)


@pytest.mark.parametrize("name", CLASSES)
def test_every_method_is_in_the_reference(name: str, documented: set[str]) -> None:
    package, _, last = f"flask_mailbox.{name}".rpartition(".")
    described = getattr(importlib.import_module(package), last)
    ours = [each for each in described.__mro__ if each.__module__.startswith("flask_mailbox")]
    fields = {field for each in ours for field in getattr(each, "__dataclass_fields__", {})}
    own = {member for each in ours for member in vars(each) if not member.startswith("_")} - fields

    assert {f"{package}.{last}.{member}" for member in own} <= documented


def test_no_page_loads_anything_from_another_host(built: Path) -> None:
    for page in built.rglob("*.html"):
        addresses = Loaded(page.read_text("utf-8")).addresses
        assert [each for each in addresses if "//" in each] == [], page
    for style in built.rglob("*.css"):
        assert not STYLE_ELSEWHERE.search(style.read_text("utf-8")), style


def test_the_readme_is_short_and_shows_the_two_commands_first() -> None:
    text = (ROOT / "README.md").read_text("utf-8")

    assert len(text.split()) <= 500
    assert text.index("make demo") < text.index("make test") < text.index("## ")
