"""An account: who sends and reads, through which endpoints, with which credential. Frozen, secrets masked."""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from weakref import WeakValueDictionary

from .errors import UsageError
from .reach import ANYWHERE, Reach

if TYPE_CHECKING:
    from .providers import Provider
    from .providers.quirks import Quirks

DEFAULT_PORTS: dict[tuple[str, str], int] = {
    # RFC 8314, 7.1 to 7.3, and RFC 6409
    ("smtp", "tls"): 465,
    ("smtp", "starttls"): 587,
    ("smtp", "none"): 25,
    ("imap", "tls"): 993,
    ("imap", "starttls"): 143,
    ("imap", "none"): 143,
    ("pop3", "tls"): 995,
    ("pop3", "starttls"): 110,
    ("pop3", "none"): 110,
}


RATE_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}
"""The stretches of time that a rate is given in, in seconds."""


class Protocol(enum.StrEnum):
    """The three protocols of a mailbox."""

    SMTP = "smtp"
    IMAP = "imap"
    POP3 = "pop3"


class Security(enum.StrEnum):
    """How an endpoint is protected: from the first byte, after a mandatory upgrade, or not at all."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Service(enum.StrEnum):
    """What else is talked to: the server that hands out access tokens, and those that tell a domain's mail servers."""

    OAUTH2 = "oauth2"
    DISCOVERY = "discovery"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one protocol of an account is served.

    :param username: What to sign in with there, where that is not the account's user name.
    """

    protocol: Protocol | Service
    host: str
    port: int
    security: Security
    username: str = ""

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine by its literal name, so that clear text never leaves it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def where(self) -> str:
        """The server as ``host:port``, for errors and logs."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        scheme = {"tls": f"{self.protocol}s", "starttls": f"{self.protocol}+starttls"}
        return f"{scheme.get(self.security, self.protocol)}://{self.where}"


class _Numbers:
    """Gives each callable a number that no other one ever has, as its ``id`` would once it is gone."""

    def __init__(self) -> None:
        self._last = 0
        self._known: WeakValueDictionary[Callable[[], str], _Number] = WeakValueDictionary()
        self.renew_lock()

    def renew_lock(self) -> None:
        """Forget who holds the lock: in a forked child that thread is not there."""
        self._lock = threading.Lock()

    def of(self, value: Callable[[], str]) -> _Number:
        """Return the number of a callable, the same for all that equal it while anybody holds it."""
        with self._lock:
            try:
                known = self._known.get(value)
                if known is None:
                    known = self._known[value] = self._next()
            except TypeError:  # it has no hash: it equals nothing else
                return self._next()
            return known

    def _next(self) -> _Number:
        self._last += 1
        return _Number(self._last)


class _Number:
    """A number that its holders keep in use."""

    __slots__ = ("__weakref__", "value")

    def __init__(self, value: int) -> None:
        self.value = value


_numbers = _Numbers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_numbers.renew_lock)


class Secret:
    """A password or token that shows itself only to ``reveal()``: repr, str, format, JSON and pickle are masked.

    :param value: The secret, or a callable that returns it each time it is needed.
    """

    __slots__ = ("_number", "_value")

    def __init__(self, value: str | Callable[[], str]) -> None:
        self._value = value
        self._number = _numbers.of(value) if callable(value) else None

    def reveal(self) -> str:
        """Return the secret itself, calling the callable if there is one."""
        return self._value() if callable(self._value) else self._value

    @property
    def identity(self) -> tuple[str, str | int]:
        """What tells this secret from others without calling anything: the text, or which callable it is.

        Callables that are equal are one, so a function of a module, a method of one object or a frozen dataclass with
        ``__call__`` stays the same from request to request; a function made anew is another one each time.
        """
        return ("callable", self._number.value) if self._number else ("text", str(self._value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret is not pickled: keep it where it was configured.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshGrant:
    """A user's standing consent: what access tokens are fetched with (RFC 6749, 6).

    :param token_url: The provider's token endpoint: https, or http on this machine.
    :param client_id: The app's name at the provider.
    :param client_secret: ``None`` for an app that cannot keep one.
    :param refresh_token: The consent itself; a callable is asked each time.
    :param scope: What to ask for, where that is less than the user agreed to; empty for all of it.
    :param client_auth: How the app proves itself: ``post`` (in the form) or ``basic`` (in a header).
    :param on_refresh_token: Called with a new refresh token where the provider hands one out.
    """

    token_url: str
    client_id: str
    refresh_token: Secret
    client_secret: Secret | None = None
    scope: str = ""
    client_auth: str = "post"
    on_refresh_token: Callable[[str], object] | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells this grant from others without calling anything."""
        secret = self.client_secret and self.client_secret.identity
        return (self.token_url, self.client_id, secret, self.scope, self.client_auth, self.refresh_token.identity)


@dataclass(frozen=True, slots=True)
class Credential:
    """What an account signs in with.

    :param secret: The password or the access token, or what access tokens are fetched with.
    :param kind: ``password`` (also app passwords and authorization codes) or ``oauth2`` (an access token).
    """

    username: str
    secret: Secret | RefreshGrant
    kind: str = "password"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of waiting, in seconds: for a connection, for one read, for a whole operation."""

    connect: float = 10.0
    read: float = 30.0
    operation: float = 60.0


@dataclass(frozen=True, slots=True)
class Rate:
    """How many messages an account may send in a time.

    :param count: Messages.
    :param seconds: In any stretch of so many seconds.
    """

    count: int
    seconds: float

    def __str__(self) -> str:
        unit = next((name for name, seconds in RATE_UNITS.items() if seconds == self.seconds), f"{self.seconds:g} s")
        return f"{self.count}/{unit}"


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Account:
    """One mailbox, complete and validated; made by ``load_account`` or by the extension's configuration.

    :param name: The account's name in the configuration; ``default`` is the one of ``MAILBOX_*``.
    :param address: Its e-mail address, or empty for a server that needs none.
    :param sender: What goes into From when a message names no sender: an address, or ``Name <address>``.
    :param identities: Further addresses that may stand in From.
    :param messages_per_connection: After so many a new connection is made: servers end long ones.
    :param credential: ``None`` signs in nowhere (a relay that asks for no login).
    :param rate: How fast messages may be sent; ``None`` for as fast as the server takes them.
    :param reach: Where its connections may go.
    """

    name: str
    address: str
    sender: str
    quirks: Quirks
    identities: tuple[str, ...] = ()
    credential: Credential | None = None
    provider: Provider | None = None
    smtp: Endpoint | None = None
    imap: Endpoint | None = None
    pop3: Endpoint | None = None
    verify_tls: bool = True
    ca_file: Path | None = None
    client_cert: Path | None = None
    allow_cleartext_login: bool = False
    save_sent: bool = False
    rate: Rate | None = None
    pool_size: int = 4
    messages_per_connection: int = 100
    max_message_size: int = 25 * 1024 * 1024
    timeouts: Timeouts = dataclasses.field(default_factory=Timeouts)
    reach: Reach = ANYWHERE

    def endpoint(self, protocol: Protocol | str) -> Endpoint | None:
        """Return where a protocol is served, or ``None`` if the account does not have it."""
        found: Endpoint | None = getattr(self, str(protocol), None)
        return found

    def server(self, protocol: Protocol) -> Endpoint:
        """Return where a protocol is served.

        :raises UsageError: If the account does not have it; it says whether the provider has.
        """
        found = self.endpoint(protocol)
        if found is not None:
            return found
        name = protocol.upper()
        if self.provider is not None and not self.provider.endpoints(protocol, self.address.rpartition("@")[2]):
            other = {Protocol.POP3: Protocol.IMAP, Protocol.IMAP: Protocol.POP3}.get(protocol)
            use = f"use {other.upper()}, or " if other and self.endpoint(other) else ""
            raise UsageError(f"{self.provider.name} offers no {name}: {use}set MAILBOX_{name} to a server that does.")
        raise UsageError(f"Account '{self.name}' has no {name} server: set MAILBOX_{name} or a provider with it.")

    def credential_for(self, protocol: Protocol | Service | str) -> Credential | None:
        """Return what signs in to the server of a protocol: the credential, under the user name that is used there."""
        endpoint = self.endpoint(protocol)
        if self.credential is None or endpoint is None or not endpoint.username:
            return self.credential
        return dataclasses.replace(self.credential, username=endpoint.username)

    @property
    def login_address(self) -> str:
        """The address that the SMTP server knows the login by: the user name, if it is one, else the account's.

        A relay's user name may look like an address and be none.
        """
        credential = self.credential_for(Protocol.SMTP)
        is_relay = self.provider is not None and self.provider.kind == "relay"
        return credential.username if credential and "@" in credential.username and not is_relay else self.address

    def replace(self, **changes: object) -> Account:
        """Return a copy with some fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]
