"""The server's side of SASL without I/O of its own: PLAIN, LOGIN, XOAUTH2, OAUTHBEARER (RFC 4616, RFC 7628)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable

from .gate import Gate, SASLError
from .mailstore import User

Ask = Callable[[bytes], Awaitable[bytes]]


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


async def authenticate(mechanism: str, initial: bytes | None, ask: Ask, gate: Gate) -> User:
    """Carry an exchange to its end and return who signed in.

    :param initial: The decoded initial response, or ``None`` if there was none.
    :param ask: Sends one challenge and returns the decoded answer.
    :param gate: Checks the credential.
    :raises SASLError: If the exchange fails.
    """
    exchange = {"PLAIN": _plain, "LOGIN": _login, "XOAUTH2": _xoauth2, "OAUTHBEARER": _oauthbearer}[mechanism]
    return await exchange(initial, ask, gate)


async def _plain(initial: bytes | None, ask: Ask, gate: Gate) -> User:
    fields = (await ask(b"") if initial is None else initial).split(b"\0")
    if len(fields) != 3:
        raise SASLError("syntax")
    return gate.by_password(_text(fields[1]), _text(fields[2]))


async def _login(initial: bytes | None, ask: Ask, gate: Gate) -> User:
    username = await ask(b"Username:") if initial is None else initial
    return gate.by_password(_text(username), _text(await ask(b"Password:")))


async def _xoauth2(initial: bytes | None, ask: Ask, gate: Gate) -> User:
    message = await ask(b"") if initial is None else initial
    fields = dict(pair.partition(b"=")[::2] for pair in message.split(b"\1") if pair)
    return await _bearer(_text(fields.get(b"user", b"")), fields.get(b"auth", b""), ask, gate)


async def _oauthbearer(initial: bytes | None, ask: Ask, gate: Gate) -> User:
    message = await ask(b"") if initial is None else initial
    header, *pairs = message.split(b"\1")
    fields = dict(pair.partition(b"=")[::2] for pair in pairs if pair)
    username = next((item[2:] for item in header.split(b",") if item.startswith(b"a=")), b"")
    username = username.replace(b"=2C", b",").replace(b"=3D", b"=")
    return await _bearer(_text(username), fields.get(b"auth", b""), ask, gate)


async def _bearer(username: str, authorization: bytes, ask: Ask, gate: Gate) -> User:
    kind, _, token = authorization.partition(b" ")
    user = gate.by_token(username, token) if kind.lower() == b"bearer" else None
    if user is not None:
        return user
    await ask(json.dumps(gate.token_problem).encode())  # RFC 7628, 3.2.3: the client answers, then the exchange fails
    raise SASLError("bad_credentials")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise SASLError("syntax") from error
