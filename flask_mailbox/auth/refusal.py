"""A refused sign-in, told with what the user can do about it."""

from __future__ import annotations

from ..errors import AuthenticationError, BusyError, ServiceError
from ..guard import one_line
from ..net.stream import Stream
from ..providers import Advice, advise

PASSWORD_CATEGORIES = {"bad_credentials", "app_password_required", "oauth_required"}
"""What a server's words mean where a password was sent; after an access token they mean the token."""


def decode_server_text(raw: bytes) -> str:
    """Return a server's words as one line of text: UTF-8, else GB18030, never an exception."""
    try:
        return one_line(raw.decode())
    except UnicodeDecodeError:
        return one_line(raw.decode("gb18030", "replace"))


def refused_login(stream: Stream, text: str, *, code: str = "", transient: bool = False) -> ServiceError:
    """Return the error for a sign-in that the server refused with ``text``.

    :param text: The server's words, decoded.
    :param code: The reply or response code.
    :param transient: Whether the server itself said that it is a matter of time (a 4yz reply, IN-USE).
    """
    account, endpoint = stream.account, stream.endpoint
    advice = advise(endpoint.protocol, text, provider=account.provider)
    if advice is None or advice.category in PASSWORD_CATEGORIES:
        advice = _about_the_kind(stream, later=advice is not None and advice.transient) or advice
    transient = transient or (advice is not None and advice.transient)
    details = {
        "code": code,
        "server_text": text,
        "transient": transient,
        "category": advice.category if advice else ("temporary" if transient else "bad_credentials"),
        "hint": advice.hint if advice else _general_hint(stream),
    }
    if transient:
        return stream.error(BusyError, f"The server asks to sign in later: {text}", command="login", **details)
    return stream.error(AuthenticationError, f"The server refused the sign-in: {text}", **details)


def no_mechanism(stream: Stream, offered: object) -> AuthenticationError:
    """Return the error for a server that offers no way to sign in with this kind of credential."""
    kind = "an access token" if _has_token(stream) else "a password"
    return stream.error(
        AuthenticationError,
        f"The server offers no sign-in with {kind} (it offers: {', '.join(sorted(map(str, offered))) or 'none'}).",  # type: ignore[call-overload]
        hint="Use the kind of credential that the provider accepts.",
        category="mechanism_missing" if _has_token(stream) else "oauth_required",
    )


def _has_token(stream: Stream) -> bool:
    credential = stream.account.credential
    return credential is not None and credential.kind == "oauth2"


def _about_the_kind(stream: Stream, *, later: bool) -> Advice | None:
    """Return what a refusal means where it says nothing of the kind of credential that was sent.

    :param later: Whether the same may work later.
    """
    if _has_token(stream):
        return Advice("token_refused", _token_hint(stream), later, "no")
    provider = stream.account.provider
    if provider is not None and provider.takes_tokens_only:
        hint = f"{provider.name} takes an OAuth2 token only: set OAUTH2 instead of PASSWORD. {provider.help}"
        return Advice("oauth_required", hint.strip(), later, "no")
    return None


def _token_hint(stream: Stream) -> str:
    credential = stream.account.credential_for(stream.endpoint.protocol)
    username = credential.username if credential else ""
    return (
        f"Check that '{username}' is who agreed, that {stream.endpoint.protocol.upper()} is switched on for the "
        f"mailbox, and that the scope covers it."
    )


def _general_hint(stream: Stream) -> str:
    provider = stream.account.provider
    if provider is not None and provider.credential_name:
        return f"{provider.name} wants {provider.credential_name} here. {provider.help}".strip()
    return "Check the user name and the password."
