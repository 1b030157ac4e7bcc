"""Which mechanism to use: what the credential is decides, then what the server offers."""

from __future__ import annotations

from collections.abc import Collection

from ..account import Credential, Endpoint
from .mechanisms import Login, Mechanism, OAuthBearer, Plain, XOAuth2

PASSWORD_MECHANISMS: tuple[type[Plain] | type[Login], ...] = (Plain, Login)
TOKEN_MECHANISMS: tuple[type[XOAuth2] | type[OAuthBearer], ...] = (XOAuth2, OAuthBearer)


def mechanism_for(offered: Collection[str], credential: Credential, endpoint: Endpoint) -> Mechanism | None:
    """Return the best mechanism that the server offers for this kind of credential, or ``None``.

    A token is never sent as a password, nor a password as a token.

    :param offered: Mechanism names in upper case, as the server lists them inside TLS.
    """
    wanted = TOKEN_MECHANISMS if credential.kind == "oauth2" else PASSWORD_MECHANISMS
    for mechanism in wanted:
        if mechanism.name in offered:
            return mechanism(credential, endpoint)
    return None
