"""``flask mailbox doctor`` tells a user of each provider what a friend who knows that provider would say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from flask_mailbox import Mailbox
from flask_mailbox.cli import mailbox_cli

from .journey import Account, preset_without

NETEASE = Account("163", "me@163.com")
QQ = Account("qq", "10001@qq.com")
GMAIL = Account("gmail", "me@gmail.com")
OUTLOOK = Account("outlook", "me@outlook.com", token="an-access-token")

ALL = ("smtp", "imap", "pop3")
LOGIN_PASSWORD = {"MAILBOX_PASSWORD": "the-password-of-the-web"}
OTHER_SENDER = {"MAILBOX_SENDER": "sales@example.net"}


def own_preset(account: Account) -> dict[str, Any]:
    """Return the configuration of a user whose own preset does not know that the sender must be the login."""
    presets = {"own": preset_without(account, "from_must_match_login")}
    return OTHER_SENDER | {"MAILBOX_PROVIDER": "own", "MAILBOX_PROVIDERS": presets}


OLD_TOKEN = {"MAILBOX_OAUTH2": "an-old-token"}
LOCKED = {"refuse": {"EXAMINE": "NO EXAMINE Unsafe Login. Please contact kefu@188.com for help"}}
SPAM = {"refuse": {"CONTENT": "554 DT:SPM 163 smtp8"}}


@dataclass(frozen=True)
class Mistake:
    """What a user got wrong, and what the doctor is to say.

    :param legs: The protocols in which it shows; in the others all is well.
    :param says: By category what the advice must mention.
    :param config: What the user configured otherwise.
    :param trouble: The state of the account at the provider.
    :param faults: What a server answers otherwise.
    """

    account: Account
    legs: tuple[str, ...]
    says: Mapping[str, str]
    config: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""
    faults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


CODE_163 = "create a client authorization code and use it instead of the password"
CODE_QQ = "create an authorization code and use it as password"
APP_PASSWORD = "create an app password, or sign in with Google"
SET_SENDER = "Send from the address that you sign in with: set SENDER"
SET_OAUTH2 = "takes an OAuth2 token only: set OAUTH2 instead of PASSWORD"

MISTAKES = {
    "163: login password": Mistake(NETEASE, ALL, {"bad_credentials": CODE_163}, LOGIN_PASSWORD),
    "163: SMTP not switched on": Mistake(
        NETEASE, ("smtp",), {"protocol_disabled": "switch the service on"}, trouble="protocol_disabled"
    ),
    "163: wrong sender": Mistake(NETEASE, ("smtp",), {"sender_mismatch": SET_SENDER}, own_preset(NETEASE)),
    "163: too many attempts": Mistake(
        NETEASE, ("smtp",), {"rate_limited": "Wait before the next attempt"}, trouble="rate_limited"
    ),
    "163: locked account": Mistake(
        NETEASE,
        ("imap",),
        {"id_required": "replace the client authorization code by a new one"},
        faults={"imap": LOCKED},
    ),
    "163: taken for spam": Mistake(NETEASE, ("smtp",), {"spam_rejected": "change its content"}, faults={"smtp": SPAM}),
    "qq: login password": Mistake(
        QQ, ALL, {"app_password_required": CODE_QQ, "bad_credentials": CODE_QQ}, LOGIN_PASSWORD
    ),
    "qq: nothing switched on": Mistake(
        QQ,
        ALL,
        {"app_password_required": "switch IMAP/SMTP (or POP3/SMTP) on", "bad_credentials": "switch IMAP/SMTP"},
        trouble="protocol_disabled",
    ),
    "qq: wrong sender": Mistake(QQ, ("smtp",), {"sender_mismatch": SET_SENDER}, own_preset(QQ)),
    "gmail: login password": Mistake(GMAIL, ALL, {"bad_credentials": APP_PASSWORD}, LOGIN_PASSWORD),
    "gmail: login password with two steps": Mistake(
        GMAIL, ALL, {"app_password_required": APP_PASSWORD}, trouble="app_password_required"
    ),
    "gmail: never seen in a browser": Mistake(
        GMAIL, ALL, {"web_login_required": "Sign in with a browser once"}, trouble="web_login_required"
    ),
    "gmail: IMAP and POP not switched on": Mistake(
        GMAIL, ("imap", "pop3"), {"protocol_disabled": "Switch the protocol on"}, trouble="protocol_disabled"
    ),
    "gmail: too many programs": Mistake(
        GMAIL, ("imap",), {"too_many_connections": "lower POOL_SIZE"}, trouble="too_many_connections"
    ),
    "gmail: old token": Mistake(GMAIL, ALL, {"token_refused": "Check that 'me@gmail.com' is who agreed"}, OLD_TOKEN),
    "outlook: any password": Mistake(
        OUTLOOK, ALL, {"oauth_required": SET_OAUTH2}, LOGIN_PASSWORD | {"MAILBOX_OAUTH2": None}
    ),
    "outlook: old token": Mistake(
        OUTLOOK, ALL, {"token_refused": "Check that 'me@outlook.com' is who agreed"}, OLD_TOKEN
    ),
    "outlook: IMAP not switched on": Mistake(
        OUTLOOK, ("imap",), {"protocol_disabled": "switch IMAP/POP on first"}, trouble="protocol_disabled"
    ),
    "outlook: SMTP not allowed": Mistake(
        OUTLOOK, ("smtp",), {"admin_disabled": "The administrator"}, trouble="admin_disabled"
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_the_doctor_says_what_to_do_about_a_typical_mistake(name: str) -> None:
    mistake = MISTAKES[name]
    result = doctor(mistake, "--send", "--json")
    failed = [step for step in json.loads(result.output)["steps"] if step["ok"] is False]

    assert result.exit_code == 1
    assert {step["leg"] for step in failed} == set(mistake.legs)
    assert {step["category"] for step in failed} == set(mistake.says)
    for step in failed:
        assert mistake.says[step["category"]] in step["hint"]
    assert "the-password-of-the-web" not in result.output
    assert "an-old-token" not in result.output


def test_the_advice_is_printed_under_the_step_that_failed_with_the_servers_own_words() -> None:
    lines = doctor(MISTAKES["qq: login password"]).output.splitlines()
    refusal = next(number for number, line in enumerate(lines) if line.startswith("✗ pop3 login"))

    assert "登录失败，请使用授权码登录" in lines[refusal]
    assert lines[refusal + 1].strip().startswith("to do: QQ Mail wants")
    assert CODE_QQ in lines[refusal + 1]


def test_the_address_that_gmail_wants_to_be_opened_is_shown() -> None:
    output = doctor(MISTAKES["gmail: never seen in a browser"]).output

    assert "[WEBALERT https://accounts.google.com/signin/continue]" in output


@pytest.mark.parametrize("account", [NETEASE, QQ], ids=lambda account: account.provider)
def test_another_sender_is_no_mistake_where_sending_minds_the_return_path(account: Account) -> None:
    result = doctor(Mistake(account, (), {}, OTHER_SENDER), "--send")

    assert result.output.endswith("All is well.\n")


@pytest.mark.parametrize("account", [NETEASE, QQ, GMAIL, OUTLOOK], ids=lambda account: account.provider)
def test_a_user_who_does_everything_right_is_told_so(account: Account) -> None:
    result = doctor(Mistake(account, (), {}), "--send")

    assert result.output.endswith("All is well.\n")


def doctor(mistake: Mistake, *arguments: str) -> Result:
    """Run the doctor for an app whose user made a mistake."""
    with mistake.account.server() as server:
        if mistake.trouble:
            server.set_trouble(mistake.account.address, mistake.trouble)
        for protocol, fault in mistake.faults.items():
            server.faults.set(protocol, **fault)
        config = mistake.account.config(server) | mistake.config
        if config.get("MAILBOX_OAUTH2"):
            config.pop("MAILBOX_PASSWORD", None)
        host = Flask("host")
        host.config.update(
            {key: value for key, value in config.items() if value is not None}, MAILBOX_OPERATION_TIMEOUT=4
        )
        mailbox = Mailbox(host)
        try:
            with host.app_context():
                return CliRunner().invoke(mailbox_cli, ["doctor", *arguments], obj=None)
        finally:
            with host.app_context():
                mailbox.state.pool.close()
