"""``OAUTH2`` as it stands in a configuration: an access token, or what access tokens are fetched with."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError

from ..account import RefreshGrant, Secret
from ..errors import ConfigurationError
from ..providers import Provider, oauth_profile, oauth_profiles
from .coercion import SecretText, shown

GRANT_KEYS = (
    "profile",
    "tenant",
    "token_url",
    "client_id",
    "client_secret",
    "client_auth",
    "refresh_token",
    "scope",
    "on_refresh_token",
)
CLIENT_AUTH = ("post", "basic")
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, repr=False)
class GrantKeys:
    """The keys of a refresh grant, validated; the token URL may still have to come from the provider."""

    grant: RefreshGrant
    profile: str = ""
    tenant: str = ""

    def resolve(self, provider: Provider | None) -> RefreshGrant:
        """Return the grant with its token URL.

        :param provider: Whose profile counts where none is named.
        :raises ConfigurationError: If nothing says where tokens are handed out.
        """
        if self.grant.token_url:
            return self.grant
        name = self.profile or (provider.oauth_profile if provider else "")
        if not name:
            known = ", ".join(oauth_profiles())
            raise ConfigurationError(f"needs 'token_url', or 'profile' with one of: {known}.")
        return replace(self.grant, token_url=oauth_profile(name).token_url(self.tenant))


class OAuth2Field(SecretText):
    """A token, a callable that returns one, or a mapping of ``GRANT_KEYS``; never shown."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, Mapping):
            return _Reader({str(key).lower(): each for key, each in value.items()}).read()
        return super()._deserialize(value, attr, data, **kwargs)


class _Reader:
    """Reads one mapping and notes every mistake in it, each worded to follow the name of the key ``OAUTH2``."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {key: value for key, value in values.items() if value is not None and value != ""}
        self._problems: list[str] = []

    def read(self) -> GrantKeys:
        self._check_keys()
        profile, tenant = self._text("profile"), self._tenant()
        if profile and profile.lower() not in oauth_profiles():
            self._problems.append(f"has the profile '{profile}', and takes one of: {', '.join(oauth_profiles())}.")
        client_secret, refresh_token = self._secret("client_secret"), self._secret("refresh_token")
        grant = RefreshGrant(
            token_url=self._token_url(),
            client_id=self._text("client_id"),
            client_secret=client_secret,
            refresh_token=refresh_token or Secret(""),
            scope=self._scope(),
            client_auth=self._client_auth(),
            on_refresh_token=self._hook(),
        )
        if self._problems:
            raise ValidationError(" ".join(self._problems))
        return GrantKeys(grant, profile, tenant)

    def _check_keys(self) -> None:
        unknown = sorted(set(self._values) - set(GRANT_KEYS))
        if unknown:
            self._problems.append(f"has the unknown key '{unknown[0][:40]}'; it takes {', '.join(GRANT_KEYS)}.")
        missing = [key for key in ("client_id", "refresh_token") if key not in self._values]
        if missing:
            self._problems.append(f"lacks {' and '.join(map(repr, missing))}.")

    def _text(self, key: str) -> str:
        value = self._values.get(key, "")
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            self._problems.append(f"takes a text of printable ASCII as '{key}'.")
            return ""
        return value.strip()

    def _tenant(self) -> str:
        tenant = self._text("tenant")
        if tenant and not _TENANT.fullmatch(tenant):
            self._problems.append("takes a tenant's id or domain as 'tenant'.")
        return tenant

    def _secret(self, key: str) -> Secret | None:
        value = self._values.get(key)
        if value is None:
            return None
        try:
            return Secret(SecretText().deserialize(value))
        except ValidationError as error:
            self._problems.append(f"has a '{key}' that {' '.join(map(str, error.messages))}")
            return None

    def _token_url(self) -> str:
        url = self._text("token_url")
        problem = _url_problem(url) if url else ""
        if problem:
            self._problems.append(f"has a 'token_url' that {problem}.")
        return url

    def _scope(self) -> str:
        value = self._values.get("scope", "")
        words = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(word, str) and word.isascii() and word.isprintable() for word in words):
            self._problems.append("takes a text with blanks, or a list of texts, as 'scope'.")
            return ""
        return " ".join(words).strip()

    def _client_auth(self) -> str:
        value = self._values.get("client_auth", "post")
        if value not in CLIENT_AUTH:
            self._problems.append(f"has the client_auth {shown(value)}, and takes 'post' or 'basic'.")
        return str(value)

    def _hook(self) -> Callable[[str], object] | None:
        hook = self._values.get("on_refresh_token")
        if hook is not None and not callable(hook):
            self._problems.append("takes a callable as 'on_refresh_token'.")
            return None
        return hook


def _url_problem(url: str) -> str:
    """Return what speaks against a token endpoint: it gets the refresh token, so only TLS or this machine will do."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is no URL"
    if not host or port == 0 or " " in url or "\\" in url:
        return "is no URL of a server"
    if "@" in parts.netloc or parts.fragment:
        return "contains user information or a fragment: leave it out"
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        return "is not https, and would show the refresh token to the network: only this machine may do without"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
