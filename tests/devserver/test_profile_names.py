"""Profiles are found by every name that a provider has in the catalogue, and by the family's own."""

from __future__ import annotations

import dataclasses
import pkgutil

import pytest

from flask_mailbox.devserver import MailServer
from flask_mailbox.devserver.profiles import STANDARD, families, profile_for, profiles
from flask_mailbox.providers import Provider, shipped


@pytest.mark.parametrize("name", ["coremail", "163", "netease-163", "163.com", "Yeah", " 126 "])
def test_a_provider_and_its_family_are_the_same_profile(name: str) -> None:
    assert MailServer(profile=name).profile.name == "coremail"


@pytest.mark.parametrize("provider", shipped().all(), ids=lambda provider: provider.id)
def test_every_provider_that_is_shipped_has_a_part_to_play_by_each_of_its_names(provider: Provider) -> None:
    expected = {provider.id, "standard" if provider.family == "generic" else provider.family}
    played = {MailServer(profile=name).profile.name for name in (provider.id, *provider.aliases)}

    assert len(played) == 1
    assert played <= expected
    assert played != {"standard"} or provider.family == "generic"


@pytest.mark.parametrize("family", sorted({provider.family for provider in shipped().all()} - {"generic"}))
def test_every_family_that_is_shipped_differs_from_the_standard_server(family: str) -> None:
    assert profile_for(family).name == family
    assert dataclasses.replace(profile_for(family), name="standard") != STANDARD


def test_users_sign_in_with_the_form_of_their_address_that_the_provider_wants() -> None:
    assert profile_for("fastmail").usernames == ("full",)
    assert profile_for("free-fr").usernames == ("local",)
    assert profile_for("icloud").usernames == ("full", "local")


@pytest.mark.parametrize("name", [None, "standard", "generic", "fastmail"])
def test_a_provider_of_no_special_family_runs_the_standard_server(name: str | None) -> None:
    assert profile_for(name) is STANDARD


def test_an_unknown_name_is_told_with_what_is_near_and_what_there_is() -> None:
    with pytest.raises(
        ValueError, match=r"No profile 'coremial'. Did you mean 'coremail'.*: aliyun, coremail, .*standard"
    ):
        MailServer(profile="coremial")


def test_every_file_of_a_family_is_one_profile() -> None:
    files = [found.name for found in pkgutil.iter_modules(families.__path__)]

    assert len(profiles()) == len(files) + 1
    assert {name.replace("-", "_") for name in profiles()} == {*files, "standard"}
