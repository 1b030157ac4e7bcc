"""Sends messages that were taken in hand, and notes each step, so that a killed process leaves a true record."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from ...account import Account
from ...errors import AuthenticationError, MailboxError, ServiceError, StoreError
from ...message import Message, envelope_of, message_id_of
from ...smtp import Receipt
from ..delivery import SendOptions
from ..store import Entry, Outbox, State
from .outcome import (
    Failure,
    Outcome,
    Step,
    after_cancel,
    after_error,
    after_loss,
    after_receipt,
    after_refusal,
    after_silence,
)
from .packing import unpack
from .pauses import Pauses
from .schedule import wait_after

logger = logging.getLogger("flask_mailbox")


class Sends(Protocol):
    """What is needed of a delivery."""

    def send(self, message: Message, options: SendOptions) -> Receipt:
        """Send one message."""


FindAccount = Callable[[str], Account]
MakeDelivery = Callable[[Account, Callable[[Receipt], None]], Sends]


class NotOursError(Exception):
    """The message was given to another process before its content went out."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends what is claimed; used within an app context.

    :param find_account: Gives the account of a name.
    :param make_delivery: Gives a delivery for an account that calls back with each receipt before anybody else sees it,
        but not with that of a message which a receiver of ``message_sending`` kept back.
    :param until_rate_allows: Gives the seconds until an account's rate lets its next message go.
    """

    find_account: FindAccount
    make_delivery: MakeDelivery
    until_rate_allows: Callable[[Account], float]
    pauses: Pauses = field(default_factory=Pauses)

    def send(self, outbox: Outbox, entry: Entry, *, patient: bool = True) -> float | None:
        """Make one attempt with a message in hand; return when the next is due, if there is to be one.

        :param patient: Wait for the account's rate; else the message is put back, and the account's pause noted.
        """
        try:
            step = self._step(outbox, entry, patient=patient)
        except NotOursError:
            logger.warning("Message %s was given to another process meanwhile; nothing was sent here.", entry.id)
            return None
        except StoreError as error:  # who it is in the hands of is found out by its lease
            logger.error("Message %s was not sent now: %s", entry.id, error)
            return None
        if step.pause:
            self.pauses.begin(entry.account, step.pause, step.outcome.failure)
        return note(outbox, entry, step)

    def _step(self, outbox: Outbox, entry: Entry, *, patient: bool) -> Step:
        """Make an attempt, if it is of use now, and return what follows.

        :raises NotOursError: If the message was given to another process; nothing was sent.
        :raises StoreError: If it cannot be noted that content goes out; nothing was sent.
        """
        before = Outcome.load(entry.outcome)
        if before.is_unreadable:
            return Step(State.UNKNOWN, before)
        try:
            account = entry.private or self._found(entry.account)
        except MailboxError as error:
            return after_error(before, error, wait_after(entry.attempts))
        held_back = self._held_back(account, entry, before, patient=patient)
        if held_back is not None:
            return held_back
        step = self._attempt(outbox, entry, account, before)
        if not patient:
            self._rests(account, entry.account)
        return step

    def _attempt(self, outbox: Outbox, entry: Entry, account: Account, before: Outcome) -> Step:
        """Send the message, and return what follows; raises what ``_step`` does."""
        receipts: list[Receipt] = []
        begun: list[bool] = []

        def begin_content() -> None:
            if not outbox.begin_content(entry):
                raise NotOursError
            begun.append(True)

        options = SendOptions()
        try:
            message, options = unpack(entry.message)
            options = replace(options, only=before.pending, before_content=begin_content)
            receipt = self.make_delivery(account, receipts.append).send(message, options)
        except (NotOursError, StoreError):
            raise
        except Exception as error:
            if not isinstance(error, MailboxError):
                logger.exception("Sending message %s failed.", entry.id)
            if not receipts:  # else it is a signal's receiver that failed, and changes nothing
                if isinstance(error, AuthenticationError) and not error.transient:
                    self.pauses.refuse(entry.account, account, Failure.of(error))
                return self._after(error, before, entry, begun=bool(begun))
            receipt = receipts[-1]
        if not receipts:  # the one receipt that nobody is called with
            return after_cancel(before)
        return after_receipt(before, receipt, wait_after(entry.attempts), all_or_nothing=options.all_or_nothing)

    def _found(self, name: str) -> Account:
        """Return the account of a name.

        :raises ConfigurationError: If there is none.
        :raises ServiceError: If the app's own function failed, as it does while its database is away.
        """
        try:
            return self.find_account(name)
        except MailboxError:
            raise
        except Exception as error:
            logger.exception("Looking for account '%s' failed.", name)
            text = f"The account was not found, since the app's account_finder raised {type(error).__name__}."
            raise ServiceError(text, account=name, transient=True) from error

    def _held_back(self, account: Account, entry: Entry, before: Outcome, *, patient: bool) -> Step | None:
        """Return what follows without an attempt, where it is known that one is of no use now."""
        pause = self.pauses.asked_for(entry.account)
        if pause is not None:
            return Step(State.QUEUED, replace(before, failure=pause.failure), pause.left, counts=False)
        refusal = self.pauses.refusal(entry.account, account)
        if refusal is not None:
            return after_refusal(before, refusal)
        if not patient and self._rests(account, entry.account):
            return Step(State.QUEUED, before, counts=False, keeps_place=True)
        return None

    def _rests(self, account: Account, name: str) -> bool:
        """Let an account rest until its rate allows the next message; ``False`` if that may go now."""
        seconds = self.until_rate_allows(account)
        if seconds:
            self.pauses.begin(name, seconds)
        return seconds > 0

    def _after(self, error: Exception, before: Outcome, entry: Entry, *, begun: bool) -> Step:
        """Return what follows from an error: one of ours says that nothing was sent, any other leaves it open."""
        if begun and not isinstance(error, MailboxError):
            return silence(entry)
        return after_error(before, error, wait_after(entry.attempts))


def note(outbox: Outbox, entry: Entry, step: Step) -> float | None:
    """Note what follows from an attempt; return when the next is due, if there is to be one.

    A store that cannot be written is told in the log: the message then counts as unknown once its lease has ended.
    """
    try:
        if step.state is State.QUEUED:
            due = entry.due if step.keeps_place else time.time() + step.wait
            attempts = entry.attempts if step.counts else entry.attempts - 1
            return due if outbox.requeue(entry, due, step.outcome.dump(), attempts=attempts) else None
        outbox.finish(entry, step.state, step.outcome.dump())
    except StoreError as error:
        logger.error("Message %s is %s, which could not be noted: %s", entry.id, step.state, error)
    return None


def recover(outbox: Outbox) -> int:
    """Look after what killed processes left in hand: queued anew if nothing was sent, else unknown.

    :return: How many were queued anew.
    :raises StoreError: If the store cannot be used.
    """
    taken_back = 0
    for entry in outbox.abandoned():
        try:
            taken_back += _recover(outbox, entry)
        except StoreError:
            raise
        except Exception:  # the others are looked after all the same
            logger.exception("Message %s, which an ended process left, could not be looked after.", entry.id)
    return taken_back


def _recover(outbox: Outbox, entry: Entry) -> bool:
    """Look after one message; ``True`` if it was queued anew."""
    if entry.content_begun:
        whole = outbox.store.get(entry.id) or entry
        if outbox.give_up(entry, silence(whole).outcome.dump()):
            logger.error("Message %s may have been sent: its process was killed. It is not sent again.", entry.id)
        return False
    before = Outcome.load(entry.outcome)
    step = Step(State.UNKNOWN, before) if before.is_unreadable else after_loss(before)
    taken = outbox.take_back(entry, step.state, step.outcome.dump(), wait=step.wait)
    if taken and step.state is not State.QUEUED:
        logger.error("Message %s is %s: %s", entry.id, step.state, step.outcome.failure and step.outcome.failure.text)
    return taken and step.state is State.QUEUED


def silence(entry: Entry) -> Step:
    """Return what follows if nobody knows whether a message was sent."""
    before = Outcome.load(entry.outcome)
    try:
        message, _ = unpack(entry.message)
        recipients = envelope_of(message, sender=_ANYBODY).recipients
        message_id = message_id_of(message, sender=_ANYBODY)
    except Exception:  # of another version, or damaged: the state counts more than the names
        return after_silence(before, (), "")
    return after_silence(before, recipients, message_id)


_ANYBODY = "nobody@localhost.invalid"
"""Stands in for the account's sender where only recipients are asked for."""
