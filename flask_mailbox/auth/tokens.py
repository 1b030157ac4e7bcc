"""Access tokens: kept until shortly before they expire, renewed once for all who wait, never swapped for a password.

Tokens are kept by what they are fetched with, so accounts that are loaded anew for each request share them.
"""

from __future__ import annotations

import collections
import copy
import hashlib
import hmac
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..account import Account, Credential, RefreshGrant, Secret
from ..errors import AuthenticationError, ServiceError, ServiceTimeoutError, UsageError
from .post import token_endpoint
from .refresh import fetch_token

logger = logging.getLogger("flask_mailbox")

SKEW = 60.0
"""Seconds before its end that a token is not used any more: the way to the mail server takes time."""

PAUSE = 60.0
"""Seconds between two renewals of tokens that a mail server refused, and from a permanent refusal to the next try."""

MOST_KEPT = 10_000
_DIGEST_KEY = secrets.token_bytes(32)

Session = TypeVar("Session")


@dataclass(frozen=True, slots=True, repr=False)
class AccessToken:
    """A token and when, on the monotonic clock, it is not to be used any more."""

    text: str
    until: float


def open_signed_in(account: Account, open_session: Callable[[Account], Session]) -> Session:
    """Open a session, with a current access token where the account has a refresh grant.

    A server that refuses a token of the cache (it was revoked, or expired early) gets a new one, once.

    :param open_session: Connects and signs in with the credential of the account it is given.
    :raises AuthenticationError: If the token server or the mail server refuses; no password is tried then.
    :raises ServiceError: If one of them cannot be reached.
    """
    credential = account.credential
    if credential is None or not isinstance(credential.secret, RefreshGrant):
        return open_session(account)
    source, token, fresh = current_token(account, credential.secret)
    try:
        return open_session(_with_token(account, credential, token))
    except AuthenticationError as error:
        if fresh or error.category == "mechanism_missing":
            raise
        renewed = source.instead_of(token, account, credential.secret)
        if renewed is None:
            raise
    return open_session(_with_token(account, credential, renewed))


def current_token(account: Account, grant: RefreshGrant) -> tuple[TokenSource, AccessToken, bool]:
    """Return a token that has not expired, where it came from, and whether it was fetched just now.

    :raises AuthenticationError: If the token server refuses the consent or the app.
    :raises ServiceError: If it cannot be reached, or fails.
    """
    source = token_source(account, grant)
    try:
        return source, *source.current(account, grant)
    except AuthenticationError as error:
        newer = token_source(account, grant)
        if newer is source or error.category != "consent_required":
            raise
    # another process renewed the refresh token between our reading it and our using it
    return newer, *newer.current(account, grant)


def _with_token(account: Account, credential: Credential, token: AccessToken) -> Account:
    return account.replace(credential=Credential(credential.username, Secret(token.text), "oauth2"))


class TokenSource:
    """The tokens of one refresh grant: one is fetched at a time, by whoever needs it first.

    :param where: The token server as ``host:port``.
    """

    def __init__(self, where: str, refresh_token: str) -> None:
        self.where = where
        # All state that changes, guarded by _lock, which is held while a token is fetched and the hook runs: whoever
        # needs one meanwhile waits for it. Reentrant, so that a hook may send mail with the account itself.
        self._lock = threading.RLock()
        self._refresh_token = refresh_token
        self._token: AccessToken | None = None
        self._unsaved: str | None = None
        self._attempts = 0
        self._failure: ServiceError | None = None
        self._failed_at = 0.0
        self._renewed_at: float | None = None

    def current(self, account: Account, grant: RefreshGrant) -> tuple[AccessToken, bool]:
        """Return a token that has not expired, and whether it was fetched just now."""
        attempts = self._attempts
        self._acquire(account)
        try:
            self._save(grant)
            waited = self._attempts != attempts
            if self._token is not None and (waited or time.monotonic() < self._token.until):
                return self._token, False
            self._raise_known_failure(account, waited=waited)
            return self._fetch(account, grant), True
        finally:
            self._lock.release()

    def instead_of(self, refused: AccessToken, account: Account, grant: RefreshGrant) -> AccessToken | None:
        """Return a newer token than one that a mail server refused; ``None`` if there was one a moment ago."""
        self._acquire(account)
        try:
            if self._token is not None and self._token != refused:
                return self._token  # somebody else has renewed it
            now = time.monotonic()
            if self._renewed_at is not None and now - self._renewed_at < PAUSE:
                return None
            self._renewed_at = now
            return self._fetch(account, grant)
        finally:
            self._lock.release()

    def seconds_left(self) -> float:
        """Return how long the present token will be used."""
        token = self._token
        return max(0.0, token.until - time.monotonic()) if token else 0.0

    def forget_lock(self) -> None:
        """In a forked child: whoever held the lock is not here."""
        self._lock = threading.RLock()

    def _acquire(self, account: Account) -> None:
        if not self._lock.acquire(timeout=account.timeouts.connect + account.timeouts.operation):
            raise ServiceTimeoutError(
                "Another thread's request for an access token did not end in time.",
                account=account.name,
                protocol="oauth2",
                host=self.where,
            )

    def _fetch(self, account: Account, grant: RefreshGrant) -> AccessToken:
        self._attempts += 1
        self._token = None
        try:
            granted = fetch_token(account, grant, self._refresh_token)
        except ServiceError as error:
            self._failure, self._failed_at = error, time.monotonic()
            raise
        self._failure = None
        self._token = AccessToken(granted.access_token, time.monotonic() + granted.lifetime - SKEW)
        if granted.refresh_token:
            self._refresh_token = self._unsaved = granted.refresh_token
            _remember(_key(grant, granted.refresh_token), self)
            if grant.on_refresh_token is None:
                logger.warning(
                    "Account '%s' has a new refresh token and no on_refresh_token to keep it: it ends with the process",
                    account.name,
                )
            self._save(grant)
        return self._token

    def _save(self, grant: RefreshGrant) -> None:
        """Hand a new refresh token to the app; one that it could not take is handed to it again next time."""
        if self._unsaved is None or grant.on_refresh_token is None:
            return
        new, self._unsaved = self._unsaved, None
        saved = False
        try:
            grant.on_refresh_token(new)
            saved = True
        except Exception as error:
            # not the exception itself: a database's error may quote the token
            logger.error(
                "on_refresh_token raised %s: the new refresh token is kept in memory, and handed over again at the "
                "next sign-in",
                type(error).__name__,
            )
        finally:
            if not saved:
                self._unsaved = self._unsaved or new

    def _raise_known_failure(self, account: Account, *, waited: bool) -> None:
        """Share what another thread was told while this one waited, and a permanent refusal for a while."""
        failure = self._failure
        if failure is None:
            return
        lasting = not failure.transient and time.monotonic() - self._failed_at < PAUSE
        if lasting or waited:
            again = copy.copy(failure)
            again.account = account.name
            raise again


# The sources of this process by a digest of their grant, guarded by _lock; those used last are at the end.
_lock = threading.Lock()
_sources: collections.OrderedDict[bytes, TokenSource] = collections.OrderedDict()


def token_source(account: Account, grant: RefreshGrant) -> TokenSource:
    """Return where all accounts with this grant get their tokens.

    :raises UsageError: If the refresh token is a callable that returns no text.
    """
    refresh_token = grant.refresh_token.reveal()
    if not isinstance(refresh_token, str) or not refresh_token:
        raise UsageError(f"The callable 'refresh_token' of account '{account.name}' returned no text.")
    key = _key(grant, refresh_token)
    with _lock:
        source = _sources.get(key)
        if source is not None:
            _sources.move_to_end(key)
            return source
        source = _sources[key] = TokenSource(token_endpoint(grant.token_url).where, refresh_token)
        _forget_oldest()
    return source


def _remember(key: bytes, source: TokenSource) -> None:
    """Find a source by its new refresh token too: accounts that are loaded from now on carry that one."""
    with _lock:
        _sources[key] = source
        _forget_oldest()


def _forget_oldest() -> None:
    while len(_sources) > MOST_KEPT:
        _sources.popitem(last=False)


def _key(grant: RefreshGrant, refresh_token: str) -> bytes:
    """Return a digest of everything that a token depends on; it keeps no secret."""
    secret = grant.client_secret.reveal() if grant.client_secret else None
    values = (grant.token_url, grant.client_id, secret, grant.scope, grant.client_auth, refresh_token)
    return hmac.new(_DIGEST_KEY, repr(values).encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.Lock()
    for source in _sources.values():
        source.forget_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
