"""Configuration: a mapping becomes settings and accounts, every mistake named with its key and a cure."""

from .loading import load_account
from .settings import Settings, load_settings

__all__ = ["Settings", "load_account", "load_settings"]
