"""Provider presets, OAuth profiles and what servers' error texts mean, as data."""

from .errortable import Advice, advise
from .hints import hint_for
from .oauthprofile import OAuthProfile, oauth_profile, oauth_profiles
from .provider import Limit, Provider, ProviderEndpoint
from .quirks import Quirks
from .registry import Registry, shipped

__all__ = [
    "Advice",
    "Limit",
    "OAuthProfile",
    "Provider",
    "ProviderEndpoint",
    "Quirks",
    "Registry",
    "advise",
    "hint_for",
    "oauth_profile",
    "oauth_profiles",
    "shipped",
]
