"""The moment before the content goes out: what has to be noted first is noted, or nothing is sent."""

from __future__ import annotations

import pytest

from flask_mailbox.message import Envelope
from flask_mailbox.smtp import Parcel, SMTPSession

from ..scripted import scripted
from ..smtp.accounts import smtp_account
from ..smtp.scripts import CHUNKING, PIPELINING, smtp_script

OFFERS = pytest.mark.parametrize("offers", [(), PIPELINING, CHUNKING], ids=["one by one", "pipelined", "chunked"])


class NoteLostError(Exception):
    """Stands for a note that could not be written."""


@OFFERS
def test_the_content_waits_for_the_note(offers: tuple[str, ...]) -> None:
    contents: list[bytes] = []
    seen: list[int] = []
    parcel = Parcel(
        envelope=Envelope("ann@demo.test", ("bob@demo.test",)),
        data=b"Subject: x\r\n\r\nx\r\n",
        message_id="<1@demo.test>",
        before_content=lambda: seen.append(len(contents)),
    )
    with scripted(smtp_script(offers=offers, contents=contents)) as running:
        session = SMTPSession.open(smtp_account(running.port))
        receipt = session.send(parcel)
        session.drop()

    assert receipt.accepted == ("bob@demo.test",)
    assert (seen, len(contents)) == ([0], 1)


@OFFERS
def test_without_the_note_nothing_is_sent_and_the_session_is_not_used_again(offers: tuple[str, ...]) -> None:
    contents: list[bytes] = []

    def fail() -> None:
        raise NoteLostError

    parcel = Parcel(
        envelope=Envelope("ann@demo.test", ("bob@demo.test",)),
        data=b"Subject: x\r\n\r\nx\r\n",
        message_id="<1@demo.test>",
        before_content=fail,
    )
    with scripted(smtp_script(offers=offers, contents=contents)) as running:
        session = SMTPSession.open(smtp_account(running.port))
        with pytest.raises(NoteLostError):
            session.send(parcel)
        assert not session.is_reusable
        session.drop()

    assert [content for content in contents if content] == []
