"""One HTTP exchange on a stream, bounded in size and time; no redirect is followed, no proxy asked (RFC 9110)."""

from __future__ import annotations

import http.client
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..account import Security
from ..errors import DisconnectedError, ProtocolError
from .stream import Stream

MAX_ANSWER = 256 * 1024
"""Bytes of an answer; token answers have a few thousand, descriptions of mail servers too."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What the server said; it may carry tokens, so it does not show itself.

    :param location: Where the answer is instead, as the server wrote it; empty if it does not say.
    """

    status: int
    body: bytes
    location: str = ""


def exchange(
    stream: Stream, method: str, url: str, *, who: str, body: bytes | None = None, headers: Mapping[str, str]
) -> Answer:
    """Send one request and return the answer, whatever its status.

    :param stream: Connected to the URL's host, within an operation.
    :param who: How errors name the other side, such as ``token server``.
    :raises ProtocolError: If it does not speak HTTP, or its answer is longer than ``MAX_ANSWER``.
    :raises DisconnectedError: If it closed before its answer was whole.
    """
    endpoint, parts = stream.endpoint, urlsplit(url)
    plain = endpoint.security is Security.NONE
    kind = http.client.HTTPConnection if plain else http.client.HTTPSConnection
    connection = kind(endpoint.host, endpoint.port)
    connection.sock = _Wire(stream)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body, {**headers, "Connection": "close"})
        with connection.getresponse() as response:
            content = response.read(MAX_ANSWER + 1)
            whole = response.length in (None, 0) or len(content) > MAX_ANSWER
            location = response.getheader("Location") or ""
    except (http.client.RemoteDisconnected, http.client.IncompleteRead) as error:
        raise stream.error(DisconnectedError, f"The {who} closed the connection before it answered.") from error
    except (http.client.HTTPException, ValueError) as error:
        # an exception of http.client quotes what the server sent
        raise stream.error(ProtocolError, f"The {who} does not speak HTTP ({type(error).__name__}).") from None
    if not whole:
        raise stream.error(DisconnectedError, f"The {who} closed the connection in the middle of its answer.")
    if len(content) > MAX_ANSWER:
        raise stream.error(ProtocolError, f"The {who}'s answer has more than {MAX_ANSWER:,} bytes.")
    return Answer(response.status, content, location)


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
