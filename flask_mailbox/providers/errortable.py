"""What a server's words mean and what to do about them: the error table, read once from data."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib.resources import files

from .provider import Provider

_TRANSIENT = {"later", "hours", "next_day", "421/450/451 later, 554 no", "454 later, 554 no"}

_HINTS = {
    "app_password_required": "{name} wants {credential} here, not the account's password. {help}",
    "bad_credentials": "{name} refused the user name or {credential}. {help}",
    "oauth_required": "{name} takes an OAuth2 token only: set OAUTH2 instead of PASSWORD, or renew the token.",
    "consent_required": "The user has to agree again in the browser: put the new refresh token into OAUTH2.",
    "client_refused": "Check 'client_id' and 'client_secret' of OAUTH2: the app is unknown, or its secret has expired. "
    "If the server wants the secret in a header, set 'client_auth' to 'basic'.",
    "scope_refused": "Leave 'scope' of OAUTH2 out, or ask for no more than the user agreed to.",
    "protocol_disabled": "Switch the protocol on in the mailbox's settings first. {help}",
    "admin_disabled": "The administrator of the domain has to allow this sign-in.",
    "sender_mismatch": "Send from the address that you sign in with: set SENDER to it.",
    "id_required": "The account is under the provider's protection, although we named ourselves. "
    "Sign in on the web once, then replace {credential} by a new one.",
    "rate_limited": "Wait before the next attempt; every further one prolongs the pause.",
    "too_many_connections": "Use fewer connections at once: lower POOL_SIZE, or close other programs.",
    "spam_rejected": "The provider took the message for spam: change its content, or send less at once.",
    "quota": "The quota is used up: wait until tomorrow, or free space in the mailbox.",
    "web_login_required": "Sign in with a browser once; the provider wants to see you there first.",
    "login_required": "Set USERNAME and PASSWORD, or OAUTH2: the server takes mail only from those who sign in.",
    "tls_required": "Use TLS: smtps://, or smtp+starttls:// on port 587.",
    "protocol_mismatch": "Another protocol answers on this port: check host and port.",
    "temporary": "Try again later.",
}


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
    return Advice(pattern.category, _hint(pattern, provider), transient, pattern.retry)


def _hint(pattern: _Pattern, provider: Provider | None) -> str:
    template = _HINTS.get(pattern.category)
    if template is None:
        return pattern.meaning
    credential = provider.credential_name if provider and provider.credential_name else "the app password"
    if pattern.category == "bad_credentials" and (provider is None or provider.takes_password):
        credential = "the password"
    return template.format(
        name=provider.name if provider else "The server",
        credential=credential if credential.startswith("the ") else f"the {credential}",
        help=provider.help if provider else "",
    ).strip()


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
