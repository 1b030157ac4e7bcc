"""What a server's words mean and what to do about them: the error table, read once from data."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib.resources import files

from .hints import hint_for
from .provider import Provider

_TRANSIENT = {"later", "hours", "next_day", "421/450/451 later, 554 no", "454 later, 554 no"}


@dataclass(frozen=True, slots=True)
class Advice:
    """What a server's words mean.

    :param category: A stable name of the cause, such as ``app_password_required``.
    :param hint: What to do about it.
    :param transient: Whether the same may work later.
    :param retry: What the client may do by itself, in the table's words.
    """

    category: str
    hint: str
    transient: bool
    retry: str


@dataclass(frozen=True, slots=True)
class _Pattern:
    protocol: str
    match: tuple[str, ...]
    family: str
    category: str
    retry: str
    meaning: str


def advise(protocol: str, text: str, *, provider: Provider | None = None, family: str | None = None) -> Advice | None:
    """Return what a server's words mean, or ``None`` if the table does not know them.

    :param protocol: ``smtp``, ``imap`` or ``pop3``.
    :param text: The server's words, reply or response code included.
    :param provider: Whose server it is; its own family's texts are looked at first, then everybody's.
    :param family: The family, if no provider is known.
    """
    own = provider.family if provider else family
    lowered = text.lower()
    for scope in filter(None, (own, "any")):
        for pattern in _patterns():
            if pattern.family == scope and _speaks(pattern, protocol) and _matches(pattern, lowered):
                return _advice(pattern, lowered, provider)
    return None


def _speaks(pattern: _Pattern, protocol: str) -> bool:
    return pattern.protocol in ("any", str(protocol))


def _matches(pattern: _Pattern, lowered: str) -> bool:
    return any(text in lowered for text in pattern.match)


def _advice(pattern: _Pattern, lowered: str, provider: Provider | None) -> Advice:
    transient = pattern.retry in _TRANSIENT and not ("554 no" in pattern.retry and lowered.startswith("5"))
    hint = hint_for(pattern.category, provider=provider) or pattern.meaning
    return Advice(pattern.category, hint, transient, pattern.retry)


@functools.cache
def _patterns() -> tuple[_Pattern, ...]:
    table = tomllib.loads((files(__package__) / "data" / "errors.toml").read_text("utf-8"))
    return tuple(
        _Pattern(
            each["protocol"],
            tuple(text.lower() for text in each["match"]),
            each["family"],
            each["category"],
            each["retry"],
            each["meaning"],
        )
        for each in table.values()
    )
