"""One mail transaction on a session: MAIL, RCPT, DATA, and what each recipient was answered (RFC 5321, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import AddressError, CommandError, DisconnectedError, MessageError, ServiceError
from ..message import Envelope
from ..providers import advise
from .receipt import NO_REPLY, Receipt, Refusal
from .reply import Reply

if TYPE_CHECKING:
    from .session import SMTPSession

FINAL_REPLY_TIMEOUT = 120.0
"""Seconds to wait for the reply to the final dot: giving up early makes the outcome unknown (RFC 5321, 4.5.3.2.6)."""

WINDOW = 100
"""Recipients that are written before their replies are read, so that neither side's buffers fill up."""


class Transaction:
    """Sends one message through a session and keeps account of every recipient.

    :param session: An open session, used by nobody else meanwhile.
    :param envelope: Sender and recipients as they go into MAIL and RCPT.
    :param data: The message with CR LF line ends, not yet dot-stuffed.
    """

    def __init__(self, session: SMTPSession, envelope: Envelope, data: bytes, *, message_id: str) -> None:
        self._session = session
        self._client = session.client
        self._envelope = envelope
        self._data = data
        self._message_id = message_id
        self._needs_utf8 = not (data.isascii() and "".join((envelope.sender, *envelope.recipients)).isascii())
        self._willing: list[str] = []
        self._refused: dict[str, Refusal] = {}

    def run(self) -> Receipt:
        """Send the message.

        :raises MessageError: If the server announced a smaller limit of size, before anything is sent.
        :raises CommandError: If the server refuses the sender.
        :raises ServiceError: If the connection fails before any recipient was answered.
        """
        self._check_size()
        self._check_utf8()
        with self._session.stream.operation():
            try:
                data_reply = self._announce()
            except CommandError:
                raise
            except ServiceError as error:
                if not self._willing and not self._refused:
                    raise
                return self._nothing_delivered(error)
            if not self._willing:
                self._session.needs_reset = True
                if data_reply is not None and data_reply.code == 354:
                    self._finish_empty()
                return self._receipt()
            if data_reply is None or data_reply.code != 354:
                self._session.needs_reset = True
                return self._refuse_willing(data_reply or Reply(NO_REPLY, ()))
            return self._send_data()

    def _check_size(self) -> None:
        announced = self._session.extensions.get("SIZE", "").split()
        limit = int(announced[0]) if announced and announced[0].isdigit() else 0
        if limit and len(self._data) > limit:
            raise MessageError(
                f"The message has {len(self._data):,} bytes, and {self._session.stream.endpoint.where} accepts at most "
                f"{limit:,}. Send smaller attachments, or links to them.",
                field="attachments",
            )

    def _check_utf8(self) -> None:
        """Refuse internationalised addresses where the server does not take them (RFC 6531, 3.2)."""
        if self._needs_utf8 and "SMTPUTF8" not in self._session.extensions:
            everybody = (self._envelope.sender, *self._envelope.recipients)
            address = next((address for address in everybody if not address.isascii()), "An address in a header")
            raise AddressError(
                f"{address} has letters before the @ that need SMTPUTF8, "
                f"which {self._session.stream.endpoint.where} does not offer.",
                field="recipients",
            )

    def _announce(self) -> Reply | None:
        """Send MAIL, RCPT and DATA, pipelined where the server offers it; return the reply to DATA, if it was asked."""
        if "PIPELINING" in self._session.extensions:
            return self._announce_at_once()
        self._start()
        for recipient in self._envelope.recipients:
            self._note(recipient, self._client.command(_rcpt(recipient)))
        return self._client.command("DATA") if self._willing else None

    def _start(self) -> None:
        """Send MAIL alone, after RSET where a transaction was left open."""
        if self._session.needs_reset:
            self._session.needs_reset = False
            self._client.command("RSET")
        reply = self._client.command(self._mail())
        self._session.mail_answered = True
        if not reply.positive:
            raise self._client.refused("MAIL", reply)

    def _announce_at_once(self) -> Reply | None:
        recipients = self._envelope.recipients
        windows = [recipients[at : at + WINDOW] for at in range(0, len(recipients), WINDOW)]
        commands: list[str] = ["RSET"] if self._session.needs_reset else []
        self._session.needs_reset = False
        self._client.send([*commands, self._mail(), *map(_rcpt, windows[0]), *_data(len(windows) == 1)])
        for _ in commands:
            self._client.reply()
        mail_reply = self._client.reply()
        self._session.mail_answered = True
        if not mail_reply.positive:
            self._abandon(len(windows[0]), data_was_sent=len(windows) == 1)
            raise self._client.refused("MAIL", mail_reply)
        self._note_replies(windows[0])
        for number, window in enumerate(windows[1:], 2):
            self._client.send([*map(_rcpt, window), *_data(number == len(windows))])
            self._note_replies(window)
        return self._client.reply()

    def _abandon(self, recipients: int, *, data_was_sent: bool) -> None:
        """End a transaction whose MAIL was refused: read what answers the pipelined rest."""
        self._session.needs_reset = True
        for _ in range(recipients):
            self._client.reply()
        if data_was_sent and self._client.reply().code == 354:
            self._finish_empty()

    def _finish_empty(self) -> None:
        """End a DATA that was accepted without any recipient by a lone dot (RFC 2920, 3.1)."""
        self._client.command(".")

    def _mail(self) -> str:
        extensions = self._session.extensions
        options = ""
        if "SIZE" in extensions:
            options += f" SIZE={len(self._data)}"
        if self._needs_utf8:
            options += " BODY=8BITMIME SMTPUTF8"
        return f"MAIL FROM:<{self._envelope.sender}>{options}"

    def _note_replies(self, recipients: Sequence[str]) -> None:
        for recipient in recipients:
            self._note(recipient, self._client.reply())

    def _note(self, recipient: str, reply: Reply) -> None:
        if reply.positive:
            self._willing.append(recipient)
        else:
            self._refused[recipient] = self._refusal(reply)

    def _send_data(self) -> Receipt:
        """Send the content; from the final dot to its answer the outcome is unknown."""
        stream = self._session.stream
        try:
            stream.sendall(_dot_stuffed(self._data))
        except DisconnectedError as error:
            return self._early_answer(error)
        except ServiceError as error:
            return self._nothing_delivered(error)
        try:
            with stream.operation(at_least=FINAL_REPLY_TIMEOUT, read=FINAL_REPLY_TIMEOUT):
                reply = self._client.reply()
        except ServiceError as error:
            return self._receipt(unknown=tuple(self._willing), server_text=error.text)
        if reply.positive:
            return self._receipt(accepted=tuple(self._willing), server_text=reply.words)
        return self._refuse_willing(reply)

    def _early_answer(self, error: DisconnectedError) -> Receipt:
        """Look for the reason that a server gave before it closed in the middle of the content."""
        try:
            reply = self._client.reply()
        except ServiceError:
            return self._nothing_delivered(error)
        return self._nothing_delivered(error) if reply.positive else self._refuse_willing(reply)

    def _nothing_delivered(self, error: ServiceError) -> Receipt:
        """Refuse everybody for the time being: the message was not complete, so no server may deliver it."""
        self._session.stream.broken = True
        lost = Refusal(NO_REPLY, "", error.text, permanent=False, category="connection_lost")
        answered = set(self._willing) | set(self._refused)
        for recipient in self._envelope.recipients:
            if recipient in self._willing or recipient not in answered:
                self._refused[recipient] = lost
        return self._receipt()

    def _refuse_willing(self, reply: Reply) -> Receipt:
        """Refuse everybody who had been accepted by RCPT."""
        for recipient in self._willing:
            self._refused[recipient] = self._refusal(reply)
        return self._receipt(server_text=reply.words)

    def _refusal(self, reply: Reply) -> Refusal:
        if reply.code == 421:
            self._session.stream.broken = True
        advice = advise("smtp", reply.words, provider=self._session.account.provider)
        return Refusal(
            reply.code,
            reply.enhanced,
            reply.text,
            reply.permanent,
            category=advice.category if advice else None,
            hint=advice.hint if advice else "",
        )

    def _receipt(
        self, *, accepted: tuple[str, ...] = (), unknown: tuple[str, ...] = (), server_text: str = ""
    ) -> Receipt:
        order = {recipient: at for at, recipient in enumerate(self._envelope.recipients)}
        refused = dict(sorted(self._refused.items(), key=lambda item: order[item[0]]))
        return Receipt(self._message_id, accepted, refused, unknown, server_text=server_text)


def _rcpt(recipient: str) -> str:
    return f"RCPT TO:<{recipient}>"


def _data(last: bool) -> list[str]:
    return ["DATA"] if last else []


def _dot_stuffed(data: bytes) -> bytes:
    """Return the content as it goes on the wire: dots at line starts doubled, one end (RFC 5321, 4.5.2)."""
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")
