"""The server's side of SASL without I/O of its own: PLAIN, LOGIN, XOAUTH2, OAUTHBEARER (RFC 4616, RFC 7628)."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Awaitable, Callable

from .mailstore import MailStore, User

MECHANISMS = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER")

Ask = Callable[[bytes], Awaitable[bytes]]


class SASLError(Exception):
    """The exchange failed; ``reason`` is ``credentials``, ``cancelled`` or ``syntax``."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def decode(line: bytes) -> bytes:
    """Return what the client sent in one base64 line; ``*`` cancels.

    :raises SASLError: With reason ``cancelled`` or ``syntax``.
    """
    if line == b"*":
        raise SASLError("cancelled")
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise SASLError("syntax") from error


def decode_initial(argument: bytes) -> bytes:
    """Return an initial response; ``=`` stands for an empty one (RFC 4959)."""
    return b"" if argument == b"=" else decode(argument)


async def authenticate(mechanism: str, initial: bytes | None, ask: Ask, store: MailStore) -> User:
    """Carry an exchange to its end and return who signed in.

    :param initial: The decoded initial response, or ``None`` if there was none.
    :param ask: Sends one challenge and returns the decoded answer.
    :raises SASLError: If the exchange fails.
    """
    exchange = {"PLAIN": _plain, "LOGIN": _login, "XOAUTH2": _xoauth2, "OAUTHBEARER": _oauthbearer}[mechanism]
    return await exchange(initial, ask, store)


def check_password(store: MailStore, username: str, password: str) -> User:
    """Return the user if the password is right.

    :raises SASLError: With reason ``credentials``.
    """
    user = store.users.get(username.lower())
    if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
        raise SASLError("credentials")
    return user


async def _plain(initial: bytes | None, ask: Ask, store: MailStore) -> User:
    fields = (await ask(b"") if initial is None else initial).split(b"\0")
    if len(fields) != 3:
        raise SASLError("syntax")
    return check_password(store, _text(fields[1]), _text(fields[2]))


async def _login(initial: bytes | None, ask: Ask, store: MailStore) -> User:
    username = await ask(b"Username:") if initial is None else initial
    return check_password(store, _text(username), _text(await ask(b"Password:")))


async def _xoauth2(initial: bytes | None, ask: Ask, store: MailStore) -> User:
    message = await ask(b"") if initial is None else initial
    fields = dict(pair.partition(b"=")[::2] for pair in message.split(b"\1") if pair)
    return await _bearer(_text(fields.get(b"user", b"")), fields.get(b"auth", b""), ask, store)


async def _oauthbearer(initial: bytes | None, ask: Ask, store: MailStore) -> User:
    message = await ask(b"") if initial is None else initial
    header, *pairs = message.split(b"\1")
    fields = dict(pair.partition(b"=")[::2] for pair in pairs if pair)
    username = next((item[2:] for item in header.split(b",") if item.startswith(b"a=")), b"")
    username = username.replace(b"=2C", b",").replace(b"=3D", b"=")
    return await _bearer(_text(username), fields.get(b"auth", b""), ask, store)


async def _bearer(username: str, authorization: bytes, ask: Ask, store: MailStore) -> User:
    user = store.users.get(username.lower())
    kind, _, token = authorization.partition(b" ")
    known = user.token if user is not None else None
    if user and known and kind.lower() == b"bearer" and hmac.compare_digest(known.encode(), token):
        return user
    problem = {"status": "401", "schemes": "bearer", "scope": "https://mail.test/"}
    await ask(json.dumps(problem).encode())  # RFC 7628, 3.2.3: the client answers, then the exchange fails
    raise SASLError("credentials")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise SASLError("syntax") from error
