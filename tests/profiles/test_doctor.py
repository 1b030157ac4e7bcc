"""``flask mailbox doctor`` tells a user of each provider what a friend who knows that provider would say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from flask_mailbox import Mailbox
from flask_mailbox.cli import mailbox_cli
from flask_mailbox.devserver import MailServer
from flask_mailbox.providers import shipped

from .journey import Account
from .mistakes import MISTAKES, OLD_TOKEN, OTHER_SENDER, Mistake
from .test_journey import ACCOUNTS

LANGUAGES = ("en", "zh")


@pytest.mark.parametrize("name", MISTAKES)
def test_the_doctor_says_what_to_do_about_a_typical_mistake(name: str) -> None:
    mistake = MISTAKES[name]
    with mistake.account.server() as server:
        results = [doctor(server, mistake, "--send", "--json", "--language", each) for each in LANGUAGES]

    for place, result in enumerate(results):
        failed = [step for step in json.loads(result.output)["steps"] if step["ok"] is False]
        assert result.exit_code == 1
        assert {step["leg"] for step in failed} == set(mistake.legs)
        assert {step["category"] for step in failed} == set(mistake.says)
        for step in failed:
            assert mistake.says[step["category"]][place] in step["hint"]
        assert "the-password-of-the-web" not in result.output


def test_every_family_has_its_typical_mistake() -> None:
    assert {mistake.family for mistake in MISTAKES.values()} == set(ACCOUNTS)


@pytest.mark.parametrize("family", ["gmail", "exchange"])
def test_a_token_that_is_refused_is_told_with_who_must_have_agreed(family: str) -> None:
    account = ACCOUNTS[family]
    with account.server() as server:
        result = doctor(server, Mistake(family, (), {}, OLD_TOKEN), "--json")
    failed = [step for step in json.loads(result.output)["steps"] if step["ok"] is False]

    assert {step["leg"] for step in failed} == {"smtp", "imap", "pop3"}
    assert {step["category"] for step in failed} == {"token_refused"}
    assert all(f"Check that '{account.address}' is who agreed" in step["hint"] for step in failed)
    assert "an-old-token" not in result.output


def test_the_advice_is_printed_under_the_step_that_failed_with_the_servers_own_words() -> None:
    mistake = MISTAKES["qq: login password"]
    with mistake.account.server() as server:
        lines = doctor(server, mistake, "--language", "en").output.splitlines()
    refusal = next(number for number, line in enumerate(lines) if line.startswith("✗ pop3 login"))

    assert "登录失败，请使用授权码登录" in lines[refusal]
    assert lines[refusal + 1].strip().startswith("to do: QQ Mail refused")
    assert "create an authorization code and use it as password" in lines[refusal + 1]


def test_the_address_that_gmail_wants_to_be_opened_is_shown() -> None:
    mistake = MISTAKES["gmail: never seen in a browser"]
    with mistake.account.server() as server:
        output = doctor(server, mistake).output

    assert "[WEBALERT https://accounts.google.com/signin/continue]" in output


@pytest.mark.parametrize("family", ["coremail", "qqmail"])
def test_another_sender_is_no_mistake_where_sending_minds_the_return_path(family: str) -> None:
    assert _is_well(family, OTHER_SENDER)


@pytest.mark.parametrize("family", ACCOUNTS)
def test_a_user_who_does_everything_right_is_told_so(family: str) -> None:
    assert _is_well(family, {})


def _is_well(family: str, config: Mapping[str, Any]) -> bool:
    with ACCOUNTS[family].server() as server:
        return doctor(server, Mistake(family, (), {}, config), "--send").output.endswith("All is well.\n")


def doctor(server: MailServer, mistake: Mistake, *arguments: str) -> Result:
    """Run the doctor for an app whose user made a mistake, as if nobody had asked the server before."""
    server.reset()
    if mistake.trouble:
        server.set_trouble(mistake.account.address, mistake.trouble)
    for protocol, fault in mistake.faults.items():
        server.faults.set(protocol, **fault)
    host = Flask("host")
    host.config.update(_config(server, mistake.account, mistake.config), MAILBOX_OPERATION_TIMEOUT=4)
    mailbox = Mailbox(host)
    try:
        with host.app_context():
            return CliRunner().invoke(mailbox_cli, ["doctor", *arguments], obj=None)
    finally:
        with host.app_context():
            mailbox.state.pool.close()


def _config(server: MailServer, account: Account, other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the app was told: no POP3 where the provider has none, and either a password or a token."""
    config = account.config(server) | other
    if not shipped().get(account.provider).pop3:
        config["MAILBOX_POP3"] = False
    if config.get("MAILBOX_OAUTH2"):
        config.pop("MAILBOX_PASSWORD", None)
    return {key: value for key, value in config.items() if value is not None}
