"""One message on its way: who it goes to, its finished content, and what is asked of the server besides."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from ..message import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What goes through one transaction.

    :param envelope: Sender and recipients as they go into MAIL and RCPT.
    :param data: The message with CR LF line ends, as ``build`` makes it, not yet dot-stuffed.
    :param message_id: Its Message-ID, for the receipt.
    :param all_or_nothing: Send only if every recipient is accepted.
    :param notify: For which events the servers on the way shall report: ``success``, ``failure``, ``delay``, or
        ``never`` alone (RFC 3461, 4.1); empty leaves it to them.
    :param mail_options: Further parameters of MAIL, such as ``RET=FULL``.
    :param rcpt_options: Further parameters of each RCPT.
    :param before_content: Called right before the content is written, each time; if it raises, nothing is sent.
    """

    envelope: Envelope
    data: bytes
    message_id: str
    all_or_nothing: bool = False
    notify: tuple[str, ...] = ()
    mail_options: tuple[str, ...] = ()
    rcpt_options: tuple[str, ...] = ()
    before_content: Callable[[], None] | None = None

    @property
    def is_8bit(self) -> bool:
        """Whether it has other bytes than ASCII; what ``build`` makes has them in addresses alone."""
        return not self.data.isascii()

    @property
    def needs_utf8(self) -> bool:
        """Whether only a server with SMTPUTF8 can take it (RFC 6531): an address or a header is not ASCII."""
        envelope = self.envelope
        if not ("".join(envelope.recipients).isascii() and envelope.sender.isascii()):
            return True
        return not self.data.isascii() and not self.data[: self.data.find(b"\r\n\r\n")].isascii()

    def to(self, recipients: tuple[str, ...]) -> Parcel:
        """Return the same message for some of its recipients."""
        return dataclasses.replace(self, envelope=Envelope(self.envelope.sender, recipients))
