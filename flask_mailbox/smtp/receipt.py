"""What became of a message: for each recipient accepted, refused or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..errors import DeliveryError, MailboxError

NO_REPLY = 0
"""The code of a refusal that no server spoke: the connection ended before the message was complete."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a recipient was not accepted.

    :param code: The reply code (RFC 5321, 4.2), or 0 if the connection ended before the message was complete.
    :param enhanced: The enhanced status code (RFC 3463) such as ``5.1.1``; empty if the server gave none.
    :param text: The server's words.
    :param permanent: Whether another try would end the same way.
    :param category: A stable name of the cause, or ``None``.
    :param hint: What to do about it, in plain words; may be empty.
    """

    code: int
    enhanced: str
    text: str
    permanent: bool
    category: str | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one ``send``.

    :param accepted: Recipients whose server took responsibility for the message.
    :param refused: Recipients that were refused, each with its reason.
    :param unknown: Recipients for whom the final answer was lost: the message may be on its way, so it is never
        sent again by itself (RFC 1047).
    :param suppressed: Whether nothing was sent on purpose (``MAIL_SUPPRESS_SEND``, capture).
    :param message_id: The Message-ID, angle brackets included.
    :param server_text: The server's last words; empty if none.
    :param queue_id: The server's own name for the message, as far as its words tell; empty if not.
    :param answered_at: When the last answer came, or its lack was noticed; aware, in UTC.
    :param seconds: How long the transaction took.
    :param warnings: What went wrong besides, without changing the outcome (a Sent copy that failed).
    :param failure: From ``send_many`` only: the error that ``send`` would have raised. Nobody was asked for then.
    """

    message_id: str
    accepted: tuple[str, ...] = ()
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    suppressed: bool = False
    server_text: str = ""
    queue_id: str = ""
    answered_at: datetime | None = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    failure: MailboxError | None = None

    @property
    def ok(self) -> bool:
        """Whether every recipient was accepted (or sending is suppressed)."""
        return not self.refused and not self.unknown and self.failure is None

    @property
    def dispatched(self) -> bool:
        """Whether somebody may get the message, or would if sending were not suppressed."""
        return bool(self.accepted or self.unknown) or self.ok

    def raise_for_refused(self) -> None:
        """Raise unless every recipient was accepted.

        :raises DeliveryError: With this receipt; ``transient`` if another try may help and nobody is unknown.
        :raises MailboxError: What kept the message from being sent at all (``failure``).
        """
        if self.failure is not None:
            raise self.failure
        if not self.ok:
            raise self.error()

    def error(self) -> DeliveryError:
        """Return the error that tells this receipt's refusals in one sentence."""
        reasons = [f"{to}: {refusal.code or 'no reply'} {refusal.text}" for to, refusal in self.refused.items()]
        reasons += [f"{to}: the final answer was lost, the message may have been sent" for to in self.unknown]
        shown = "; ".join(reasons[:5]) + (f"; and {len(reasons) - 5} more" if len(reasons) > 5 else "")
        first = next(iter(self.refused.values()), None)
        return DeliveryError(
            f"Not every recipient was accepted. {shown}",
            receipt=self,
            protocol="smtp",
            transient=not self.unknown and not any(refusal.permanent for refusal in self.refused.values()),
            hint=first.hint if first else "",
            category=first.category if first else None,
        )
