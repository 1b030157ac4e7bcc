"""A refresh token becomes an access token (RFC 6749, 6); the protocol's rules are Authlib's (extra ``oauth``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ..account import Account, RefreshGrant
from ..errors import AuthenticationError, BusyError, ConfigurationError, ProtocolError, ServiceError, UnsafeValueError
from ..guard import one_line
from ..net.http import Answer
from ..providers import advise
from .post import post, token_endpoint

USUAL_LIFETIME = 600.0
"""Seconds that a token is taken to live if the server does not say; one that dies earlier is renewed when refused."""

TRANSIENT_STATUSES = {408, 425, 429}
TRANSIENT_CODES = {"temporarily_unavailable", "server_error", "slow_down"}
LONGEST_LIFETIME = 366 * 86_400.0


@dataclass(frozen=True, slots=True, repr=False)
class Granted:
    """What a token server handed out.

    :param lifetime: Seconds that the access token lives.
    :param refresh_token: A new refresh token that stands for the old one from now on, or ``None``.
    """

    access_token: str
    lifetime: float
    refresh_token: str | None


def fetch_token(account: Account, grant: RefreshGrant, refresh_token: str) -> Granted:
    """Ask the token server for an access token.

    :raises AuthenticationError: If it refuses the consent (``consent_required``), the app (``client_refused``) or
        what was asked for; asking again does not help.
    :raises ServiceError: With ``transient`` if it cannot be reached, fails or asks to wait.
    :raises ConfigurationError: If the extra is not installed.
    """
    try:
        from authlib.oauth2 import OAuth2Client
    except ImportError as error:
        raise ConfigurationError(
            "Refresh tokens need Authlib. Install the extra: pip install 'flask-mailbox[oauth]'"
        ) from error
    client_secret = grant.client_secret.reveal() if grant.client_secret else ""
    client = OAuth2Client(
        _Session(account, hidden=(client_secret, refresh_token)),
        client_id=grant.client_id,
        client_secret=client_secret or None,
        token_endpoint_auth_method=f"client_secret_{grant.client_auth}" if client_secret else "none",
        scope=grant.scope or None,
    )
    try:
        said = client.refresh_token(grant.token_url, refresh_token=refresh_token)
    except UnicodeEncodeError:
        # the exception carries the text
        raise UnsafeValueError("The refresh token or the client secret contains what no form can carry.") from None
    return _granted(account, grant.token_url, said, used=refresh_token)


class _Session:
    """What Authlib's client asks of an HTTP session; refusals and nonsense end here, as errors of our tree.

    :param hidden: Secrets that no error shows, even if the server quotes them.
    """

    def __init__(self, account: Account, *, hidden: tuple[str, ...]) -> None:
        self._account = account
        self._hidden = tuple(filter(None, hidden))

    def post(self, url: str, data: Mapping[str, str], headers: dict[str, str], auth: Any) -> _Said:
        """Send the form, with the client's proof as ``auth`` adds it, and return an answer that Authlib can read."""
        url, headers, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        answer = post(self._account, url, body.encode(), headers)
        said = _object(self._account, url, answer)
        if "error" in said:
            raise _refused(self._account, url, self._shown(said["error"]), self._shown(said.get("error_description")))
        # Authlib stumbles over times that are no numbers
        return _Said(answer.status, {**said, "expires_in": int(_lifetime(said.get("expires_in"))), "expires_at": None})

    def _shown(self, words: object) -> str:
        """Return what the server said as a line that an error may show."""
        text = words if isinstance(words, str) else ""
        for secret in self._hidden:
            text = text.replace(secret, "***")
        return one_line(text)


@dataclass(frozen=True, slots=True, repr=False)
class _Said:
    status_code: int
    content: dict[str, Any]

    def json(self) -> dict[str, Any]:
        return self.content


def _object(account: Account, url: str, answer: Answer) -> dict[str, Any]:
    """Return the JSON object of an answer; one that is none, or that speaks of a failing server, is an error."""
    if answer.status >= 500 or answer.status in TRANSIENT_STATUSES:
        text = f"The token server answered with status {answer.status}."
        category = "rate_limited" if answer.status == 429 else "temporary"
        raise _busy(account, url, text, code=str(answer.status), category=category, hint="Try again later.")
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if answer.status == 401 and not (isinstance(said, dict) and "error" in said):
        return {"error": "invalid_client"}
    if not isinstance(said, dict) or (answer.status != 200 and "error" not in said):
        text = f"The token server answered with status {answer.status} and no token."
        hint = "Check 'token_url' of OAUTH2: it must be the token endpoint itself, redirects are not followed."
        raise _error(account, url, ProtocolError, text, category="token_url", hint=hint)
    return said


def _granted(account: Account, url: str, said: Mapping[str, Any], *, used: str) -> Granted:
    token, kind, new = said.get("access_token"), said.get("token_type", "Bearer"), said.get("refresh_token")
    if not _is_token(token) or not isinstance(kind, str) or kind.lower() != "bearer":
        raise _error(account, url, ProtocolError, "The token server's answer holds no bearer token.")
    return Granted(str(token), said["expires_in"], str(new) if _is_token(new) and new != used else None)


def _is_token(value: object) -> bool:
    """Say whether a value can be a token (RFC 6749, A.12 and A.17)."""
    return isinstance(value, str) and value != "" and value.isascii() and value.isprintable()


def _lifetime(value: object) -> float:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return USUAL_LIFETIME
    return seconds if 0 <= seconds < LONGEST_LIFETIME else USUAL_LIFETIME


def _refused(account: Account, url: str, code: str, description: str) -> ServiceError:
    """Return the error for a refusal, by the code of RFC 6749, 5.2, and by what providers add in words."""
    words = ": ".join(filter(None, (code, description))) or "it gave no reason"
    advice = advise("oauth", words, provider=account.provider)
    if code in TRANSIENT_CODES or (advice and advice.transient):
        text = f"The token server asks to try later: {words}"
        return _busy(account, url, text, code=code, category="temporary", hint="Try again later.")
    return _error(
        account,
        url,
        AuthenticationError,
        f"The token server refused: {words}",
        code=code,
        server_text=words,
        category=advice.category if advice else "token_refused",
        hint=advice.hint if advice else "Look the code up in the provider's documentation of OAuth2.",
    )


def _busy(account: Account, url: str, text: str, **details: Any) -> ServiceError:
    return _error(account, url, BusyError, text, command="token", **details)


def _error(account: Account, url: str, kind: type[ServiceError], text: str, **details: Any) -> ServiceError:
    endpoint = token_endpoint(url)
    return kind(text, account=account.name, protocol=str(endpoint.protocol), host=endpoint.where, **details)
