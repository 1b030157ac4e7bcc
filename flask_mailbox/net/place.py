"""Whose place in the pool a session takes: the digest of a whole account, credential included, and its limit."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import weakref
from dataclasses import dataclass

from ..account import Account, Protocol

_DIGEST_KEY = secrets.token_bytes(32)

_places: dict[tuple[int, Protocol], Place] = {}
"""The places of the accounts that are alive, so that a digest is made once an account."""


@dataclass(frozen=True, slots=True)
class Place:
    """What all accounts of one digest share.

    :param key: The digest, which keeps no secret.
    :param size: How many sessions may be open at once.
    :param keep: Whether a session may wait here for its next lease.
    :param limited: Whether the provider allows fewer sessions than the account asks for.
    """

    key: bytes
    protocol: Protocol
    size: int
    keep: bool
    limited: bool = False

    @classmethod
    def of(cls, account: Account, protocol: Protocol) -> Place:
        """Return the place of an account; in POP3 it is the maildrop, whoever opens it (RFC 1939, 8)."""
        known = _places.get((id(account), protocol))
        if known is None:
            known = _places[id(account), protocol] = cls._made(account, protocol)
            weakref.finalize(account, _places.pop, (id(account), protocol), None).atexit = False
        return known

    @classmethod
    def _made(cls, account: Account, protocol: Protocol) -> Place:
        if protocol is Protocol.POP3:
            credential, endpoint = account.credential_for(protocol), account.pop3
            maildrop = _digest(protocol, endpoint and endpoint.where, credential and credential.username)
            return cls(maildrop, protocol, 1, False)
        allowed = account.provider.limit(f"{protocol}_connections") if account.provider else None
        size = min(account.pool_size, allowed or account.pool_size)
        return cls(_account_digest(account, protocol), protocol, size, True, size < account.pool_size)

    @property
    def taken(self) -> str:
        """What an error says when no session came free; how long it waited goes behind."""
        if self.keep:
            return f"All {self.size} sessions of the account stayed in use"
        return "Another POP3 session of the account stayed open"

    @property
    def cure(self) -> str:
        """What to do about that."""
        if self.limited:
            return f"Give sessions back sooner (end the 'with' block): the provider allows {self.size} at a time."
        if self.keep:
            return "Give sessions back sooner (end the 'with' block), or raise POOL_SIZE."
        return "POP3 allows one session at a time (RFC 1939): end the 'with' block sooner."


def _account_digest(account: Account, protocol: Protocol) -> bytes:
    """Return what tells accounts apart, credential included, without keeping the secret in a key."""
    credential = account.credential
    return _digest(
        protocol,
        account.endpoint(protocol),
        account.name,
        account.address,
        account.verify_tls,
        account.ca_file,
        account.client_cert,
        account.allow_cleartext_login,
        account.reach,
        account.quirks,
        account.timeouts,
        credential and (credential.username, credential.kind, credential.secret.identity),
    )


def _digest(*values: object) -> bytes:
    return hmac.new(_DIGEST_KEY, repr(values).encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
