"""With its preset every provider's mailbox works; without the one remedy for a quirk something is not right."""

from __future__ import annotations

import dataclasses

import pytest

from flask_mailbox.devserver.profiles import profile_for
from flask_mailbox.providers import Provider, Quirks, shipped

from .journey import WELL, Account, Journey, preset_without, travel

ACCOUNTS = {
    "coremail": Account("163", "me@163.com"),
    "qqmail": Account("qq", "10001@qq.com"),
    "exmail": Account("exmail", "me@exmail.qq.com"),
    "gmail": Account("gmail", "me@gmail.com"),
    "exchange": Account("outlook", "me@outlook.com", token="an-access-token"),
    "icloud": Account("icloud", "me@icloud.com"),
    "yahoo": Account("yahoo", "me@yahoo.com"),
    "yahoo-jp": Account("yahoo-jp", "me@yahoo.co.jp"),
    "yandex": Account("yandex", "me@yandex.ru"),
    "mailru": Account("mailru", "me@mail.ru"),
    "zoho": Account("zoho", "me@zoho.com"),
    "naver": Account("naver", "me@naver.com"),
    "seznam": Account("seznam", "me@seznam.cz"),
    "aliyun": Account("aliyun", "me@aliyun.com"),
    "lark": Account("lark", "me@example.com"),
    "nemesis": Account("gmx", "me@gmx.net"),
    "rambler": Account("rambler", "me@rambler.ru"),
    "mail-de": Account("mail.de", "me@mail.de"),
    "proton-bridge": Account("proton", "me@proton.me"),
    "dovecot": Account("own-domain", "me@example.org", family="dovecot"),
    "courier": Account("own-domain", "me@example.org", family="courier"),
    "cyrus": Account("own-domain", "me@example.org", family="cyrus"),
}
PROVIDERS = [
    provider
    for provider in shipped().all()
    if provider.imap and profile_for(provider.id).name != "standard"
    if provider not in [shipped().get(account.provider) for account in ACCOUNTS.values()]
]
REMEDIES = [
    ("coremail", "requires_imap_id", {"complaints"}),
    ("coremail", "sasl_ir_broken", {"complaints"}),
    ("coremail", "search_text", {"found"}),
    ("coremail", "from_must_match_login", {"sent", "copies"}),
    ("qqmail", "search_text", {"found", "found_among_unread", "found_by_id", "found_by_header"}),
    ("qqmail", "from_must_match_login", {"sent", "copies"}),
    ("exmail", "search_text", {"found", "found_among_unread", "found_by_id", "found_by_header"}),
    ("exmail", "from_must_match_login", {"sent", "copies"}),
    ("gmail", "expunge_archives", {"left_of_the_deleted"}),
    ("gmail", "pop_recent_prefix", {"listed_again"}),
    ("exchange", "sent_copy", {"copies"}),
    ("exchange", "search_text", {"complaints"}),
    ("exchange", "pop_token_at_once", {"listed_again"}),
    ("icloud", "from_must_match_login", {"sent", "copies"}),
    ("icloud", "search_text", {"found_by_header", "complaints"}),
    ("yahoo-jp", "move", {"complaints"}),
    ("yahoo-jp", "search_text", {"found_by_id"}),
    ("yandex", "from_must_match_login", {"sent", "copies"}),
    ("mailru", "from_must_match_login", {"sent", "copies"}),
    ("seznam", "search_text", {"found_by_header"}),
    ("aliyun", "search_text", {"found", "found_among_unread", "found_by_id", "found_by_header"}),
    ("aliyun", "from_must_match_login", {"sent", "copies"}),
]
"""Family, quirk, and what is not right without the remedy."""

ADAPTIVE = {
    "idle",  # by what the server offers; a server that offers it and does it badly: test_watching
    "uidplus",  # by what the server offers: test_own_presets
    "special_use",  # by what LIST and XLIST tell, else by name: test_peers
    "noop_refreshes",  # folders are always opened anew: test_peers
    "id_before_login_rejected",  # nobody is told who we are before the sign-in: test_peers
    "idle_seconds",  # test_watching
    "sent_copy",  # of Gmail's: test_late_copies
}
"""Quirks that a journey cannot see, and where they are seen."""

EXPECTED = {
    "proton-bridge": dataclasses.replace(WELL, complaints=("BAD Expected a mailbox pattern",)),
}
"""Where a server refuses something in passing, since it offers what it does not do."""


@pytest.mark.parametrize("family", ACCOUNTS)
def test_provider_address_and_credential_are_all_it_takes(family: str) -> None:
    account = ACCOUNTS[family]
    with account.server() as server:
        assert travel(account, server, account.config(server)) == EXPECTED.get(family, WELL)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_so_it_is_with_every_other_provider_of_these_families(provider: Provider) -> None:
    domain = provider.domains[0] if provider.domains else "example.org"
    token = "an-access-token" if provider.family == "exchange" else None
    account = Account(provider.id, f"me@{domain}", token=token)
    with account.server() as server:
        assert travel(account, server, account.config(server)) == EXPECTED.get(provider.family, WELL)


@pytest.mark.parametrize(("family", "quirk", "symptoms"), REMEDIES)
def test_without_the_remedy_for_its_quirk_the_journey_is_not_well(family: str, quirk: str, symptoms: set[str]) -> None:
    account = ACCOUNTS[family]
    with account.server() as server:
        own = {"MAILBOX_PROVIDERS": {"own": preset_without(account, quirk)}}
        seen = travel(account, server, account.config(server, "own") | own)

    assert _differences(seen) == symptoms


def test_every_quirk_of_these_families_that_a_journey_can_see_has_its_remedy_tested() -> None:
    standard = dataclasses.asdict(Quirks())
    for family, account in ACCOUNTS.items():
        quirks = dataclasses.asdict(shipped().get(account.provider).quirks)
        flags = {name for name, value in quirks.items() if value not in (standard[name], "ok", "account_setting")}
        flags -= {name for name in flags if quirks[name] is True and standard[name] is None}  # goes by what is offered
        seen = {quirk for name, quirk, _ in REMEDIES if name == family}
        not_offered = {"move"} & {name.lower() for name in profile_for(account.family or account.provider).imap.lacks}

        assert flags - ADAPTIVE - not_offered == seen - ADAPTIVE, family


def _differences(seen: Journey) -> set[str]:
    return {field.name for field in dataclasses.fields(seen) if getattr(seen, field.name) != getattr(WELL, field.name)}
