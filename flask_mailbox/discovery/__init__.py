"""Which mail servers an address has: asked of presets, of its domain, and of DNS, never with a password."""

from .discover import discover
from .network import ISPDB, DiscoveryNetwork
from .proposal import Finding, Proposal, Source

__all__ = ["ISPDB", "DiscoveryNetwork", "Finding", "Proposal", "Source", "discover"]
