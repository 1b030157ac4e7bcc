"""Keys that describe how an account behaves need an account."""

from __future__ import annotations

import pytest

from flask_mailbox import ConfigurationError
from flask_mailbox.config import load_settings


@pytest.mark.parametrize("key", ["MAILBOX_SAVE_SENT", "MAILBOX_VERIFY_TLS"])
def test_a_manner_without_its_account_says_where_it_belongs(key: str) -> None:
    accounts = {"work": {"provider": "163", "address": "me@163.com", "password": "code"}}

    with pytest.raises(ConfigurationError, match=f"{key}: there is no account of MAILBOX_\\*"):
        load_settings({key: True, "MAILBOX_ACCOUNTS": accounts})
