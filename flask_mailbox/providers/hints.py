"""What to do about a failure, by its category: in English or Chinese, with the provider's own name for things."""

from __future__ import annotations

import functools
import tomllib
from importlib.resources import files

from .provider import Provider, is_chinese

_APP_PASSWORD, _PASSWORD = "应用专用密码", "密码"


def hint_for(category: str | None, *, provider: Provider | None = None, language: str = "en") -> str:
    """Return what to do about a failure; empty where nothing can be said in general.

    :param category: Of an error or a step, such as ``app_password_required``.
    :param provider: Whose server it was.
    :param language: ``zh`` (in any region) for Chinese; English for all others.
    """
    texts = _texts().get(category or "")
    if texts is None:
        return ""
    chinese = is_chinese(language)
    own_password = category == "bad_credentials" and (provider is None or provider.takes_password)
    words = _chinese(provider, own_password) if chinese else _english(provider, own_password)
    return texts["zh" if chinese else "en"].format_map(words).strip()


def _english(provider: Provider | None, own_password: bool) -> dict[str, str]:
    credential = provider.credential_name if provider and provider.credential_name else "app password"
    daily = provider.limit("messages_per_day") if provider else None
    return {
        "name": provider.name if provider else "The server",
        "credential": "the password" if own_password else f"the {credential.removeprefix('the ')}",
        "help": provider.help if provider else "",
        "daily": f"{provider.name} takes about {daily} messages a day." if provider and daily else "",
    }


def _chinese(provider: Provider | None, own_password: bool) -> dict[str, str]:
    credential = _PASSWORD if own_password else (provider.credential_in("zh") if provider else "") or _APP_PASSWORD
    daily = provider.limit("messages_per_day") if provider else None
    return {
        "name": f" {provider.name} " if provider else "服务器",
        "credential": f" {credential}" if credential[0].isascii() else credential,
        "help": provider.help_in("zh") if provider else "",
        "daily": f"{provider.name} 每天大约只能发 {daily} 封邮件。" if provider and daily else "",
    }


@functools.cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads((files(__package__) / "data" / "hints.toml").read_text("utf-8"))
