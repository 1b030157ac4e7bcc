"""What to do about a failure is said in English and in Chinese, with the provider's own words."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from flask_mailbox.devserver import MailServer
from flask_mailbox.providers import hint_for, shipped

from ..apps import mailbox_app
from ..cli.test_commands import flask_command

DATA = files("flask_mailbox.providers") / "data"
CATEGORIES = tomllib.loads((DATA / "hints.toml").read_text("utf-8"))
KNOWN = {each["category"] for each in tomllib.loads((DATA / "errors.toml").read_text("utf-8")).values()}


def test_every_category_of_the_error_table_has_a_hint_but_mistakes_of_ours() -> None:
    assert KNOWN - set(CATEGORIES) == {"syntax"}


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("name", ["163", "qq", "gmail", "outlook", None])
def test_both_languages_are_complete(category: str, name: str | None) -> None:
    provider = shipped().get(name) if name else None
    english, chinese = (hint_for(category, provider=provider, language=each) for each in ("en-GB", "zh-CN"))

    assert english.isascii() or provider is not None
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese)
    assert not any(mark in english + chinese for mark in "{}")


def test_the_provider_names_the_credential() -> None:
    assert "授权码" in hint_for("bad_credentials", provider=shipped().get("163"), language="zh")
    assert "the client authorization code" in hint_for("bad_credentials", provider=shipped().get("163"))
    assert hint_for("no such category") == hint_for(None) == ""


@pytest.mark.parametrize(("option", "environment", "words"), [("zh", "C", "授权码"), (None, "zh_CN.UTF-8", "授权码"),
                                                               (None, "C", "authorization code")])  # fmt: skip
def test_the_doctor_speaks_the_language_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, option: str | None, environment: str, words: str
) -> None:
    monkeypatch.setenv("LC_ALL", environment)
    with MailServer({"me@163.com": "code"}, profile="163") as server:
        config = server.config("me@163.com") | {"MAILBOX_PROVIDER": "163", "MAILBOX_PASSWORD": "wrong"}
        host, mailbox = mailbox_app(config)
        result = flask_command(host, "doctor", *(("--language", option) if option else ()))
        with host.app_context():
            mailbox.state.pool.close()

    assert "to do: " in result.output
    assert words in result.output
