"""Apps and accounts made from configurations, and what is said of wrong ones."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_mailbox import Account, ConfigurationError, Mailbox
from flask_mailbox.config import Settings, load_settings

ME = {"MAILBOX_ADDRESS": "me@example.com", "MAILBOX_PASSWORD": "secret", "MAILBOX_IMAP": "imaps://mail.example.com"}
"""A configuration without a mistake."""


def settings(**config: Any) -> Settings:
    """Return what a configuration of capital keys becomes."""
    return load_settings(config)


def default(**config: Any) -> Account:
    """Return the default account of a configuration."""
    return load_settings(config).account(None)


def problems(**config: Any) -> tuple[str, ...]:
    """Return what is said of a wrong configuration."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config)
    return caught.value.problems


def app_of(**config: Any) -> tuple[Flask, Mailbox]:
    """Return an app of that configuration and its mailbox."""
    host = Flask("host")
    host.config.update(config)
    return host, Mailbox(host)
