"""The bounds of one operation on a connection: a deadline, the wait for one read, and what its failure means."""

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
    from .connection import Connection

_HARMLESS = (CommandError, MessageError, MessageNotFoundError, UIDValidityChangedError, UsageError)
"""Errors after which both sides still agree where in the conversation they are."""


class Operation:
    """The ``with`` block that ``Connection.operation`` gives, with the deadline; it breaks the connection if it fails.

    A class of its own and no generator, since every message passes several.
    """

    __slots__ = ("_at_least", "_connection", "_outer", "_outer_read", "_read", "_within")

    def __init__(self, connection: Connection, at_least: float, read: float | None, within: Deadline | None) -> None:
        self._connection = connection
        self._at_least = at_least
        self._read = read
        self._within = within

    def __enter__(self) -> Deadline:
        connection = self._connection
        self._outer, self._outer_read = connection.deadline, connection.read_timeout
        if connection.broken and self._outer is None:
            raise connection.error(
                DisconnectedError,
                "The session ended with an earlier failure.",
                hint="Open a new one: what comes on this connection may be the answer to something else.",
            )
        deadline = self._outer or self._within or Deadline(connection.account.timeouts.operation)
        if self._at_least:
            deadline.at_least(self._at_least)
        connection.deadline = deadline
        if self._read is not None:
            connection.read_timeout = self._read
        return deadline

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        connection = self._connection
        connection.deadline, connection.read_timeout = self._outer, self._outer_read
        if kind is not None and not issubclass(kind, _HARMLESS):
            connection.broken = True
