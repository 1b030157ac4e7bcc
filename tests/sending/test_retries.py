"""Trying again: only what was refused for the time being, only when asked, and never for ever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flask_mailbox import AuthenticationError, CommandError, ConnectError, Message
from flask_mailbox.errors import DisconnectedError
from flask_mailbox.message import Envelope
from flask_mailbox.services.patience import Patience, send_patiently
from flask_mailbox.smtp import Parcel, Receipt, Refusal

from ..scripted import scripted
from ..smtp.scripts import CLOSE, smtp_script
from .apps import sender_to

BOB, CAROL = "bob@demo.test", "carol@demo.test"
LATER = b"451 4.7.1 greylisted, come back\r\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Waits between tries last a hundredth."""
    seconds = Patience.wait_before
    monkeypatch.setattr(Patience, "wait_before", lambda self, retry: seconds(self, retry) / 100)
    return


def message() -> Message:
    return Message("x", recipients=[BOB, CAROL], body="x")


def test_nothing_is_tried_again_unless_asked() -> None:
    with scripted(smtp_script({"RCPT": LATER})) as running, sender_to(running.port) as mailbox:
        receipt = mailbox.send(message())

    assert set(receipt.refused) == {BOB, CAROL}
    assert sum(line.startswith(b"MAIL") for line in running.received) == 1


def test_who_was_greylisted_is_asked_again_and_nobody_else() -> None:
    contents: list[bytes] = []
    first = smtp_script({f"RCPT TO:<{CAROL}>": LATER, "QUIT": CLOSE}, contents=contents)
    with scripted(first, smtp_script(contents=contents)) as running, sender_to(running.port) as mailbox:
        mailbox.state.pool._max_age = 0  # each try on a connection of its own, so that each meets its own script
        receipt = mailbox.send(message(), retries=2)

    assert sorted(receipt.accepted) == [BOB, CAROL]
    assert receipt.ok
    assert running.received.count(f"RCPT TO:<{BOB}>".encode()) == 1
    ids = {line for content in contents for line in content.splitlines() if line.startswith(b"Message-ID")}
    assert (len(contents), len(ids)) == (2, 1)


def test_what_is_refused_for_good_is_not_tried_again() -> None:
    with scripted(smtp_script({"RCPT": b"550 5.1.1 no\r\n"})) as running, sender_to(running.port) as mailbox:
        receipt = mailbox.send(message(), retries=3)

    assert not receipt.ok
    assert sum(line.startswith(b"MAIL") for line in running.received) == 1


def test_an_unknown_outcome_is_never_sent_again() -> None:
    contents: list[bytes] = []
    with scripted(smtp_script(content=CLOSE, contents=contents)) as running, sender_to(running.port) as mailbox:
        receipt = mailbox.send(message(), retries=3)

    assert set(receipt.unknown) == {BOB, CAROL}
    assert len(contents) == 1


def test_a_server_that_is_busy_is_asked_again_and_then_told_of() -> None:
    with (
        scripted(smtp_script({"greeting": b"421 4.7.0 busy\r\n"})) as running,
        sender_to(running.port) as mailbox,
        pytest.raises(CommandError, match="busy"),
    ):
        mailbox.send(message(), retries=2)

    assert running.connections == 3


def test_a_server_that_comes_back_takes_the_message() -> None:
    busy = smtp_script({"greeting": b"421 4.7.0 busy\r\n"})
    with scripted(busy, smtp_script()) as running, sender_to(running.port) as mailbox:
        receipt = mailbox.send(message(), retries=2)

    assert receipt.ok


def test_a_wrong_password_is_not_tried_again() -> None:
    script = smtp_script({"AUTH": b"535 5.7.8 no\r\n"}, offers=("AUTH PLAIN",))
    config = {"MAILBOX_USERNAME": "ann", "MAILBOX_PASSWORD": "wrong"}
    with (
        scripted(script) as running,
        sender_to(running.port, **config) as mailbox,
        pytest.raises(AuthenticationError),
    ):
        mailbox.send(message(), retries=3)

    assert running.connections == 1


def parcel(**options: object) -> Parcel:
    return Parcel(envelope=Envelope("ann@demo.test", (BOB, CAROL)), data=b"x", message_id="<1@x>", **options)  # type: ignore[arg-type]


def test_all_or_nothing_stays_so_when_one_is_refused_for_good() -> None:
    tries: list[Parcel] = []

    def send(now: Parcel) -> Receipt:
        tries.append(now)
        gone, later = Refusal(550, "", "gone", permanent=True), Refusal(0, "", "kept back", permanent=False)
        return Receipt("<1@x>", refused={BOB: gone, CAROL: later})

    send_patiently(send, parcel(all_or_nothing=True), Patience(3))

    assert len(tries) == 1


def test_no_further_try_begins_when_the_time_is_over() -> None:
    tries: list[Parcel] = []

    def send(now: Parcel) -> Receipt:
        tries.append(now)
        raise ConnectError("no")

    with pytest.raises(ConnectError):
        send_patiently(send, parcel(), Patience(1000, first=0.5, within=0.05))

    assert 1 < len(tries) < 30


def test_a_failure_after_some_were_accepted_keeps_their_receipt() -> None:
    answers = iter([Receipt("<1@x>", (BOB,), {CAROL: Refusal(451, "", "later", permanent=False)})])

    def send(now: Parcel) -> Receipt:
        try:
            return next(answers)
        except StopIteration:
            raise DisconnectedError("gone") from None

    receipt = send_patiently(send, parcel(), Patience(2))

    assert receipt.accepted == (BOB,)
    assert list(receipt.refused) == [CAROL]
    assert "gone" in receipt.warnings[0]
