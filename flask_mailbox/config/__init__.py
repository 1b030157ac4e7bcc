"""Configuration: a mapping becomes settings and accounts, every mistake named with its key and a cure."""

from .loading import load_account
from .queue import QueueSettings
from .settings import Settings, load_settings

__all__ = ["QueueSettings", "Settings", "load_account", "load_settings"]
