"""A message on its way into the post: ready to be sent, or with the receipt that it has already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import MailboxError
from ..smtp import Parcel, Receipt

if TYPE_CHECKING:
    from flask_mail import Message as FlaskMailMessage


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that was prepared.

    :param parcel: What is sent, unless there is a receipt.
    :param receipt: What became of it without sending: suppressed, captured, cancelled or impossible.
    :param cancelled: Whether a receiver of ``message_sending`` kept it back.
    """

    message: FlaskMailMessage
    parcel: Parcel | None = None
    receipt: Receipt | None = None
    cancelled: bool = False

    def failed(self, error: MailboxError) -> Receipt:
        """Return its receipt if it was not sent at all."""
        return Receipt(self.parcel.message_id if self.parcel else "", failure=error)
