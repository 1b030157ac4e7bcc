"""Many messages one after the other: read from any iterable as they can be sent, each with its receipt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ..errors import AuthenticationError, CommandError, ConnectError, MailboxError, ServiceError
from ..smtp import Parcel, Receipt
from .courier import Following
from .draft import Draft

if TYPE_CHECKING:
    from flask_mail import Message as FlaskMailMessage

MAX_FAILURES = 3
"""Messages in a row that may fail for the server's or the network's sake before the series ends."""

QUICK = 0.5
"""Seconds: where the next message takes longer to come, no receipt waits for it."""


class Series:
    """Sends messages in their order.

    :param prepare: Makes a draft of a message.
    :param send: Sends a draft, and asks for the parcel that follows while the server is busy with it.
    :param told: Tells others of a message and its receipt, and returns the receipt.
    """

    def __init__(
        self,
        messages: Iterable[FlaskMailMessage],
        prepare: Callable[[FlaskMailMessage], Draft],
        send: Callable[[Draft, Following | None], Receipt],
        told: Callable[[Draft, Receipt], Receipt],
    ) -> None:
        self._messages = iter(messages)
        self._prepare = prepare
        self._send = send
        self._told = told

    def receipts(self) -> Iterator[Receipt]:
        """Yield a receipt for each message.

        :raises ServiceError: If there is no connection or no sign-in, or if several messages failed in a row.
        :raises Exception: What the iterable raises, after the receipts of all messages that it gave.
        """
        began, failures = time.monotonic(), 0
        draft = self._next()
        while draft is not None:
            quick = time.monotonic() - began < QUICK
            following = _Following(self._next)
            receipt = draft.receipt or self._attempted(draft, following.parcel if quick else None)
            failures = _failures(failures, receipt)
            told = self._told(draft, receipt)
            began = time.monotonic() - following.seconds
            yield told
            if _is_hopeless(receipt.failure) or failures == MAX_FAILURES:
                yield from self._given_up(following, receipt.failure)
            draft = following.draft()

    def _next(self) -> Draft | None:
        message = next(self._messages, None)
        if message is None:
            return None
        try:
            return self._prepare(message)
        except MailboxError as error:
            return Draft(message, receipt=Receipt("", failure=error))

    def _attempted(self, draft: Draft, following: Following | None) -> Receipt:
        try:
            return self._send(draft, following)
        except MailboxError as error:
            return draft.failed(error)

    def _given_up(self, following: _Following, failure: MailboxError | None) -> Iterator[Receipt]:
        """End the series, and before that fail the message that was read already."""
        assert failure is not None  # noqa: S101 - a series is given up because of one
        draft = following.draft() if following.was_read else None
        if draft is not None:
            yield self._told(draft, draft.receipt or draft.failed(failure))
        raise failure


class _Following:
    """The next message of a series, read when it is first asked for.

    :param seconds: How long reading it took.
    """

    def __init__(self, read: Callable[[], Draft | None]) -> None:
        self._read = read
        self._draft: Draft | None = None
        self._trouble: Exception | None = None
        self.was_read = False
        self.seconds = 0.0

    def parcel(self) -> Parcel | None:
        """Return what is to be sent next, if anything is; an error of the iterable is kept for ``draft``."""
        if not self.was_read:
            self.was_read = True
            began = time.monotonic()
            try:
                self._draft = self._read()
            except Exception as error:  # the caller's own: told after the receipt of what was read before
                self._trouble = error
            self.seconds = time.monotonic() - began
        return self._draft.parcel if self._draft else None

    def draft(self) -> Draft | None:
        """Return the next message, or ``None`` at the end.

        :raises Exception: What the iterable raised.
        """
        self.parcel()
        if self._trouble is not None:
            raise self._trouble
        return self._draft


def _is_hopeless(error: MailboxError | None) -> bool:
    """Tell whether the next message would surely fail as well: a new session could not be had."""
    return isinstance(error, ConnectError | AuthenticationError)


def _failures(before: int, receipt: Receipt) -> int:
    """Return how many messages in a row failed for the server's sake; those that never reached it do not count."""
    error = receipt.failure
    if isinstance(error, CommandError) and error.command == "MAIL" and error.code != "421":
        return 0  # it was the sender that was refused
    if isinstance(error, ServiceError):
        return before + 1
    return before if error is not None or receipt.suppressed else 0
