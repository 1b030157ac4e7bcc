"""SASL mechanisms as conversations without I/O: the same class serves SMTP, IMAP and POP3 (RFC 4422)."""

from __future__ import annotations

import json
from typing import ClassVar
from typing import Protocol as Interface

from ..account import Credential, Endpoint, RefreshGrant
from ..errors import UnsafeValueError, UsageError
from ..guard import guard


class Mechanism(Interface):
    """One run of a mechanism for one sign-in.

    :param name: The registered name, such as ``PLAIN``.
    :param initial: What the client says first; ``None`` if the server speaks first.
    """

    name: ClassVar[str]
    initial: bytes | None

    def respond(self, challenge: bytes) -> bytes:
        """Return the answer to a decoded challenge."""


class Plain:
    """PLAIN: everything in one message (RFC 4616)."""

    name: ClassVar[str] = "PLAIN"

    def __init__(self, credential: Credential, endpoint: Endpoint) -> None:
        user, password = credential_words(credential)
        self.initial: bytes | None = b"\0" + user + b"\0" + password

    def respond(self, challenge: bytes) -> bytes:
        """Return the message for servers that ask although they could have had it at once."""
        return self.initial or b""


class Login:
    """LOGIN: user name and password on request; obsolete, and the only one some servers have."""

    name: ClassVar[str] = "LOGIN"

    def __init__(self, credential: Credential, endpoint: Endpoint) -> None:
        self.initial: bytes | None = None
        self._answers = list(credential_words(credential))

    def respond(self, challenge: bytes) -> bytes:
        """Return the user name, then the password, however the server words its prompts."""
        return self._answers.pop(0) if self._answers else b""


class XOAuth2:
    """XOAUTH2: an access token in the form of Google and Microsoft."""

    name: ClassVar[str] = "XOAUTH2"

    def __init__(self, credential: Credential, endpoint: Endpoint) -> None:
        user, token = credential_words(credential)
        self.initial: bytes | None = b"user=" + user + b"\x01auth=Bearer " + token + b"\x01\x01"
        self.status = ""

    def respond(self, challenge: bytes) -> bytes:
        """Keep the error that the challenge carries and let the server end the conversation."""
        if not challenge:
            return self.initial or b""
        self.status = _status(challenge)
        return b""


class OAuthBearer:
    """OAUTHBEARER: an access token in the standard form (RFC 7628)."""

    name: ClassVar[str] = "OAUTHBEARER"

    def __init__(self, credential: Credential, endpoint: Endpoint) -> None:
        user, token = credential_words(credential)
        name = user.replace(b"=", b"=3D").replace(b",", b"=2C")
        self.initial: bytes | None = (
            b"n,a="
            + name
            + b",\x01host="
            + endpoint.host.encode("idna" if not endpoint.host.isascii() else "ascii")
            + f"\x01port={endpoint.port}".encode()
            + b"\x01auth=Bearer "
            + token
            + b"\x01\x01"
        )
        self.status = ""

    def respond(self, challenge: bytes) -> bytes:
        """Keep the error that the challenge carries and answer with the single byte that RFC 7628, 3.2.3 asks for."""
        if not challenge:
            return self.initial or b""
        self.status = _status(challenge)
        return b"\x01"


def credential_words(credential: Credential) -> tuple[bytes, bytes]:
    """Return user name and secret as they go on the wire.

    :raises UnsafeValueError: If no server can take one of them: CR, LF, NUL, or half of a surrogate pair.
    """
    if isinstance(credential.secret, RefreshGrant):
        raise UsageError("An access token has to be fetched before anybody signs in with it.")
    kind = "password" if credential.kind == "password" else "access token"
    return _encoded(credential.username, "user name"), _encoded(credential.secret.reveal(), kind)


def _encoded(text: str, what: str) -> bytes:
    try:
        return guard(text, what).encode()
    except UnicodeEncodeError:
        # the exception carries the text
        raise UnsafeValueError(f"The {what} contains bytes that are no UTF-8. Write it anew.") from None


def _status(challenge: bytes) -> str:
    """Return the ``status`` of an OAuth error challenge (a JSON object), or an empty text."""
    try:
        said = json.loads(challenge)
    except ValueError:
        return ""
    return str(said.get("status", ""))[:40] if isinstance(said, dict) else ""
