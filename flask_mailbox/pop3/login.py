"""Signing in over POP3: STLS first where it is configured, then SASL, APOP or USER and PASS."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import poplib

from ..account import Credential, Protocol, Security
from ..auth import (
    Mechanism,
    apop_digest,
    apop_timestamp,
    credential_words,
    mechanism_for,
    no_mechanism,
)
from ..errors import ProtocolError, TLSError, UsageError
from ..net.tls import port_hint
from ..net.wirelog import HIDDEN
from .client import POP3Client
from .refusals import refusal_line, refused_sign_in

MAX_SASL_ROUNDS = 10
MAX_COMMAND = 255
"""Bytes of a command line with its end (RFC 2449, 4; RFC 5034, 4)."""

Capabilities = dict[str, tuple[str, ...]]


def ask_capabilities(client: POP3Client) -> Capabilities:
    """Return what CAPA lists, by upper-case name; nothing where the server does not know it (RFC 2449)."""
    try:
        return client.capabilities()
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
        client.command(b"STLS")
    except poplib.error_proto as error:
        stream.broken = True
        raise stream.error(
            TLSError,
            f"The server refused STLS: {refusal_line(error)}",
            hint=port_hint(stream.endpoint.protocol, stream.endpoint.port, stream.endpoint.security),
        ) from error
    stream.start_tls()


def speak_utf8(client: POP3Client, capabilities: Capabilities) -> None:
    """Ask for messages with UTF-8 in their headers as they are, where the server offers that (RFC 6856, 2).

    Without it such a server hands out a substitute for them, or refuses them. Names and passwords are UTF-8 anyway.
    """
    if "UTF8" in capabilities:
        try:
            client.command(b"UTF8")
        except poplib.error_proto:
            pass  # what it offered, it does not do: messages come as they did before


def sign_in(client: POP3Client, capabilities: Capabilities) -> None:
    """Sign in by the best way that the server offers for this kind of credential.

    :raises AuthenticationError: If the server refuses the credential.
    :raises BusyError: If the maildrop is locked or the server asks to wait.
    """
    stream = client.stream
    credential = stream.account.credential_for(Protocol.POP3)
    if credential is None:
        raise UsageError(f"Account '{stream.account.name}' has no password: POP3 needs one to sign in.")
    stream.require_private()
    try:
        _choose(client, _named(client, credential), capabilities)
    except poplib.error_proto as error:
        raise refused_sign_in(stream, refusal_line(error)) from error


def _named(client: POP3Client, credential: Credential) -> Credential:
    """Return the credential under the name that leaves messages listed once they were read: Gmail's ``recent:``."""
    prefix = client.stream.account.quirks.pop_recent_prefix
    if not prefix or credential.username.startswith(prefix):
        return credential
    return dataclasses.replace(credential, username=prefix + credential.username)


def _choose(client: POP3Client, credential: Credential, capabilities: Capabilities) -> None:
    offered = [name.upper() for name in capabilities.get("SASL", ())]
    if "USER" in capabilities and "LOGIN" in offered:
        offered.remove("LOGIN")  # USER and PASS say the same in one round trip less
    mechanism = mechanism_for(offered, credential, client.stream.endpoint)
    if mechanism is not None:
        _exchange(client, mechanism)
    elif credential.kind == "oauth2":
        raise no_mechanism(client.stream, offered)
    else:
        _sign_in_by_commands(client, credential)


def _sign_in_by_commands(client: POP3Client, credential: Credential) -> None:
    """Sign in by APOP where it keeps the password off a clear wire, else by USER and PASS (RFC 1939, 7)."""
    user, password = credential_words(credential)
    timestamp = apop_timestamp(client.welcome)
    if timestamp is not None and not client.stream.is_tls:
        client.command(b"APOP %b %b" % (user, apop_digest(timestamp, password.decode()).encode()))
    else:
        client.command(b"USER " + user)
        client.command(b"PASS " + password)


def _exchange(client: POP3Client, mechanism: Mechanism) -> None:
    """Run a mechanism (RFC 5034, 4), with what the client says first on the line of AUTH where that may be.

    Some servers prompt with ``+OK`` where a bare ``+`` belongs, so before anything was said it is taken for a prompt.
    """
    command = f"AUTH {mechanism.name}".encode()
    initial = base64.b64encode(mechanism.initial) if mechanism.initial is not None else b""
    at_once = _goes_at_once(client, command, initial)
    shown = f"{command.decode()} {HIDDEN}"
    line = client.send_line(command + b" " + initial if at_once else command, shown=shown)
    for number in range(MAX_SASL_ROUNDS):
        if line.startswith(b"-ERR"):
            raise poplib.error_proto(line)
        if line.startswith(b"+OK") and (number or at_once):
            return
        if not line.startswith(b"+"):
            break
        answer = mechanism.respond(_challenge(line))
        line = client.send_line(base64.b64encode(answer), shown=HIDDEN)
    client.stream.broken = True
    raise client.stream.error(ProtocolError, "The server does not end the sign-in.")


def _goes_at_once(client: POP3Client, command: bytes, initial: bytes) -> bool:
    """Whether the first message goes on the line of AUTH; else it follows the server's prompt, which all servers take.

    Microsoft's refuse a token there; Google's take it in a line of any length.
    """
    account = client.stream.account
    is_token = account.credential is not None and account.credential.kind == "oauth2"
    if not initial or (account.quirks.sasl_ir_broken and not is_token):
        return False
    if is_token and account.quirks.pop_token_at_once is not None:
        return account.quirks.pop_token_at_once
    return len(command) + len(initial) + len(b" \r\n") <= MAX_COMMAND


def _challenge(line: bytes) -> bytes:
    if line.startswith(b"+OK"):
        return b""
    try:
        return base64.b64decode(line[1:].strip())
    except (binascii.Error, ValueError):
        return b""
