"""One mail transaction on a session: MAIL, RCPT, the content, and what each recipient was answered (RFC 5321, 3.3).

Three ways lead through it, by what the server offers:

- without PIPELINING one command at a time;
- with it, MAIL, RCPT… and DATA in one write (RFC 2920), so that a message costs two round trips; the first of them is
  shared with the content of the message before, where there is one;
- with CHUNKING as well, a small message goes in the same write as its announcement by BDAT (RFC 3030): one round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from ..errors import AddressError, CommandError, DisconnectedError, MessageError, ServiceError
from .commands import Commands
from .parcel import Parcel
from .receipt import Receipt
from .reply import Reply
from .tally import Tally

if TYPE_CHECKING:
    from .session import SMTPSession

FINAL_REPLY_TIMEOUT = 120.0
"""Seconds to wait for the reply to the final dot: giving up early makes the outcome unknown (RFC 5321, 4.5.3.2.6)."""

WINDOW = 100
"""Recipients that are written before their replies are read, so that neither side's buffers fill up."""

SMALL = 64 * 1024
"""Bytes up to which a message goes with its announcement: more would be wasted where the recipients are refused."""


class Transaction:
    """Sends one message through a session and keeps account of every recipient.

    The steps, in this order and within one operation: ``check``, ``start``, ``listen``, ``deliver``, ``conclude``.

    :param session: An open session, used by nobody else meanwhile.
    :param parcel: The message.
    """

    def __init__(self, session: SMTPSession, parcel: Parcel) -> None:
        self.parcel = parcel
        self._session = session
        self._client = session.client
        self._commands = Commands(parcel, session.extensions)
        self._recipients = parcel.envelope.recipients
        self._pipelines = "PIPELINING" in session.extensions
        self._whole = False
        self._resets = False
        self._asked_data = False
        self._tally = Tally(session, parcel, self._commands.unsupported)
        self._receipt: Receipt | None = None

    # The steps

    def check(self) -> None:
        """Find what the server cannot take before anything is sent.

        :raises MessageError: If the message is larger than the server announced, or needs SMTPUTF8 or 8BITMIME that it
            lacks.
        """
        limit = self._session.size_limit
        if limit and len(self.parcel.data) > limit:
            raise MessageError(
                f"The message has {len(self.parcel.data):,} bytes, and {self._where} accepts at most {limit:,}: send "
                "smaller attachments, or links to them.",
                field="attachments",
            )
        commands, extensions = self._commands, self._session.extensions
        if commands.needs_utf8 and "SMTPUTF8" not in extensions:
            envelope = self.parcel.envelope
            named = (address for address in (envelope.sender, *envelope.recipients) if not address.isascii())
            raise AddressError(
                f"{next(named, 'An address')} has letters before the @ that need SMTPUTF8, "
                f"which {self._where} does not offer.",
                field="recipients",
            )
        if commands.is_8bit and "8BITMIME" not in extensions and not commands.needs_utf8:
            raise MessageError(
                f"The message has bytes that are not ASCII, and {self._where} takes 7 bits only (no 8BITMIME): encode "
                "it as base64 or quoted-printable.",
                field="body",
            )

    @property
    def may_go_ahead(self) -> bool:
        """Whether its announcement may be written before the message in front of it is answered, and gains by that."""
        return self._pipelines and len(self._recipients) <= WINDOW and not self._may_go_whole

    def start(self, *, ahead: bool = False) -> None:
        """Write what needs no answer before the next: the announcement, and a small message with it.

        :param ahead: The message in front is not answered yet.
        """
        if not self._pipelines:
            return
        self._whole = not ahead and self._may_go_whole
        if not ahead:
            self._client.require_silence("MAIL")
        self._resets, self._session.needs_reset = self._session.needs_reset, False
        lines = ["RSET"] if self._resets else []
        lines += [self._commands.mail(), *map(self._commands.rcpt, self._recipients[:WINDOW])]
        self._asked_data = not self._whole and len(self._recipients) <= WINDOW and not self.parcel.all_or_nothing
        if self._whole:
            self._tell_before_content()
            data = self.parcel.data if self.parcel.data.endswith(b"\r\n") else self.parcel.data + b"\r\n"
            self._client.send([*lines, f"BDAT {len(data)} LAST"], data)
        else:
            self._client.send([*lines, "DATA"] if self._asked_data else lines)

    def listen(self) -> None:
        """Read what answers the announcement; afterwards the content may follow, or a receipt tells why not.

        :raises CommandError: If the server refuses the sender.
        :raises ServiceError: If the connection fails before any recipient was answered.
        """
        try:
            data_reply = self._hear_all() if self._pipelines else self._ask_one_by_one()
        except CommandError:
            raise
        except ServiceError as error:
            if self._whole:  # the content was sent as well
                self._receipt = self._tally.lost(error)
            elif not self._tally.anybody_answered:
                raise
            else:
                self._receipt = self._tally.nothing_delivered(error)
            return
        if not self._whole:
            self._receipt = self._reason_not_to_send(data_reply)

    def deliver(self) -> bool:
        """Write the content, if it may be sent; return whether its answer is to be waited for."""
        if self._receipt is not None:
            return False
        try:
            self._client.require_silence("DATA")
        except ServiceError as error:
            self._receipt = self._tally.nothing_delivered(error)
            return False
        self._tell_before_content()
        try:
            self._client.content(_dot_stuffed(self.parcel.data))
        except DisconnectedError as error:
            self._receipt = self._early_answer(error)
        except ServiceError as error:
            self._receipt = self._tally.nothing_delivered(error)
        return self._receipt is None

    def conclude(self) -> Receipt:
        """Read the last answer and return the receipt; a lost answer makes the outcome unknown."""
        if self._receipt is None:
            try:
                with self._final():
                    reply = self._client.reply()
            except ServiceError as error:
                return self._tally.lost(error)
            self._receipt = self._tally.content_answered(reply)
        return self._receipt

    # The announcement

    def _ask_one_by_one(self) -> Reply | None:
        """Send MAIL, RCPT and DATA, each after the answer to the one before."""
        self._client.require_silence("MAIL")
        if self._session.needs_reset:
            self._session.needs_reset = False
            self._client.command("RSET")
        self._hear_mail(self._client.command(self._commands.mail()))
        for recipient in self._recipients:
            self._tally.note(recipient, self._client.command(self._commands.rcpt(recipient)))
        if not self._may_ask_data:
            return None
        self._client.require_silence("DATA")
        return self._client.command("DATA")

    def _hear_all(self) -> Reply | None:
        """Read the answers to what ``start`` wrote, and go on with further recipients and DATA where it did not."""
        if self._resets:
            self._client.reply()
        first = self._recipients[:WINDOW]
        self._hear_mail(self._client.reply(), announced=len(first))
        self._note_replies(first)
        for at in range(WINDOW, len(self._recipients), WINDOW):
            window = self._recipients[at : at + WINDOW]
            self._client.send([self._commands.rcpt(recipient) for recipient in window])
            self._note_replies(window)
        if self._whole:
            self._hear_whole()
            return None
        if not self._asked_data and self._may_ask_data:
            self._client.require_silence("DATA")
            self._client.send(["DATA"])
            self._asked_data = True
        return self._client.reply() if self._asked_data else None

    def _hear_mail(self, reply: Reply, *, announced: int = 0) -> None:
        if reply.positive:
            return
        error = self._client.failed("MAIL", reply)
        if self._session.stream.broken:
            raise error
        self._session.needs_reset = True
        try:
            self._hear_the_rest(announced)
        except ServiceError:
            self._session.stream.broken = True
        raise error

    def _hear_the_rest(self, announced: int) -> None:
        """Read what answers the commands behind a refused MAIL."""
        for _ in range(announced):
            self._client.reply()
        if self._whole:
            self._client.reply()
        elif self._asked_data and self._client.reply().code == 354:
            self._finish_empty()

    def _hear_whole(self) -> None:
        """Read the answer to a message that was sent with its announcement."""
        with self._final():
            reply = self._client.reply()
        if not reply.positive:
            self._session.needs_reset = True  # RFC 3030, 2
        contradiction = self._contradiction() if reply.positive else None
        if contradiction is None:
            self._receipt = self._tally.content_answered(reply)
        else:
            self._receipt = self._tally.lost(self._client.out_of_turn("the content", contradiction))

    def _contradiction(self) -> Reply | None:
        """Return an answer behind a yes that is none: with no 354 between, either may be the one to the content."""
        try:
            extra = self._client.unasked()
        except ServiceError:
            return None
        return None if extra is None or extra.positive or extra.code == 421 else extra

    def _reason_not_to_send(self, data_reply: Reply | None) -> Receipt | None:
        """Return a receipt if the content may not follow: it does behind 354 alone (RFC 5321, 4.3.2)."""
        if data_reply is not None and data_reply.code == 354:
            if self._tally.willing:
                return None
            self._finish_empty()
            return self._tally.kept_back()
        self._session.needs_reset = True
        if data_reply is None:
            return self._tally.kept_back()
        if data_reply.negative:
            return self._tally.all_refused(data_reply)
        return self._tally.nothing_delivered(self._client.out_of_turn("DATA", data_reply))

    def _finish_empty(self) -> None:
        """End a DATA that was accepted without any recipient by a lone dot (RFC 2920, 3.1)."""
        try:
            reply = self._client.command(".")
        except ServiceError:
            self._session.stream.broken = True
        else:
            self._session.stream.broken |= not (reply.positive or reply.negative)

    def _note_replies(self, recipients: Sequence[str]) -> None:
        note, reply = self._tally.note, self._client.reply
        for recipient in recipients:
            note(recipient, reply())

    def _early_answer(self, error: DisconnectedError) -> Receipt:
        """Look for the reason that a server gave before it closed in the middle of the content."""
        try:
            reply = self._client.reply()
        except ServiceError:
            return self._tally.nothing_delivered(error)
        return self._tally.all_refused(reply) if reply.negative else self._tally.nothing_delivered(error)

    # Helpers

    def _tell_before_content(self) -> None:
        self._session.content_begun = True
        if self.parcel.before_content is not None:
            try:
                self.parcel.before_content()
            except BaseException:
                self._session.stream.broken = True  # the server waits for content that will not come
                raise

    @property
    def _where(self) -> str:
        return self._session.stream.endpoint.where

    @property
    def _may_ask_data(self) -> bool:
        return bool(self._tally.willing) and not (self.parcel.all_or_nothing and self._tally.refused)

    @property
    def _may_go_whole(self) -> bool:
        return (
            "CHUNKING" in self._session.extensions
            and self._session.was_heard_lately
            and len(self.parcel.data) <= SMALL
            and len(self._recipients) <= WINDOW
            and not self.parcel.all_or_nothing
        )

    def _final(self) -> AbstractContextManager[Any]:
        return self._session.stream.operation(at_least=FINAL_REPLY_TIMEOUT, read=FINAL_REPLY_TIMEOUT)


def _dot_stuffed(data: bytes) -> bytes:
    """Return the content as it goes on the wire: dots at line starts doubled, one end (RFC 5321, 4.5.2)."""
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")
