"""Sending later in a thread, from memory: at once back, a status to ask for, nothing lost in silence."""

from __future__ import annotations

import dataclasses
import logging
import os
import subprocess
import sys
import threading

import flask_mail
import pytest
from flask import current_app

from flask_mailbox import KeyReusedError, Mailbox, Message, MessageError, QueueFullError, UsageError, signals
from flask_mailbox.account import Secret
from flask_mailbox.devserver import MailServer
from flask_mailbox.smtp import Receipt

from ..scripted import Client, scripted
from ..smtp.scripts import CHUNKING, smtp_script
from .apps import BOB, later_app, letter, scripted_settings


def subjects(mailserver: MailServer, address: str = BOB) -> list[str]:
    raws = mailserver.messages(address)
    return [line[9:].decode() for raw in raws for line in raw.splitlines() if line.startswith(b"Subject: ")]


def test_a_message_is_sent_after_the_call_has_returned(mailbox: Mailbox, mailserver: MailServer) -> None:
    ticket = mailbox.send_later(letter())
    status = ticket.wait(5)

    assert (status.state, status.attempts, status.failure) == ("sent", 1, None)
    assert status.receipt is not None
    assert status.receipt.accepted == (BOB,)
    assert subjects(mailserver) == ["Hello"]


def test_the_receipt_is_the_one_that_send_gives(mailbox: Mailbox) -> None:
    message = letter("x", BOB, "nobody@demo.test")
    receipt = mailbox.send_later(message).wait(5).receipt

    assert receipt is not None
    assert receipt.refused["nobody@demo.test"].permanent
    assert receipt.message_id == message.message_id
    assert receipt.answered_at is not None


def test_many_messages_of_many_threads_all_arrive_once(mailbox: Mailbox, mailserver: MailServer) -> None:
    host = current_app._get_current_object()  # type: ignore[attr-defined]

    def put(number: int) -> None:
        with host.app_context():
            for each in range(10):
                mailbox.send_later(letter(f"{number}.{each}"))

    threads = [threading.Thread(target=put, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mailbox.state.later.workers.close(10)

    assert sorted(subjects(mailserver)) == sorted(f"{number}.{each}" for number in range(5) for each in range(10))


def test_a_bad_draft_fails_at_the_call_and_nothing_is_queued(mailbox: Mailbox) -> None:
    with pytest.raises(MessageError, match="no recipients"):
        mailbox.send_later(Message("x", body="x"))
    with pytest.raises(MessageError):
        mailbox.send_later(letter("x", "not an address"))

    assert mailbox.state.later.memory.store.waiting(1) == 0


def test_what_is_changed_after_the_call_does_not_count(mailbox: Mailbox, mailserver: MailServer) -> None:
    message = letter("before")
    ticket = mailbox.send_later(message, delay=0.05)
    message.subject = "after"
    ticket.wait(5)

    assert subjects(mailserver) == ["before"]


def test_a_message_of_flask_mail_itself_is_sent_with_its_own_message_id(
    mailbox: Mailbox, mailserver: MailServer
) -> None:
    message = flask_mail.Message("plain", recipients=[BOB], body="x", sender="ann@demo.test")
    mailbox.send_later(message).wait(5)

    assert message.msgId.encode() in mailserver.messages(BOB)[0]


def test_files_copies_and_the_return_path_come_through(mailbox: Mailbox, mailserver: MailServer) -> None:
    message = Message("x", recipients=[BOB], bcc=["ann@demo.test"], html="<b>x</b>", mail_options=["RET=HDRS"])
    message.attach("a.bin", "application/octet-stream", bytes(range(256)))
    mailbox.send_later(message, envelope_from="bounces@demo.test", notify=("never",)).wait(5)

    assert len(mailserver.messages("ann@demo.test")) == 1
    assert b"a.bin" in mailserver.messages(BOB)[0]
    assert b"MAIL FROM:<bounces@demo.test>" in mailserver.received("smtp")


def test_until_the_delay_is_over_it_can_be_taken_back(mailbox: Mailbox, mailserver: MailServer) -> None:
    ticket = mailbox.send_later(letter(), delay=60)

    assert ticket.state == "queued"
    assert ticket.cancel()
    assert ticket.state == "cancelled"
    assert not ticket.cancel()
    mailbox.state.later.workers.close(5)
    assert subjects(mailserver) == []


def test_what_was_sent_cannot_be_taken_back(mailbox: Mailbox) -> None:
    ticket = mailbox.send_later(letter())
    ticket.wait(5)

    assert not ticket.cancel()
    assert ticket.state == "sent"


def test_a_delayed_message_is_sent_when_it_is_due(mailbox: Mailbox, mailserver: MailServer) -> None:
    ticket = mailbox.send_later(letter(), delay=0.2)

    assert ticket.state == "queued"
    assert ticket.wait(5).state == "sent"


def test_a_status_is_asked_for_by_the_id_and_only_by_the_account(mailbox: Mailbox, mailserver: MailServer) -> None:
    ticket = mailbox.send_later(letter(), key="order-17")
    bob = mailbox.for_account(
        mailbox.load_account(
            {"address": BOB, "password": "bob-secret", "smtp": f"smtp://localhost:{mailserver.smtp}"}, name="default"
        )
    )

    again = mailbox.ticket(ticket.id)
    assert again is not None
    assert again.wait(5).state == "sent"
    assert mailbox.ticket_of_key("order-17") is not None
    assert bob.ticket(ticket.id) is None
    assert bob.ticket_of_key("order-17") is None
    assert mailbox.ticket("no such id") is None


def test_at_another_server_nobody_is_the_same_user(mailbox: Mailbox, mailserver: MailServer) -> None:
    ticket = mailbox.send_later(letter(), key="order-17", delay=60)
    ann = mailbox.current.account
    assert ann.smtp is not None
    assert ann.credential is not None
    with scripted(smtp_script()) as hers:
        endpoint = dataclasses.replace(ann.smtp, port=hers.port)
        password = dataclasses.replace(ann.credential, secret=Secret("hers"))
        eve = mailbox.for_account(ann.replace(smtp=endpoint, credential=password))

        assert eve.ticket(ticket.id) is None
        assert eve.ticket_of_key("order-17") is None
        assert eve.send_later(letter("another"), key="order-17", delay=60).is_new
    assert ticket.cancel()


def test_a_key_queues_once(mailbox: Mailbox, mailserver: MailServer) -> None:
    first = mailbox.send_later(letter(), key="order-17")
    second = mailbox.send_later(letter(), key="order-17")
    second.wait(5)

    assert (first.is_new, second.is_new) == (True, False)
    assert first.id == second.id
    assert subjects(mailserver) == ["Hello"]


def test_a_message_with_embedded_images_is_the_same_when_made_again(mailbox: Mailbox) -> None:
    def made() -> Message:
        message = letter()
        message.html = f'<img src="{message.embed(b"GIF89a", "image/gif")}">'
        return message

    first, second = (mailbox.send_later(made(), key="picture") for _ in range(2))

    assert first.id == second.id


def test_a_key_that_stands_for_another_message_is_refused(mailbox: Mailbox) -> None:
    mailbox.send_later(letter("one"), key="order-17")

    with pytest.raises(KeyReusedError, match="'order-17' was used for another message"):
        mailbox.send_later(letter("two"), key="order-17")


@pytest.mark.parametrize("wrong", [{"key": ""}, {"key": "a\nb"}, {"key": "x" * 256}, {"delay": -1}, {"delay": 1e9}])
def test_keys_and_delays_have_bounds(mailbox: Mailbox, wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        mailbox.send_later(letter(), **wrong)  # type: ignore[arg-type]


def test_a_full_queue_refuses_and_keeps_what_it_has(mailserver: MailServer) -> None:
    with later_app(mailserver.config("ann@demo.test"), MAILBOX_QUEUE_SIZE=2) as (_, mailbox):
        for subject in ("one", "two"):
            mailbox.send_later(letter(subject), delay=60)
        with pytest.raises(QueueFullError, match="MAILBOX_QUEUE_SIZE"):
            mailbox.send_later(letter("three"))
        mailbox.state.later.workers.close(10)

    assert sorted(subjects(mailserver)) == ["one", "two"]


def test_what_is_refused_for_the_time_being_is_tried_again_for_those_alone(mailserver: MailServer) -> None:
    mailserver.add_user("carol@demo.test", "x")
    busy = {"carol@demo.test": "451 4.7.1 greylisted"}
    mailserver.faults.set("smtp", refuse_recipients=busy)

    def recover(sender: object, receipt: Receipt, **_: object) -> None:
        mailserver.faults.clear()

    with later_app(mailserver.config("ann@demo.test")) as (_, mailbox), signals.message_sent.connected_to(recover):
        status = mailbox.send_later(letter("x", BOB, "carol@demo.test")).wait(5)

    assert (status.state, status.attempts) == ("sent", 2)
    assert status.receipt is not None
    assert status.receipt.ok
    assert (len(mailserver.messages(BOB)), len(mailserver.messages("carol@demo.test"))) == (1, 1)


def test_a_server_that_is_away_is_tried_again_until_the_attempts_are_used_up() -> None:
    with later_app(scripted_settings(1)) as (_, mailbox):
        status = mailbox.send_later(letter()).wait(5)

    assert (status.state, status.attempts) == ("failed", 3)
    assert status.failure is not None
    assert status.failure.transient
    assert status.receipt is None


def test_a_sender_refused_beside_its_content_is_failed_and_not_unknown() -> None:
    said: dict[str, bytes] = {}
    script = smtp_script(said, offers=CHUNKING)
    with scripted(script) as server, later_app(scripted_settings(server.port)) as (_, mailbox):
        assert mailbox.send_later(letter("one")).wait(5).state == "sent"
        said["MAIL"] = said["BDAT"] = b"550 5.7.1 not you\r\n"
        status = mailbox.send_later(letter("two")).wait(5)

    assert status.state == "failed"
    assert status.failure is not None
    assert "not you" in status.failure.text


def test_all_or_nothing_asks_nobody_again_if_somebody_refused_for_good(mailserver: MailServer) -> None:
    mailserver.faults.set("smtp", refuse_recipients={BOB: "451 4.7.1 later"})
    with later_app(mailserver.config("ann@demo.test")) as (_, mailbox):
        message = letter("x", BOB, "nobody@demo.test")
        status = mailbox.send_later(message, all_or_nothing=True).wait(5)

    assert (status.state, status.attempts) == ("failed", 1)


def test_redirected_mail_tells_the_real_recipients_at_each_attempt(mailserver: MailServer) -> None:
    with later_app(mailserver.config("ann@demo.test"), MAILBOX_REDIRECT_TO=BOB) as (_, mailbox):
        mailserver.faults.set("smtp", refuse={"RCPT": "451 4.7.1 later"}, times=1)
        status = mailbox.send_later(letter("x", "carol@elsewhere.test")).wait(5)

    assert (status.state, status.attempts) == ("sent", 2)
    assert b"X-Original-To: carol@elsewhere.test" in mailserver.messages(BOB)[0]


def test_a_used_up_rate_is_waited_for_and_is_no_failed_attempt(mailserver: MailServer) -> None:
    with later_app(mailserver.config("ann@demo.test"), MAILBOX_RATE="1/second") as (_, mailbox):
        mailbox.send_later(letter("one")).wait(5)
        ticket = mailbox.send_later(letter("two"))
        status = ticket.status()
        ticket.wait(20)

    assert (status.state, status.failure) == ("queued", None)
    assert ticket.status().attempts == 1
    assert subjects(mailserver) == ["one", "two"]


def test_large_messages_do_not_use_up_the_memory(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_mailbox.services.store.memory.WAITING_BYTES", 100_000)
    mailbox.send_later(letter(html="x" * 60_000), delay=60)

    with pytest.raises(QueueFullError, match="256 MiB"):
        mailbox.send_later(letter(html="x" * 60_000))


def test_failed_messages_do_not_use_up_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_mailbox.services.store.memory.KEPT_BYTES", 100_000)
    with later_app(scripted_settings(1)) as (_, mailbox):
        tickets = [mailbox.send_later(letter(html="x" * 60_000)) for _ in range(2)]
        for ticket in tickets:
            ticket.wait(5)
        known = [mailbox.ticket(ticket.id) is not None for ticket in tickets]

    assert sorted(known) == [False, True]


def test_a_wrong_password_fails_at_once_with_advice_and_without_the_password(mailserver: MailServer) -> None:
    config = mailserver.config("ann@demo.test") | {"MAILBOX_PASSWORD": "s3cr3t-canary"}
    with later_app(config) as (_, mailbox):
        status = mailbox.send_later(letter()).wait(5)

    assert (status.state, status.attempts) == ("failed", 1)
    assert status.failure is not None
    assert status.failure.category
    assert "s3cr3t-canary" not in repr(status)


def test_a_lost_answer_is_unknown_and_not_sent_again_unless_ordered() -> None:
    contents: list[bytes] = []
    deaf = smtp_script(content=b"", contents=contents)
    with scripted(deaf, smtp_script(contents=contents)) as server, later_app(scripted_settings(server.port)) as made:
        ticket = made[1].send_later(letter())
        status = ticket.wait(5)

        assert (status.state, status.attempts) == ("unknown", 1)
        assert status.receipt is not None
        assert status.receipt.unknown == (BOB,)
        assert len(contents) == 1

        assert ticket.send_again()
        assert ticket.wait(5).state == "sent"
        assert not ticket.send_again()

    ids = {line for content in contents for line in content.splitlines() if line.startswith(b"Message-ID")}
    assert (len(contents), len(ids)) == (2, 1)


def test_a_receiver_of_the_signal_that_fails_changes_nothing(
    mailbox: Mailbox, mailserver: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(sender: object, **_: object) -> None:
        raise RuntimeError("the app's own")

    with signals.message_sent.connected_to(fail):
        status = mailbox.send_later(letter()).wait(5)

    assert (status.state, status.attempts) == ("sent", 1)
    assert "the app's own" in caplog.text
    assert subjects(mailserver) == ["Hello"]


def test_an_error_in_the_app_is_failed_and_told_in_the_log_alone(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(sender: object, **_: object) -> None:
        raise RuntimeError("private words")

    with signals.message_sending.connected_to(fail):
        status = mailbox.send_later(letter()).wait(5)

    assert status.state == "failed"
    assert status.failure is not None
    assert status.failure.category == "internal_error"
    assert "private words" not in repr(status)
    assert "private words" in caplog.text


def test_signals_come_with_the_apps_context(mailbox: Mailbox) -> None:
    seen: list[str] = []

    def look(sender: object, **_: object) -> None:
        seen.append(current_app.name)

    with signals.message_sent.connected_to(look):
        mailbox.send_later(letter()).wait(5)

    assert seen == ["host"]


def test_what_a_receiver_of_the_signal_keeps_back_is_cancelled(mailbox: Mailbox, mailserver: MailServer) -> None:
    def judge(sender: object, message: flask_mail.Message, **_: object) -> bool:
        return message.subject != "secret"

    with signals.message_sending.connected_to(judge):
        kept_back = mailbox.send_later(letter("secret")).wait(5)
        sent = mailbox.send_later(letter("plain")).wait(5)

    assert (kept_back.state, kept_back.receipt) == ("cancelled", None)
    assert kept_back.failure is not None
    assert "A receiver of message_sending" in kept_back.failure.text
    assert sent.state == "sent"
    assert subjects(mailserver) == ["plain"]


def test_what_is_kept_back_after_somebody_got_it_is_sent_and_says_so(mailserver: MailServer) -> None:
    mailserver.add_user("carol@demo.test", "x")
    mailserver.faults.set("smtp", refuse_recipients={"carol@demo.test": "451 4.7.1 greylisted"})
    attempts: list[object] = []

    def only_once(sender: object, message: flask_mail.Message, **_: object) -> bool:
        attempts.append(message)
        return len(attempts) == 1

    with later_app(mailserver.config("ann@demo.test")) as (_, mailbox), signals.message_sending.connected_to(only_once):
        status = mailbox.send_later(letter("x", BOB, "carol@demo.test")).wait(5)

    assert (status.state, status.attempts) == ("sent", 2)
    assert status.receipt is not None
    assert (status.receipt.accepted, list(status.receipt.refused)) == ((BOB,), ["carol@demo.test"])
    assert status.failure is not None
    assert status.failure.category == "cancelled"


def test_suppressed_mail_is_recorded_and_not_sent(mailserver: MailServer, mailbox_outbox: list[Message]) -> None:
    with later_app(mailserver.config("ann@demo.test"), MAIL_SUPPRESS_SEND=True) as (_, mailbox):
        status = mailbox.send_later(letter()).wait(5)

    assert status.state == "sent"
    assert status.receipt is not None
    assert status.receipt.suppressed
    assert [message.subject for message in mailbox_outbox] == ["Hello"]
    assert subjects(mailserver) == []


def test_what_cannot_be_sent_before_the_end_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    leave = threading.Event()

    def silent(client: Client) -> None:
        leave.wait(10)

    with (
        caplog.at_level(logging.ERROR, logger="flask_mailbox"),
        scripted(silent) as server,
        later_app(scripted_settings(server.port)) as (_, mailbox),
    ):
        ticket = mailbox.send_later(letter())
        mailbox.state.later.workers.close(0.1)
        leave.set()

        assert ticket.id in caplog.text
        with pytest.raises(QueueFullError, match="this process is ending"):
            mailbox.send_later(letter())


def test_threads_end_when_there_is_nothing_to_do(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_mailbox.services.later.workers.IDLE", 0.01)
    others = set(threading.enumerate())
    mailbox.send_later(letter()).wait(5)
    threads = [thread for thread in set(threading.enumerate()) - others if thread.name == "flask-mailbox-later"]
    for thread in threads:
        thread.join(5)

    assert not any(thread.is_alive() for thread in threads)
    assert mailbox.send_later(letter()).wait(5).state == "sent"


PROGRAM = """
import os, sys
from flask import Flask
from flask_mailbox import Mailbox, Message
app = Flask("host")
app.config.update(MAILBOX_SMTP="smtp://127.0.0.1:" + sys.argv[1], MAILBOX_SENDER="ann@demo.test")
mailbox = Mailbox(app)
def put(subject, delay=0):
    with app.app_context():
        return mailbox.send_later(Message(subject, recipients=["bob@demo.test"], body="x"), delay=delay)
"""


def run(server_port: int, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM + program, str(server_port)],
        capture_output=True,
        text=True,
        timeout=30,
        env=dict(os.environ),
        check=False,
    )


def test_the_end_of_the_process_waits_for_what_is_in_memory() -> None:
    contents: list[bytes] = []
    with scripted(smtp_script(contents=contents)) as server:
        done = run(server.port, "put('now')\nput('later', delay=60)")

    assert (done.returncode, done.stderr) == (0, "")
    assert len(contents) == 2


def test_a_forked_child_sends_its_own_and_not_what_the_parent_had_queued() -> None:
    contents: list[bytes] = []
    program = """
put("parent", delay=0.5)
child = os.fork()
if child == 0:
    status = put("child").wait(5)
    os._exit(0 if status.state == "sent" else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    with scripted(smtp_script(contents=contents)) as server:
        done = run(server.port, program)

    assert (done.returncode, done.stderr) == (0, "")
    found = sorted(line for content in contents for line in content.splitlines() if line.startswith(b"Subject"))
    assert found == [b"Subject: child", b"Subject: parent"]


def test_a_child_that_is_forked_while_a_thread_holds_a_lock_sends_all_the_same() -> None:
    program = """
later = app.extensions["mailbox"].later
locks = (later.sender.pauses._lock, later.workers._turn, later.workers._bell, later.memory.store._lock)
for lock in locks:  # as threads may that are in the midst of something
    lock.acquire()
child = os.fork()
if child == 0:
    os._exit(0 if put("child").wait(5).state == "sent" else 1)
for lock in locks:
    lock.release()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    with scripted(smtp_script()) as server:
        done = run(server.port, program)

    assert (done.returncode, done.stderr) == (0, "")
