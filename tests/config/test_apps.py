"""Apps and their accounts: which one is meant, and what an app without any is told."""

from __future__ import annotations

import pytest
from flask import Flask

from flask_mailbox import Account, ConfigurationError, Mailbox, UsageError

from .apps import ME, app_of, problems, settings

WORK = {"address": "work@163.com", "password": "a"}
HOME = {"address": "home@qq.com", "password": "b"}


def test_an_app_without_configuration_starts_and_says_what_to_set_when_used() -> None:
    host, mailbox = app_of()

    with (
        host.app_context(),
        pytest.raises(ConfigurationError, match=r"No account is configured\. Set MAILBOX_PROVIDER"),
    ):
        mailbox.imap().__enter__()


def test_an_app_may_say_itself_what_to_do_first() -> None:
    host, mailbox = app_of(MAILBOX_SETUP_HINT="Run 'make demo' first.")

    with host.app_context(), pytest.raises(ConfigurationError, match="Run 'make demo' first"):
        _ = mailbox.account


def test_a_wrong_configuration_stops_the_app_at_once() -> None:
    with pytest.raises(ConfigurationError, match="No provider 'gmial'"):
        app_of(MAILBOX_PROVIDER="gmial")


def test_the_keys_of_the_app_are_the_default_account() -> None:
    host, mailbox = app_of(**ME, MAILBOX_ACCOUNTS={"work": WORK})

    with host.app_context():
        assert mailbox.account.name == "default"
        assert mailbox.account.address == "me@example.com"


def test_a_single_named_account_is_the_default_one() -> None:
    assert settings(MAILBOX_ACCOUNTS={"work": WORK}).account(None).name == "work"


def test_of_several_accounts_one_has_to_be_chosen() -> None:
    found = settings(MAILBOX_ACCOUNTS={"work": WORK, "home": HOME})

    with pytest.raises(ConfigurationError, match="Set MAILBOX_DEFAULT_ACCOUNT to one of 'work', 'home'"):
        found.account(None)


def test_the_chosen_account_is_the_default_one() -> None:
    found = settings(**ME, MAILBOX_ACCOUNTS={"work": WORK, "home": HOME}, MAILBOX_DEFAULT_ACCOUNT="home")

    assert found.account(None).address == "home@qq.com"


def test_accounts_are_found_by_name() -> None:
    host, mailbox = app_of(MAILBOX_ACCOUNTS={"work": WORK, "home": HOME})

    with host.app_context():
        assert mailbox["work"].account.address == "work@163.com"
        assert mailbox["home"].account.address == "home@qq.com"


def test_a_misspelt_account_is_answered_with_the_nearest_one() -> None:
    host, mailbox = app_of(MAILBOX_ACCOUNTS={"work": WORK, "home": HOME})

    with host.app_context(), pytest.raises(ConfigurationError, match=r"No account 'wrok'\. Did you mean 'work'\?"):
        _ = mailbox["wrok"]


def test_one_mailbox_serves_several_apps() -> None:
    mailbox = Mailbox()
    apps = []
    for address in ("one@163.com", "two@qq.com"):
        host = Flask(address)
        host.config.update(MAILBOX_ADDRESS=address, MAILBOX_PASSWORD="x")
        mailbox.init_app(host)
        apps.append(host)

    seen = []
    for host in (*apps, apps[0]):
        with host.app_context():
            seen.append(mailbox.account.address)

    assert seen == ["one@163.com", "two@qq.com", "one@163.com"]


def test_an_app_factory_makes_apps_that_share_nothing() -> None:
    first, _ = app_of(**ME)
    second, _ = app_of(**ME)

    assert first.extensions["mailbox"].pool is not second.extensions["mailbox"].pool
    assert first.extensions["mailbox"].settings == second.extensions["mailbox"].settings


def test_an_app_that_was_not_given_to_init_app_is_told_so() -> None:
    with Flask("other").app_context(), pytest.raises(UsageError, match=r"call mailbox\.init_app"):
        _ = Mailbox().account


def test_an_account_of_a_form_gets_the_apps_presets_and_defaults() -> None:
    own = {"acme": {"imap": [{"host": "imap.acme.example", "port": 993, "security": "tls"}]}}
    host, mailbox = app_of(MAILBOX_PROVIDERS=own, MAILBOX_POOL_SIZE=1)

    with host.app_context():
        account = mailbox.load_account({"provider": "acme", "address": "me@acme.example", "password": "x"})

    assert isinstance(account, Account)
    assert (str(account.imap), account.pool_size) == ("imaps://imap.acme.example:993", 1)


def test_the_account_loader_decides_in_a_request() -> None:
    host, mailbox = app_of(MAILBOX_ACCOUNTS={"work": WORK, "home": HOME}, MAILBOX_DEFAULT_ACCOUNT="home")
    mailbox.account_loader(lambda: "work")

    with host.test_request_context():
        assert mailbox.account.name == "work"
    with host.app_context():
        assert mailbox.account.name == "home"


def test_mistakes_of_the_default_account_do_not_hide_those_of_others() -> None:
    found = problems(MAILBOX_PROVIDER="gmial", MAILBOX_ACCOUNTS={"work": {"provider": "outlok"}})

    assert ["Did you mean 'gmail'" in found[0], "Did you mean 'outlook'" in found[1]] == [True, True]
