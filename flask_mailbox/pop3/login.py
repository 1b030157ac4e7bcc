"""Signing in over POP3: STLS first where it is configured, then SASL, APOP or USER and PASS."""

from __future__ import annotations

import base64
import binascii
import poplib
import re

from ..account import Credential, Security
from ..auth import (
    Mechanism,
    apop_digest,
    apop_timestamp,
    decode_server_text,
    mechanism_for,
    no_mechanism,
    refused_login,
)
from ..errors import ProtocolError, ServiceError, TLSError, UsageError
from ..guard import guard
from ..net.tls import port_hint
from .client import POP3Client

MAX_SASL_ROUNDS = 10
MAX_INITIAL = 200
"""A command line has at most 255 bytes (RFC 2449, 4)."""

WAIT_CODES = frozenset({"IN-USE", "LOGIN-DELAY", "SYS/TEMP"})
"""Response codes that say "later", not "wrong password" (RFC 2449, 8; RFC 3206)."""

_CODE = re.compile(r"-ERR\s+\[([A-Za-z0-9/-]+)\]")

Capabilities = dict[str, tuple[str, ...]]


def response_code(line: str) -> str:
    """Return the response code of a refusal (RFC 2449, 8), or an empty text."""
    found = _CODE.match(line)
    return found[1].upper() if found else ""


def refusal_line(error: poplib.error_proto) -> str:
    """Return the server's line that a refused command ended with."""
    said = error.args[0] if error.args else b""
    return decode_server_text(said if isinstance(said, bytes) else str(said).encode())


def ask_capabilities(client: POP3Client) -> Capabilities:
    """Return what CAPA lists, by upper-case name; nothing where the server does not know it (RFC 2449)."""
    try:
        return {name.upper(): tuple(values) for name, values in client.capa().items()}
    except poplib.error_proto:
        return {}


def secure(client: POP3Client) -> None:
    """Upgrade to TLS where the endpoint says STARTTLS; there is no going on without (RFC 2595).

    :raises TLSError: If the server does not know STLS, refuses it, or sends something before the handshake.
    """
    stream = client.stream
    if stream.endpoint.security is not Security.STARTTLS:
        return
    try:
        client._shortcmd("STLS")  # type: ignore[attr-defined]
    except poplib.error_proto as error:
        stream.broken = True
        raise stream.error(
            TLSError,
            f"The server refused STLS: {refusal_line(error)}",
            hint=port_hint(stream.endpoint.protocol, stream.endpoint.port, stream.endpoint.security),
        ) from error
    stream.start_tls()


def sign_in(client: POP3Client, capabilities: Capabilities) -> None:
    """Sign in by the best way that the server offers for this kind of credential.

    :raises AuthenticationError: If the server refuses the credential.
    :raises BusyError: If the maildrop is locked or the server asks to wait.
    """
    stream = client.stream
    credential = stream.account.credential
    if credential is None:
        raise UsageError(f"Account '{stream.account.name}' has no password: POP3 needs one to sign in.")
    stream.require_private()
    try:
        _choose(client, credential, [name.upper() for name in capabilities.get("SASL", ())])
    except poplib.error_proto as error:
        raise _refused(client, refusal_line(error)) from error


def _choose(client: POP3Client, credential: Credential, offered: list[str]) -> None:
    mechanism = mechanism_for(offered, credential, client.stream.endpoint)
    timestamp = apop_timestamp(client.welcome)
    if credential.kind == "oauth2" and mechanism is None:
        raise no_mechanism(client.stream, offered)
    if mechanism is not None and mechanism.name != "LOGIN":
        _exchange(client, mechanism)
    elif timestamp is not None and not client.stream.is_tls:
        digest = apop_digest(timestamp, credential.secret.reveal())
        client._shortcmd(f"APOP {guard(credential.username, 'user name')} {digest}")  # type: ignore[attr-defined]
    else:
        client.user(guard(credential.username, "user name"))
        client.pass_(guard(credential.secret.reveal(), "password"))


def _exchange(client: POP3Client, mechanism: Mechanism) -> None:
    """Run a mechanism (RFC 5034, 4): a short PLAIN at once, all others in two steps, which every server takes.

    Some servers prompt with ``+OK`` where a bare ``+`` belongs, so before anything was said it is taken for a prompt.
    """
    initial = base64.b64encode(mechanism.initial or b"")
    at_once = mechanism.name == "PLAIN" and len(initial) < MAX_INITIAL and not _initial_broken(client)
    line = client.send_line(f"AUTH {mechanism.name}".encode() + (b" " + initial if at_once else b""))
    for number in range(MAX_SASL_ROUNDS):
        if line.startswith(b"-ERR"):
            raise poplib.error_proto(line)
        if line.startswith(b"+OK") and (number or at_once):
            return
        if not line.startswith(b"+"):
            break
        answer = mechanism.respond(_challenge(line))
        line = client.send_line(base64.b64encode(answer))
    client.stream.broken = True
    raise client.stream.error(ProtocolError, "The server does not end the sign-in.")


def _initial_broken(client: POP3Client) -> bool:
    return client.stream.account.quirks.sasl_ir_broken


def _challenge(line: bytes) -> bytes:
    if line.startswith(b"+OK"):
        return b""
    try:
        return base64.b64decode(line[1:].strip())
    except (binascii.Error, ValueError):
        return b""


def _refused(client: POP3Client, line: str) -> ServiceError:
    code = response_code(line)
    return refused_login(client.stream, line.removeprefix("-ERR").strip(), code=code, transient=code in WAIT_CODES)
