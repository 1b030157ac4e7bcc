"""Provider presets and what servers' error texts mean, as data."""

from .errortable import Advice, advise
from .provider import Limit, Provider, ProviderEndpoint
from .quirks import Quirks
from .registry import Registry, shipped

__all__ = ["Advice", "Limit", "Provider", "ProviderEndpoint", "Quirks", "Registry", "advise", "shipped"]
