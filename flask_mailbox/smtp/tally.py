"""Who was accepted, who refused and why: kept while a message is sent, and made into its receipt."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..errors import CommandError, ProtocolError, ServiceError
from ..providers import advise
from .parcel import Parcel
from .receipt import NO_REPLY, Receipt, Refusal
from .reply import Reply, queue_id_in

if TYPE_CHECKING:
    from .session import SMTPSession


class Tally:
    """Keeps account of every recipient of one message.

    :param unsupported: Extensions that the message asked for and the server lacks, for the warnings.
    """

    def __init__(self, session: SMTPSession, parcel: Parcel, unsupported: tuple[str, ...] = ()) -> None:
        self.willing: list[str] = []
        self.refused: dict[str, Refusal] = {}
        self._session = session
        self._parcel = parcel
        self._unsupported = unsupported
        self._began = time.monotonic()

    @property
    def anybody_answered(self) -> bool:
        """Whether any RCPT was answered."""
        return bool(self.willing or self.refused)

    def note(self, recipient: str, reply: Reply) -> None:
        """Note the answer to one RCPT.

        :raises ProtocolError: If it is none.
        """
        if reply.positive:
            self.willing.append(recipient)
        elif reply.negative:
            self.refused[recipient] = self._refusal(reply)
        else:
            raise self._session.client.out_of_turn("RCPT", reply)

    def content_answered(self, reply: Reply) -> Receipt:
        """Return the receipt after the answer to the content; one that says neither yes nor no leaves it unknown."""
        if reply.positive:
            return self._receipt(accepted=tuple(self.willing), reply=reply)
        if reply.negative:
            return self.all_refused(reply)
        return self.lost(self._session.client.out_of_turn("the content", reply))

    def all_refused(self, reply: Reply) -> Receipt:
        """Return the receipt after a refusal that counts for all who were willing."""
        self.refused |= dict.fromkeys(self.willing, self._refusal(reply))
        return self._receipt(reply=reply)

    def lost(self, error: ServiceError) -> Receipt:
        """Return the receipt of a message whose answer was lost after all of it was sent: the server may have it."""
        self._session.stream.broken = True
        recipients = self._parcel.envelope.recipients
        unknown = tuple(recipient for recipient in recipients if recipient not in self.refused)
        return self._receipt(unknown=unknown, server_text=error.text)

    def nothing_delivered(self, error: ServiceError) -> Receipt:
        """Refuse everybody for the time being: the message was not complete, so no server may deliver it."""
        self._session.stream.broken = True
        lost = _not_now(error)
        recipients = self._parcel.envelope.recipients
        self.refused |= {recipient: lost for recipient in recipients if recipient not in self.refused}
        return self._receipt()

    def kept_back(self) -> Receipt:
        """Refuse those who were willing too, since others were not."""
        why = Refusal(
            NO_REPLY,
            "",
            "Nothing was sent, since other recipients were refused.",
            permanent=any(refusal.permanent for refusal in self.refused.values()),
            category="all_or_nothing",
        )
        self.refused |= dict.fromkeys(self.willing, why)
        return self._receipt()

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
        self,
        *,
        accepted: tuple[str, ...] = (),
        unknown: tuple[str, ...] = (),
        reply: Reply | None = None,
        server_text: str = "",
    ) -> Receipt:
        refused = self.refused
        if len(refused) > 1:  # in the order of the envelope
            refused = {to: refused[to] for to in self._parcel.envelope.recipients if to in refused}
        if reply is not None:
            server_text = reply.words
        return Receipt(
            self._parcel.message_id,
            accepted,
            refused,
            unknown,
            server_text=server_text,
            queue_id=queue_id_in(server_text) if accepted else "",
            answered_at=datetime.now(UTC),
            seconds=time.monotonic() - self._began,
            warnings=self._unsupported and tuple(f"The server does not offer {name}." for name in self._unsupported),
        )


def _not_now(error: ServiceError) -> Refusal:
    """Return the refusal of a recipient whose message was not sent because of an error."""
    if isinstance(error, CommandError):
        code = int(error.code)
        return Refusal(code, "", error.server_text, permanent=False, category=error.category, hint=error.hint)
    if isinstance(error, ProtocolError):
        return Refusal(NO_REPLY, "", error.text, permanent=False)
    return Refusal(NO_REPLY, "", error.text, permanent=False, category="connection_lost")
