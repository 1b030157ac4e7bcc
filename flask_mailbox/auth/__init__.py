"""Signing in: SASL mechanisms without I/O, APOP, and refusals that advise."""

from .apop import apop_digest, apop_timestamp
from .choice import mechanism_for
from .mechanisms import Login, Mechanism, OAuthBearer, Plain, XOAuth2, credential_words
from .refusal import decode_server_text, no_mechanism, refused_login

__all__ = [
    "Login",
    "Mechanism",
    "OAuthBearer",
    "Plain",
    "XOAuth2",
    "apop_digest",
    "apop_timestamp",
    "credential_words",
    "decode_server_text",
    "mechanism_for",
    "no_mechanism",
    "refused_login",
]
