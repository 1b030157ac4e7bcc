"""OAuth profiles: where a provider hands out access tokens, as its data file says."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib.resources import files

from ..errors import ConfigurationError

TENANT = "{tenant}"


@dataclass(frozen=True, slots=True)
class OAuthProfile:
    """How to renew access tokens at one provider.

    :param id: Its name, such as ``google`` or ``microsoft``.
    :param token_endpoint: Where; it may contain ``{tenant}``.
    :param tenant: What stands for ``{tenant}`` where none is configured; empty if the provider has no tenants.
    """

    id: str
    token_endpoint: str
    tenant: str = ""

    def token_url(self, tenant: str = "") -> str:
        """Return the token endpoint for a tenant, or for the usual one."""
        return self.token_endpoint.replace(TENANT, tenant or self.tenant)


def oauth_profile(name: str) -> OAuthProfile:
    """Return a profile by its name.

    :raises ConfigurationError: If there is none; it names those that are there.
    """
    found = oauth_profiles().get(name.strip().lower())
    if found is None:
        raise ConfigurationError(f"No OAuth profile '{name}'; there are: {', '.join(oauth_profiles())}.")
    return found


@functools.cache
def oauth_profiles() -> dict[str, OAuthProfile]:
    """Return every profile by its name, read once a process."""
    folder = files(__package__) / "data" / "oauth"
    texts = (file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".toml"))
    profiles = (_profile(text) for text in texts)
    return {profile.id: profile for profile in sorted(profiles, key=lambda profile: profile.id)}


def _profile(text: str) -> OAuthProfile:
    data = tomllib.loads(text)
    return OAuthProfile(data["id"], data["token_endpoint"], data.get("tenant_default", ""))
