"""What may be asked besides: delivery reports, all or nothing, parameters, a rate, a word before sending."""

from __future__ import annotations

import threading
import time

import flask_mail
import pytest

from flask_mailbox import Message, MessageError, ServiceTimeoutError, signals
from flask_mailbox.account import Rate
from flask_mailbox.devserver import MailServer
from flask_mailbox.net import Pacer

from ..apps import mailbox_of
from ..scripted import scripted
from ..smtp.scripts import PIPELINING, smtp_script
from .apps import sender_to

BOB, CAROL = "bob@demo.test", "carol@demo.test"


def message(**arguments: object) -> Message:
    return Message("x", recipients=[BOB, CAROL], body="x", **arguments)


def test_delivery_reports_are_asked_for_where_the_server_knows_them() -> None:
    with scripted(smtp_script(offers=("DSN",))) as running, sender_to(running.port) as mailbox:
        receipt = mailbox.send(message(message_id="<a+b@demo.test>"), notify=["success", "failure"])

    assert b"MAIL FROM:<ann@demo.test> RET=HDRS ENVID=a+2Bb@demo.test" in running.received
    assert b"RCPT TO:<bob@demo.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@demo.test" in running.received
    assert receipt.warnings == ()


def test_a_server_without_delivery_reports_sends_and_the_receipt_says_so() -> None:
    with scripted(smtp_script()) as running, sender_to(running.port) as mailbox:
        receipt = mailbox.send(message(), notify=["failure"])

    assert receipt.ok
    assert receipt.warnings == ("The server does not offer DSN.",)
    assert not any(b"NOTIFY" in line for line in running.received)


@pytest.mark.parametrize("events", [["never", "failure"], ["sometimes"], "x\r\nRSET"])
def test_events_that_are_none_are_refused_before_anything_is_connected(events: object) -> None:
    with (
        scripted(smtp_script()) as running,
        sender_to(running.port) as mailbox,
        pytest.raises(MessageError, match="notify cannot be"),
    ):
        mailbox.send(message(), notify=events)

    assert running.connections == 0


def test_flask_mails_options_reach_the_server_that_knows_them() -> None:
    with scripted(smtp_script(offers=("DSN", "8BITMIME"))) as running, sender_to(running.port) as mailbox:
        draft = flask_mail.Message("x", recipients=[BOB], body="x", mail_options=["BODY=8BITMIME", "RET=FULL"])
        draft.rcpt_options = ["NOTIFY=NEVER"]
        mailbox.send(draft)

    assert b"MAIL FROM:<ann@demo.test> BODY=8BITMIME RET=FULL" in running.received
    assert b"RCPT TO:<bob@demo.test> NOTIFY=NEVER" in running.received


@pytest.mark.parametrize("option", ["X=1 Y=2", "X=1\r\nRSET", "=x"])
def test_an_option_that_is_none_is_refused(option: str) -> None:
    with (
        scripted(smtp_script()) as running,
        sender_to(running.port) as mailbox,
        pytest.raises(MessageError, match="is no parameter of SMTP"),
    ):
        mailbox.send(message(mail_options=[option]))

    assert running.connections == 0


@pytest.mark.parametrize("offers", [(), PIPELINING], ids=["one by one", "pipelined"])
def test_all_or_nothing_sends_nothing_if_one_is_refused(offers: tuple[str, ...]) -> None:
    contents: list[bytes] = []
    answers = {f"RCPT TO:<{CAROL}>": b"550 5.1.1 no\r\n"}
    with (
        scripted(smtp_script(answers, offers=offers, contents=contents)) as running,
        sender_to(running.port) as mailbox,
    ):
        receipt = mailbox.send(message(), all_or_nothing=True)
        after = mailbox.send(Message("y", recipients=[BOB], body="y"), all_or_nothing=True)

    assert receipt.accepted == ()
    assert receipt.refused[BOB].category == "all_or_nothing"
    assert receipt.refused[CAROL].code == 550
    assert after.ok
    assert len(contents) == 1
    assert b"RSET" in running.received


def test_a_receiver_of_the_signal_may_change_or_cancel(mailserver: MailServer) -> None:
    def judge(sender: object, message: flask_mail.Message, account: object) -> bool:
        message.subject = f"[test] {message.subject}"
        return "secret" not in str(message.subject)

    told: list[object] = []
    with (
        mailbox_of(mailserver.config("ann@demo.test")) as mailbox,
        signals.message_sending.connected_to(judge),
        flask_mail.email_dispatched.connected_to(lambda app, message: told.append(message.subject)),
    ):
        changed = mailbox.send(Message("plain", recipients=[BOB]))
        cancelled = mailbox.send(Message("secret", recipients=[BOB]))

    assert told == ["[test] plain"]
    assert (changed.suppressed, cancelled.suppressed) == (False, True)
    assert [b"[test] plain" in raw for raw in mailserver.messages(BOB)] == [True]


def test_a_rate_that_leaves_no_room_in_time_is_an_error_before_anything_is_sent() -> None:
    with scripted(smtp_script()) as running, sender_to(running.port, MAILBOX_RATE="2/hour") as mailbox:
        assert mailbox.send(message()).ok
        assert mailbox.send(message()).ok
        with pytest.raises(ServiceTimeoutError, match="rate of 2/hour") as raised:
            mailbox.send(message())

    assert raised.value.category == "rate_limited"
    assert raised.value.transient
    assert sum(line.startswith(b"MAIL") for line in running.received) == 2


def test_the_rate_holds_for_a_user_whatever_his_password_is_read_from() -> None:
    with scripted(smtp_script(offers=("AUTH PLAIN",))) as running, sender_to(running.port) as mailbox:
        keys = {"smtp": f"smtp://127.0.0.1:{running.port}", "sender": "ann@demo.test", "username": "ann"}
        for allowed in (True, True, False):
            account = mailbox.load_account({**keys, "rate": "2/hour", "password": lambda: "secret"})
            if allowed:
                assert mailbox.for_account(account).send(message()).ok
        with pytest.raises(ServiceTimeoutError, match="rate of 2/hour"):
            mailbox.for_account(account).send(message())


def test_a_pacer_forgets_who_has_not_sent_for_long() -> None:
    pacer = Pacer()
    for number in range(1000):
        pacer.wait(b"%d" % number, Rate(1, 1e-6), 1.0)
        pacer.missing(b"only asked for %d" % number, Rate(1, 1e-6))

    assert len(pacer._moments) < 100


def test_a_pacer_spreads_what_many_threads_ask_for() -> None:
    pacer, moments = Pacer(), []

    def ask() -> None:
        assert pacer.wait(b"key", Rate(5, 0.2), 5.0) == 0
        moments.append(time.monotonic())

    threads = [threading.Thread(target=ask) for _ in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    moments.sort()

    assert all(moments[at + 5] - moments[at] > 0.19 for at in range(10))


@pytest.mark.parametrize(
    ("thanks", "queue_id"),
    [
        (b"250 2.0.0 Ok: queued as 4WXYZ123ab\r\n", "4WXYZ123ab"),
        (b"250 OK id=1rABCd-0001Fq-2X\r\n", "1rABCd-0001Fq-2X"),
        (b"250 Mail OK queued as smtp1,AAAA\r\n", "smtp1"),
        (b"250 2.0.0 OK  1700000000 ab12cd34-20020a sp - gsmtp\r\n", ""),
        (b"250 2.0.0 3ANABC01 Message accepted for delivery\r\n", "3ANABC01"),
        (b"250 2.6.0 <1@x> [InternalId=1234567, Hostname=h] Queued mail for delivery\r\n", "1234567"),
        (b"250 ok\r\n", ""),
    ],
)
def test_the_receipt_knows_the_servers_own_name_for_the_message(thanks: bytes, queue_id: str) -> None:
    with scripted(smtp_script(content=thanks)) as running, sender_to(running.port) as mailbox:
        receipt = mailbox.send(message())

    assert receipt.queue_id == queue_id
    assert receipt.answered_at is not None
    assert receipt.answered_at.tzinfo is not None


def test_a_connection_serves_a_hundred_messages_and_no_more() -> None:
    with scripted(smtp_script()) as running, sender_to(running.port) as mailbox:
        for _ in range(101):
            mailbox.send(message())

    assert running.connections == 2


def test_a_goodbye_at_mail_on_a_waiting_connection_is_answered_by_another_one() -> None:
    contents: list[bytes] = []
    answers: dict[str, bytes] = {}
    scripts = smtp_script(answers, contents=contents), smtp_script(contents=contents)
    with scripted(*scripts) as running, sender_to(running.port) as mailbox:
        assert mailbox.send(message()).ok
        answers["MAIL"] = b"421 4.4.2 idle too long\r\n"
        assert mailbox.send(message()).ok

    assert running.connections == 2
    assert len(list(filter(None, contents))) == 2
