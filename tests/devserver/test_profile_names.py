"""Profiles are found by every name that a provider has in the catalogue, and by the family's own."""

from __future__ import annotations

import pkgutil

import pytest

from flask_mailbox.devserver import MailServer
from flask_mailbox.devserver.profiles import STANDARD, families, profile_for, profiles


@pytest.mark.parametrize("name", ["coremail", "163", "netease-163", "163.com", "Yeah", " 126 "])
def test_a_provider_and_its_family_are_the_same_profile(name: str) -> None:
    assert MailServer(profile=name).profile.name == "coremail"


@pytest.mark.parametrize("name", [None, "standard", "fastmail"])
def test_a_provider_of_no_special_family_runs_the_standard_server(name: str | None) -> None:
    assert profile_for(name) is STANDARD


def test_an_unknown_name_is_told_with_what_is_near_and_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"No profile 'coremial'. Did you mean 'coremail'.*: coremail, .*standard"):
        MailServer(profile="coremial")


def test_every_file_of_a_family_is_one_profile() -> None:
    files = [found.name for found in pkgutil.iter_modules(families.__path__)]

    assert len(profiles()) == len(files) + 1
    assert {name.replace("-", "_") for name in profiles()} == {*files, "standard"}
