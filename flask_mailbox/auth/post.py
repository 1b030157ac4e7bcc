"""One POST of a form to a token endpoint, bounded in size and time; no redirect, no proxy, no cookie (RFC 9110)."""

from __future__ import annotations

import http.client
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..account import Account, Endpoint, Security, Service
from ..errors import DisconnectedError, ProtocolError
from ..net.stream import Stream

MAX_ANSWER = 256 * 1024
"""Bytes of a token answer; real ones have a few thousand."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What the server said; it carries tokens, so it does not show itself."""

    status: int
    body: bytes


def token_endpoint(url: str) -> Endpoint:
    """Return where a token URL leads."""
    parts = urlsplit(url)
    port, security = (443, Security.TLS) if parts.scheme == "https" else (80, Security.NONE)
    return Endpoint(Service.OAUTH2, parts.hostname or "", parts.port or port, security)


def post(account: Account, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a form and return the answer, whatever its status.

    The certificate is always verified, against the account's ``ca_file`` where it has one.

    :raises ServiceError: If the server cannot be reached, is too slow, or does not speak HTTP.
    """
    careful = account.replace(verify_tls=True, client_cert=None)
    stream = Stream.connect(careful, token_endpoint(url))
    try:
        with stream.operation():
            return _exchange(stream, url, body, headers)
    finally:
        stream.close()


def _exchange(stream: Stream, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    endpoint, parts = stream.endpoint, urlsplit(url)
    plain = endpoint.security is Security.NONE
    kind = http.client.HTTPConnection if plain else http.client.HTTPSConnection
    connection = kind(endpoint.host, endpoint.port)
    connection.sock = _Wire(stream)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, {**headers, "Connection": "close"})
        with connection.getresponse() as response:
            content = response.read(MAX_ANSWER + 1)
            whole = response.length in (None, 0) or len(content) > MAX_ANSWER
    except (http.client.RemoteDisconnected, http.client.IncompleteRead) as error:
        raise stream.error(DisconnectedError, "The token server closed the connection before it answered.") from error
    except (http.client.HTTPException, ValueError) as error:
        # an exception of http.client quotes what the server sent
        kind_of_error = type(error).__name__
        raise stream.error(ProtocolError, f"The token server does not speak HTTP ({kind_of_error}).") from None
    if not whole:
        raise stream.error(DisconnectedError, "The token server closed the connection in the middle of its answer.")
    if len(content) > MAX_ANSWER:
        raise stream.error(ProtocolError, f"The token server's answer has more than {MAX_ANSWER:,} bytes.")
    return Answer(response.status, content)


class _Wire:
    """What ``http.client`` asks of a socket, on a stream whose every wait ends."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def sendall(self, data: bytes) -> None:
        self._stream.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._stream))

    def close(self) -> None:
        """Leave the stream open: who opened it closes it."""


class _Reader(io.RawIOBase):
    """The stream as a file; the end of the connection is the end of the file."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = next(self._stream.chunks(len(buffer)))
        except DisconnectedError:
            return 0
        buffer[: len(piece)] = piece
        return len(piece)
