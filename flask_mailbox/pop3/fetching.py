"""Messages that are asked for ahead of their answers (RFC 2449, 6.6), so that each does not cost a round trip."""

from __future__ import annotations

import poplib
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from ..errors import ServiceError
from .client import POP3Client
from .entry import Entry

WINDOW = 32
"""Messages that are asked for and not answered yet, at most."""

WINDOW_SIZE = 8 * 1024 * 1024
"""Announced bytes that are asked for ahead, so that what has to be put by stays small."""

SLACK = 64 * 1024
"""Bytes that a message may have beyond its announced size: servers count line ends differently."""


class Fetching:
    """One run over some messages; their answers come in the order asked for and are matched to them exactly.

    Other commands may be sent in between after ``settle`` has read the answers that are still to come.

    :param ahead: How many messages to ask for before the first is read; 1 where the server offers no PIPELINING.
    :param limit: Bytes that one message may have.
    """

    def __init__(self, client: POP3Client, entries: Iterable[Entry], *, ahead: int, limit: int) -> None:
        self._client = client
        self._ahead = ahead
        self._limit = limit + SLACK
        self._wanted = deque(entries)
        self._asked: deque[Entry] = deque()
        self._read: deque[bytes | poplib.error_proto] = deque()

    @property
    def unanswered(self) -> int:
        """How many answers are still to come over the wire."""
        return len(self._asked)

    def next(self) -> bytes:
        """Return the next message.

        :raises poplib.error_proto: If the server refused this one; the others are not touched by that.
        """
        if not self._read:
            with self._client.stream.operation():
                self._ask()
                self._read_some()
                self._ask_ahead()
        answer = self._read.popleft()
        if isinstance(answer, poplib.error_proto):
            raise answer
        return answer

    def settle(self) -> None:
        """Read the answers that are still to come and put them by."""
        while self._asked:
            with self._client.stream.operation():
                self._read_some()

    def abandon(self) -> None:
        """Want nothing more of this run."""
        self._wanted.clear()
        self._read.clear()

    def _ask_ahead(self) -> None:
        """Keep the server busy while what was read is looked at; if that fails, the next read says so."""
        if self._ahead > 1:
            with suppress(ServiceError):
                self._ask()

    def _ask(self) -> None:
        """Ask for as many more as the window has room for."""
        if len(self._asked) >= self._ahead or not self._wanted:
            return
        batch: list[Entry] = []
        size = sum(entry.size for entry in self._asked)
        while self._wanted and len(self._asked) + len(batch) < self._ahead:
            size += self._wanted[0].size
            if size > WINDOW_SIZE and (self._asked or batch):
                break
            batch.append(self._wanted.popleft())
        if batch:
            self._client.send_lines(*(b"RETR %d" % entry.number for entry in batch))
            self._asked.extend(batch)

    def _read_some(self) -> None:
        """Read the next answer, and those behind it that are there already."""
        self._client.stream.expect(self._asked[0].size)
        answer: bytes | poplib.error_proto
        try:
            answer = self._client.content(self._limit)
        except poplib.error_proto as refusal:
            answer = refusal
        self._take(answer)
        while self._asked and (content := self._client.content_that_came(self._limit)) is not None:
            self._take(content)

    def _take(self, answer: bytes | poplib.error_proto) -> None:
        self._asked.popleft()
        self._read.append(answer)
