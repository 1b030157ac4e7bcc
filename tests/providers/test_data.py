"""The data files: each one right by itself, and all of them together without contradiction."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

import flask_mailbox
import flask_mailbox.providers
from flask_mailbox.account import Protocol
from flask_mailbox.providers import Provider, Quirks, shipped
from flask_mailbox.providers.reader import read_provider

DATA = Path(flask_mailbox.providers.__file__).parent / "data"
PRESETS = sorted((DATA / "presets").glob("*.toml"))
PROVIDERS = shipped().all()
NO_SOURCE = ("code-index", "general")


def ids(value: Path | Provider) -> str:
    return value.stem if isinstance(value, Path) else value.id


def test_there_are_as_many_presets_as_the_front_page_says() -> None:
    assert len(PRESETS) == len(PROVIDERS) == 141


@pytest.mark.parametrize("file", PRESETS, ids=ids)
def test_a_preset_is_right_and_named_as_its_file(file: Path) -> None:
    provider = read_provider(tomllib.loads(file.read_text("utf-8")), where=file.name)

    assert provider.id == file.stem
    assert provider.help


def test_no_name_belongs_to_two_providers() -> None:
    names = Counter(name.lower() for provider in PROVIDERS for name in (provider.id, *provider.aliases))

    assert [name for name, times in names.items() if times > 1] == []


def test_no_domain_belongs_to_two_providers() -> None:
    domains = Counter(domain for provider in PROVIDERS for domain in {*provider.domains, *provider.domain_overrides})

    assert [domain for domain, times in domains.items() if times > 1] == []


@pytest.mark.parametrize("provider", PROVIDERS, ids=ids)
def test_every_provider_has_a_name_that_people_type(provider: Provider) -> None:
    assert provider.aliases
    assert all(len(name) <= 30 and name == name.lower() and " " not in name for name in provider.aliases)
    assert not any(name.startswith(("smtp.", "imap.", "localhost")) for name in provider.aliases)


def test_an_alias_that_is_a_domain_names_the_provider_of_that_domain() -> None:
    strangers = [
        (alias, provider.id, owner.id)
        for provider in PROVIDERS
        for alias in provider.aliases
        if (owner := shipped().for_address(f"x@{alias}")) and owner is not provider
    ]

    assert strangers == []


@pytest.mark.parametrize("provider", PROVIDERS, ids=ids)
def test_a_provider_that_lets_programs_in_has_servers_to_reach(provider: Provider) -> None:
    servers = [endpoint for protocol in Protocol for endpoint in provider.endpoints(protocol)]

    assert bool(servers) == (provider.status == "ok")


@pytest.mark.parametrize("provider", PROVIDERS, ids=ids)
def test_no_provider_on_the_internet_is_reached_in_clear_text(provider: Provider) -> None:
    clear = [each for protocol in Protocol for each in provider.endpoints(protocol) if each.security == "none"]

    assert not clear or provider.kind == "development"


def test_163_asks_for_the_authorization_code_by_its_name() -> None:
    provider = shipped().get("163")

    assert "授权码" in provider.help_in("zh")
    assert "client authorization code" in provider.help_in("en")
    assert provider.quirks.requires_imap_id
    assert provider.quirks.sasl_ir_broken


def test_what_nobody_can_look_up_is_no_source_of_anything() -> None:
    files = [file for file in DATA.rglob("*.toml") if any(word in file.read_text("utf-8") for word in ("code-index",))]
    cited = [each.id for each in PROVIDERS if any(source.startswith(NO_SOURCE) for source in each.sources)]

    assert files == cited == []


@pytest.mark.parametrize("provider", PROVIDERS, ids=ids)
def test_servers_without_a_source_are_marked_unverified(provider: Provider) -> None:
    assert provider.sources or provider.evidence == "unverified"


@pytest.mark.parametrize("provider", PROVIDERS, ids=ids)
def test_limits_without_a_source_are_marked_unverified(provider: Provider) -> None:
    data = tomllib.loads((DATA / "presets" / f"{provider.id}.toml").read_text("utf-8"))

    assert [
        limit for limit in data.get("limits", ()) if "source" not in limit and "unverified" not in limit["status"]
    ] == []


@pytest.mark.parametrize("provider", [each for each in PROVIDERS if each.oauth_profile], ids=ids)
def test_an_oauth_profile_that_is_named_is_there(provider: Provider) -> None:
    assert (DATA / "oauth" / f"{provider.oauth_profile}.toml").is_file()
    assert "oauth2" in provider.auth_methods


@pytest.mark.parametrize(
    "file", sorted([*(DATA / "families").glob("*.toml"), *(DATA / "oauth").glob("*.toml")]), ids=ids
)
def test_families_and_oauth_profiles_are_named_as_their_files(file: Path) -> None:
    assert tomllib.loads(file.read_text("utf-8"))["id"] == file.stem


@pytest.mark.parametrize("provider", PROVIDERS, ids=ids)
def test_the_family_of_a_provider_is_there(provider: Provider) -> None:
    assert (DATA / "families" / f"{provider.family}.toml").is_file()


@pytest.mark.parametrize("name", ["qq", "foxmail", "163", "gmail", "wp-pl"])
def test_the_folders_of_a_provider_are_known_by_their_roles(name: str) -> None:
    assert {"sent", "drafts", "trash", "junk"} <= shipped().get(name).folders.keys()


def test_the_errors_a_provider_lists_are_in_the_table() -> None:
    table = tomllib.loads((DATA / "errors.toml").read_text("utf-8"))
    listed = {error for file in PRESETS for error in tomllib.loads(file.read_text("utf-8")).get("known_errors", ())}

    assert listed - set(table) == set()


def test_every_family_is_described_and_every_error_belongs_to_one() -> None:
    table = tomllib.loads((DATA / "errors.toml").read_text("utf-8"))
    described = {file.stem for file in (DATA / "families").glob("*.toml")}

    assert {provider.family for provider in PROVIDERS} == described
    assert {error["family"] for error in table.values()} <= described | {"any"}


def is_chinese(text: str) -> bool:
    return any("一" <= character <= "鿿" for character in text)


@pytest.mark.parametrize("provider", PROVIDERS, ids=ids)
def test_what_to_switch_on_first_is_said_in_both_languages(provider: Provider) -> None:
    assert provider.help_in("en")
    assert not is_chinese(provider.help_in("en"))
    assert is_chinese(provider.help_in("zh-TW"))


@pytest.mark.parametrize("provider", [each for each in PROVIDERS if each.credential_name], ids=ids)
def test_what_to_sign_in_with_is_named_in_both_languages(provider: Provider) -> None:
    assert provider.credential_in("en") == provider.credential_name
    assert provider.credential_in("zh") == provider.credential_name_zh
    assert is_chinese(provider.credential_name_zh)


@pytest.mark.parametrize("flag", [field.name for field in dataclasses.fields(Quirks)])
def test_every_quirk_is_obeyed_by_code(flag: str) -> None:
    package = Path(flask_mailbox.__file__).parent
    files = [file for file in package.rglob("*.py") if package / "providers" not in file.parents]

    assert [file.name for file in files if re.search(rf"\bquirks\.{flag}\b", file.read_text("utf-8"))]
