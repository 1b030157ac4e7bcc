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


@pytest.mark.parametrize(
    ("name", "credential"),
    [
        ("163", "客户端授权码"),
        ("qq", "授权码"),
        ("139", "授权码"),
        ("exmail", "客户端专用密码"),
        ("aliyun-qiye", "三方客户端安全密码"),
        ("189", "专用密码"),
        ("sohu", "独立密码"),
        ("icloud", " App 专用密码"),
        ("yahoo", "应用密码"),
        ("mailru", "外部应用密码"),
    ],
)
def test_a_chinese_hint_names_the_credential_as_the_provider_does(name: str, credential: str) -> None:
    provider = shipped().get(name)

    hint = hint_for("app_password_required", provider=provider, language="zh")

    assert f"{provider.name} 在这里要的是{credential}，不是登录密码。{provider.help_zh}" == hint.strip()


def test_a_preset_without_chinese_words_is_quoted_in_its_own() -> None:
    own = {"smtp": [{"host": "smtp.campus.example", "port": 465, "security": "tls"}]}
    words = {
        "auth": {"methods": ["app_password"], "credential_name": "device password"},
        "help": {"en": "See Devices."},
    }
    provider = shipped().with_own({"campus": own | words}).get("campus")

    hint = hint_for("app_password_required", provider=provider, language="zh")

    assert "要的是 device password" in hint
    assert hint.endswith("See Devices.")


def test_a_quota_that_is_used_up_is_told_with_the_providers_number() -> None:
    gmail, netease = shipped().get("gmail"), shipped().get("163")

    assert hint_for("quota", provider=gmail).endswith("Gmail takes about 500 messages a day.")
    assert hint_for("quota", provider=gmail, language="zh").endswith("Gmail 每天大约只能发 500 封邮件。")
    assert hint_for("quota", provider=netease).endswith("free space in the mailbox.")


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
