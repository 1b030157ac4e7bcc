"""The bounds of one operation on a stream: a deadline, the wait for one read, and what its failure means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import (
    CommandError,
    DisconnectedError,
    MessageError,
    MessageNotFoundError,
    UIDValidityChangedError,
    UsageError,
)
from .deadline import Deadline

if TYPE_CHECKING:
    from .stream import Stream

_HARMLESS = (CommandError, MessageError, MessageNotFoundError, UIDValidityChangedError, UsageError)
"""Errors after which both sides still agree where in the conversation they are."""


class Operation:
    """The ``with`` block that ``Stream.operation`` gives, with the deadline; it breaks the stream if it fails.

    A class of its own and no generator, since every message passes several.
    """

    __slots__ = ("_at_least", "_outer", "_outer_read", "_read", "_stream", "_within")

    def __init__(self, stream: Stream, at_least: float, read: float | None, within: Deadline | None) -> None:
        self._stream = stream
        self._at_least = at_least
        self._read = read
        self._within = within

    def __enter__(self) -> Deadline:
        stream = self._stream
        self._outer, self._outer_read = stream.deadline, stream.read_timeout
        if stream.broken and self._outer is None:
            raise stream.error(
                DisconnectedError,
                "The session ended with an earlier failure.",
                hint="Open a new one: what comes on this connection may be the answer to something else.",
            )
        deadline = self._outer or self._within or Deadline(stream.account.timeouts.operation)
        if self._at_least:
            deadline.at_least(self._at_least)
        stream.deadline = deadline
        if self._read is not None:
            stream.read_timeout = self._read
        return deadline

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        stream = self._stream
        stream.deadline, stream.read_timeout = self._outer, self._outer_read
        if kind is not None and not issubclass(kind, _HARMLESS):
            stream.broken = True
