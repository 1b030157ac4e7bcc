"""With its preset every provider's mailbox works; without the one remedy for a quirk something is not right."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from flask_mailbox.devserver import MailServer
from flask_mailbox.providers import Provider, Quirks, shipped

from .journey import WELL, Account, Journey, preset_without, travel

ACCOUNTS = {
    "coremail": Account("163", "me@163.com"),
    "qqmail": Account("qq", "10001@qq.com"),
    "gmail": Account("gmail", "me@gmail.com"),
    "exchange": Account("outlook", "me@outlook.com", token="an-access-token"),
}
PROVIDERS = [provider for provider in shipped().all() if provider.family in ACCOUNTS and provider.status == "ok"]
REMEDIES = [
    ("coremail", "requires_imap_id", {"complaints"}),
    ("coremail", "sasl_ir_broken", {"complaints"}),
    ("coremail", "search_text", {"found"}),
    ("coremail", "from_must_match_login", {"sent", "copies"}),
    ("qqmail", "search_text", {"found", "found_among_unread"}),
    ("qqmail", "from_must_match_login", {"sent", "copies"}),
    ("gmail", "expunge_archives", {"left_of_the_deleted"}),
    ("gmail", "pop_recent_prefix", {"listed_again"}),
    ("exchange", "sent_copy", {"copies"}),
    ("exchange", "search_text", {"complaints"}),
]
"""Family, quirk, and what is not right without the remedy."""


@pytest.fixture(scope="module", params=ACCOUNTS)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(family: str) -> Iterator[MailServer]:
    with ACCOUNTS[family].server() as running:
        yield running


def test_provider_address_and_credential_are_all_it_takes(family: str, server: MailServer) -> None:
    account = ACCOUNTS[family]

    assert travel(account, server, account.config(server)) == WELL


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_so_it_is_with_every_provider_of_these_families(provider: Provider) -> None:
    domain = provider.domains[0] if provider.domains else "example.org"
    token = "an-access-token" if provider.family == "exchange" else None
    account = Account(provider.id, f"me@{domain}", token=token)
    with account.server() as server:
        assert travel(account, server, account.config(server)) == WELL


def test_without_the_remedy_for_its_quirk_the_journey_is_not_well(family: str, server: MailServer) -> None:
    account = ACCOUNTS[family]
    for quirk, symptoms in [(quirk, symptoms) for name, quirk, symptoms in REMEDIES if name == family]:
        config = account.config(server, "own") | {"MAILBOX_PROVIDERS": {"own": preset_without(account, quirk)}}
        seen = travel(account, server, config)

        assert _differences(seen) == symptoms, f"without {quirk}: {seen}"


def test_every_quirk_of_these_families_that_a_journey_can_see_has_its_remedy_tested() -> None:
    # What the server offers decides, whatever the preset says; and a copy that Gmail has filed is found there.
    adaptive = {"idle", "move", "uidplus", "special_use", "sent_copy"}
    standard = dataclasses.asdict(Quirks())
    for family, account in ACCOUNTS.items():
        quirks = dataclasses.asdict(shipped().get(account.provider).quirks)
        flags = {name for name, value in quirks.items() if value not in (standard[name], "ok", "account_setting")}

        assert flags - adaptive == {quirk for name, quirk, _ in REMEDIES if name == family} - adaptive


def _differences(seen: Journey) -> set[str]:
    return {field.name for field in dataclasses.fields(seen) if getattr(seen, field.name) != getattr(WELL, field.name)}
