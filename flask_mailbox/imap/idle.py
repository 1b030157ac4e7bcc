"""IDLE: a connection that waits for the server to speak (RFC 2177). While it waits, only its socket is watched."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .session import IMAPSession

KEEP_ALIVE = 120
"""Seconds of silence after which the system asks whether the other side is still there; routers forget at 300."""

MAX_SIGNS = 8_000
"""Bytes of signs of life that may come at once: more is a flood, which the session's budgets end."""

_LINE = re.compile(rb"[^\n]*\n")
_FLAGS = re.compile(rb"\* \d+ FETCH \(.*\)\r?\n", re.IGNORECASE)
_ALIVE = re.compile(rb"\* (?:OK\b.*|\d+ RECENT\s*|(\d{1,10}) EXISTS\s*)\r?\n", re.IGNORECASE)


def can_idle(session: IMAPSession) -> bool:
    """Whether the server offers IDLE, and is not known to do it badly."""
    return session.account.quirks.idle is not False and session.client.can("IDLE")


class Idling:
    """An IDLE that runs in the folder that a session has open; nothing else may be asked of it until ``stop``.

    :param told: What the server said about flags when there were news.
    """

    def __init__(self, session: IMAPSession) -> None:
        self.session = session
        self.told: tuple[bytes, ...] = ()
        with session.operation() as client:
            session.stream.keep_alive(KEEP_ALIVE)
            self._tag = client.start_idle()

    def has_news(self, is_known_talk: Callable[[bytes], bool] = lambda line: False) -> bool:
        """Take what has come, without waiting, and return whether it may be about the folder.

        Servers say ``* OK Still here`` now and then, and some tell a number of messages that is known already whenever
        IDLE begins: that is read and forgotten. Half a line waits for its other half.

        :param is_known_talk: Whether what the server says about flags, with these words, is to be forgotten as well.
        :raises DisconnectedError: If the connection has ended.
        """
        stream = self.session.stream
        waiting = stream.take_waiting()
        if stream.broken or len(waiting) > MAX_SIGNS:
            return True
        while line := _LINE.match(waiting):
            if not self._says_nothing(line[0]) and not (_FLAGS.fullmatch(line[0]) and is_known_talk(line[0])):
                self.told = tuple(each for each in waiting.splitlines(keepends=True) if _FLAGS.fullmatch(each))
                return True
            stream.skip(line.end())
            waiting = waiting[line.end() :]
        return False

    def _says_nothing(self, line: bytes) -> bool:
        sign = _ALIVE.fullmatch(line)
        return sign is not None and (sign[1] is None or int(sign[1]) == self.session.client.wire.exists)

    def stop(self, *, wait: float) -> None:
        """End it; what the server said meanwhile is read, and the session may be used again.

        :param wait: Seconds that the server may take to answer.
        :raises ServiceTimeoutError: If it does not.
        """
        with self.session.stream.operation(read=wait), self.session.operation() as client:
            client.end_idle(self._tag)
