"""The reference pages leave nothing out of what the code knows."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from flask_mailbox.account import Protocol
from flask_mailbox.config.schema import ACCOUNT_KEYS
from flask_mailbox.config.settings import APP_KEYS
from flask_mailbox.providers import Provider, Quirks, shipped
from flask_mailbox.providers.reader import AUTH_METHODS, KEYS, TABLES, USERNAMES

DOCS = Path(__file__).parents[2] / "docs"
PROVIDERS = shipped().all()


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("provider_page", DOCS / "_ext" / "provider_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sections(generator: ModuleType) -> dict[str, str]:
    page = "\n".join(generator.page(PROVIDERS))
    return {part.partition(")=")[0]: part.split("\n## ")[0] for part in page.split("\n(provider-")[1:]}


@pytest.mark.parametrize("key", ACCOUNT_KEYS)
def test_every_key_of_an_account_is_described(key: str) -> None:
    assert f"`{key.upper()}`" in (DOCS / "reference" / "configuration.md").read_text("utf-8")


@pytest.mark.parametrize("key", APP_KEYS)
def test_every_key_of_an_app_is_described(key: str) -> None:
    assert f"`MAILBOX_{key.upper()}`" in (DOCS / "reference" / "configuration.md").read_text("utf-8")


@pytest.mark.parametrize("key", sorted(KEYS | AUTH_METHODS | USERNAMES | set().union(*TABLES.values())))
def test_every_key_and_word_of_a_preset_is_described(key: str) -> None:
    assert f"`{key}`" in (DOCS / "howto" / "add-a-provider.md").read_text("utf-8")


def test_the_defaults_of_the_quirks_are_the_described_ones() -> None:
    page = (DOCS / "howto" / "add-a-provider.md").read_text("utf-8")
    words = {False: "`false`", True: "`true`", None: "not set", 600: "`600`", "unknown": '`"unknown"`', "": '`""`'}

    for field in dataclasses.fields(Quirks):
        assert f"| `{field.name}` | {words[field.default]} |" in page


def test_every_provider_has_a_section_and_no_other_has(sections: dict[str, str]) -> None:
    assert sections.keys() == {provider.id for provider in PROVIDERS}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_a_section_has_every_server_and_says_what_is_not_certain(
    provider: Provider, sections: dict[str, str], generator: ModuleType
) -> None:
    section = sections[provider.id]

    for protocol in Protocol:
        assert all(f"{each.host}:{each.port}" in section for each in provider.endpoints(protocol))
    assert f"**{provider.evidence}**" in section
    assert all(generator.text(fact) in section for fact in (*provider.unverified, *provider.disagreements))


def test_the_page_has_the_place_for_the_presets(generator: ModuleType) -> None:
    assert (DOCS / f"{generator.PAGE}.md").read_text("utf-8").count(generator.MARK) == 1
