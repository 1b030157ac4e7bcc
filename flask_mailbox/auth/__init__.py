"""Signing in: SASL mechanisms without I/O, APOP, access tokens, and refusals that advise."""

from .apop import apop_digest, apop_timestamp
from .choice import mechanism_for
from .mechanisms import Login, Mechanism, OAuthBearer, Plain, XOAuth2, credential_words
from .refusal import decode_server_text, no_mechanism, refused_login
from .tokens import current_token, open_signed_in

__all__ = [
    "Login",
    "Mechanism",
    "OAuthBearer",
    "Plain",
    "XOAuth2",
    "apop_digest",
    "apop_timestamp",
    "credential_words",
    "current_token",
    "decode_server_text",
    "mechanism_for",
    "no_mechanism",
    "open_signed_in",
    "refused_login",
]
