"""Who may do what: the host app's decision, asked for on every request."""

from __future__ import annotations

from collections.abc import Callable

from ..account import Account
from ..errors import ConfigurationError

Authorize = Callable[[str, Account], bool]
"""``authorize(operation, account) -> bool``; it may also ``abort(401)`` itself."""


def anyone(operation: str, account: Account) -> bool:
    """Let everybody do everything: for apps that keep strangers out before the request gets here."""
    return True


ANYONE: Authorize = anyone


def required(authorize: Authorize | None, blueprint: str) -> Authorize:
    """Return the function, or refuse to make a blueprint without one.

    :raises ConfigurationError: If there is none.
    """
    if authorize is None:
        raise ConfigurationError(
            f"{blueprint}() needs authorize=…: a function that takes an operation and an account and returns whether "
            "the request may do it. authorize=flask_mailbox.ANYONE lets everybody."
        )
    if not callable(authorize):
        raise ConfigurationError(f"{blueprint}(authorize=…) takes a function of an operation and an account.")
    return authorize
