"""What is known of a message that is sent later, and what follows from it: another attempt, or an end."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...errors import BusyError, MailboxError, PoolTimeoutError, RateError, ServiceError
from ...smtp import Receipt, Refusal
from ..patience import merged, to_try_again
from ..store import State
from . import schedule

CROWDED = 30.0
"""Seconds to wait where all connections of the account stayed in use."""

LOSSES = 5
"""How many processes in a row may end with a message in hand, before anything is sent."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was not sent, or not yet.

    :param text: What happened, in one sentence; never a secret.
    :param category: A stable name of the cause, such as ``app_password_required``, or ``None``.
    :param hint: What to do about it, in plain words; may be empty.
    :param transient: Whether another attempt may succeed.
    :param error: The name of the error's class; empty if it is not ours.
    """

    text: str
    category: str | None = None
    hint: str = ""
    transient: bool = False
    error: str = ""

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Return an error's own words; of an error that is not ours only the kind, since its words may be anything."""
        if isinstance(error, ServiceError):
            plain = str(error).removesuffix(error.hint).rstrip() if error.hint else str(error)
            return cls(plain, error.category, error.hint, error.transient, type(error).__name__)
        if isinstance(error, MailboxError):
            return cls(str(error), error=type(error).__name__)
        return cls(f"Sending failed with {type(error).__name__}; the app's log tells where.", "internal_error")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known so far.

    :param receipt: What recipients were answered, all attempts taken together.
    :param failure: Why the last attempt failed as a whole.
    :param pending: Who is still to be asked; everybody if ``None``.
    :param losses: How many processes in a row ended before they had sent anything.
    """

    receipt: Receipt | None = None
    failure: Failure | None = None
    pending: tuple[str, ...] | None = None
    losses: int = 0

    def dump(self) -> str:
        """Return the outcome as JSON."""
        return json.dumps(
            {
                "receipt": _receipt_values(self.receipt) if self.receipt else None,
                "failure": dataclasses.asdict(self.failure) if self.failure else None,
                "pending": self.pending,
                "losses": self.losses,
            }
        )

    @classmethod
    def load(cls, text: str) -> Outcome:
        """Return the outcome that ``dump`` wrote, perhaps in another version; of an empty text one that knows nothing.

        What cannot be read is an outcome that ``is_unreadable``.
        """
        if not text:
            return cls()
        try:
            values = json.loads(text)
            receipt, failure, pending = (values.get(name) for name in ("receipt", "failure", "pending"))
            return cls(
                receipt=_receipt(receipt) if receipt else None,
                failure=Failure(**_known(Failure, failure)) if failure else None,
                pending=None if pending is None else tuple(pending),
                losses=int(values.get("losses", 0)),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls(failure=UNREADABLE)

    @property
    def is_unreadable(self) -> bool:
        """Whether nobody knows who has the message already."""
        return self.failure is not None and self.failure.category == UNREADABLE.category


UNREADABLE = Failure(
    "What is known of the message cannot be read: another version of flask-mailbox wrote it.", "unreadable"
)


@dataclass(frozen=True, slots=True)
class Step:
    """What follows.

    :param wait: Seconds until another attempt, where the state is ``queued``.
    :param counts: Whether the attempt counts: not if no server was asked.
    :param keeps_place: Leave the message before those that were due after it, rather than let it wait.
    :param pause: Seconds for which the account's other messages wait as well.
    """

    state: State
    outcome: Outcome
    wait: float = 0.0
    counts: bool = True
    keeps_place: bool = False
    pause: float = 0.0


def after_receipt(before: Outcome, receipt: Receipt, wait: float | None, *, all_or_nothing: bool = False) -> Step:
    """Return what follows from the answers of recipients.

    :param wait: Seconds until another attempt, or ``None`` if there is none left.
    :param all_or_nothing: Ask nobody again if somebody refused for good.
    """
    together = merged(before.receipt, receipt)
    later = to_try_again(receipt, all_or_nothing=all_or_nothing)
    if later and wait is not None:
        return Step(State.QUEUED, Outcome(together, pending=later), wait)
    return _end(together, None)


def after_error(before: Outcome, error: BaseException, wait: float | None) -> Step:
    """Return what follows from an error before any recipient was answered."""
    failure = Failure.of(error)
    known = dataclasses.replace(before, failure=failure, losses=0)
    if isinstance(error, RateError | PoolTimeoutError):
        room_in = error.seconds if isinstance(error, RateError) else CROWDED
        return Step(State.QUEUED, known, room_in, counts=False)
    pause = _pause(error, wait)
    if failure.transient and wait is not None:
        return Step(State.QUEUED, known, max(wait, pause), pause=pause)
    return dataclasses.replace(_end(before.receipt, failure), pause=pause)


def _pause(error: BaseException, wait: float | None) -> float:
    """Return for how long a server, or the one that gives out tokens, asked to be left alone by the whole account."""
    if isinstance(error, ServiceError) and error.category == "rate_limited":
        return max(wait or 0.0, schedule.ASKED_TO_WAIT)
    if isinstance(error, BusyError):  # the sign-in was put off: a minute or an hour, nobody knows
        return schedule.ASKED_TO_WAIT if wait is None else wait
    return 0.0


def after_refusal(before: Outcome, failure: Failure) -> Step:
    """Return what follows if the account's sign-in was refused a moment ago, for another message."""
    told = dataclasses.replace(failure, text=f"Not tried, since the sign-in was just refused: {failure.text}")
    return _end(before.receipt, told)


def after_cancel(before: Outcome) -> Step:
    """Return what follows if the app itself kept the message back."""
    failure = Failure("A receiver of message_sending kept it back.", "cancelled")
    if before.receipt is not None and before.receipt.dispatched:
        return _end(before.receipt, failure)
    return Step(State.CANCELLED, Outcome(before.receipt, failure))


def after_silence(before: Outcome, recipients: tuple[str, ...], message_id: str) -> Step:
    """Return what follows if the sender ended after content may have gone out, and left no word."""
    asked = before.pending if before.pending is not None else recipients
    together = merged(before.receipt, Receipt(message_id, unknown=asked))
    return Step(
        State.UNKNOWN,
        Outcome(together, Failure("The process that sent this ended before it noted the answer.", "sender_ended")),
    )


def after_loss(before: Outcome) -> Step:
    """Return what follows if the sender ended before anything was sent: it may be the message that ends its senders."""
    losses = before.losses + 1
    if losses >= LOSSES:
        text = f"Each of {losses} processes in a row that were to send this ended before anything was sent."
        return _end(before.receipt, Failure(text, "sender_ended"))
    wait = schedule.wait_after(min(losses - 1, len(schedule.WAITS))) if losses > 1 else 0.0
    return Step(State.QUEUED, dataclasses.replace(before, losses=losses), wait or 0.0)


def again(outcome: Outcome) -> Outcome:
    """Return the outcome with which a message is queued anew by order: whoever has not accepted it is asked."""
    receipt = outcome.receipt
    if receipt is None:
        return Outcome(pending=outcome.pending)
    rest = (*receipt.unknown, *receipt.refused)
    kept = dataclasses.replace(receipt, unknown=(), refused={}) if receipt.accepted else None
    return Outcome(kept, pending=rest or outcome.pending)


def _end(receipt: Receipt | None, failure: Failure | None) -> Step:
    if receipt is None:
        return Step(State.FAILED, Outcome(None, failure))
    if receipt.unknown:
        return Step(State.UNKNOWN, Outcome(receipt, failure))
    if receipt.accepted or receipt.suppressed:
        return Step(State.SENT, Outcome(receipt, failure))
    return Step(State.FAILED, Outcome(receipt, failure or Failure.of(receipt.error())))


def _receipt_values(receipt: Receipt) -> dict[str, Any]:
    values = {
        each.name: getattr(receipt, each.name)
        for each in dataclasses.fields(receipt)
        if each.name not in ("refused", "answered_at", "failure")
    }
    values["refused"] = {to: dataclasses.asdict(refusal) for to, refusal in receipt.refused.items()}
    values["answered_at"] = receipt.answered_at.isoformat() if receipt.answered_at else None
    return values


def _receipt(values: dict[str, Any]) -> Receipt:
    lists = {name: tuple(values.get(name, ())) for name in ("accepted", "unknown", "warnings")}
    refused = {to: Refusal(**_known(Refusal, refusal)) for to, refusal in values.get("refused", {}).items()}
    answered_at = datetime.fromisoformat(values["answered_at"]) if values.get("answered_at") else None
    return Receipt(**{**_known(Receipt, values), **lists, "refused": refused, "answered_at": answered_at})


def _known(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the fields that this version has."""
    return {each.name: values[each.name] for each in dataclasses.fields(kind) if each.name in values}
