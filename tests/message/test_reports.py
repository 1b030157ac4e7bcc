"""Bounces, complaints, receipts, automatic and bulk mail."""

from __future__ import annotations

import pytest

from flask_mailbox.message import Bounce, Complaint, ReadReceipt, ReceivedMessage, parse_message


def report(kind: str, fields: str, text: str = "See the report.") -> ReceivedMessage:
    return parse_message(
        f"From: Mail System <MAILER-DAEMON@mx.example>\nSubject: Report\n"
        f'Content-Type: multipart/report; boundary="b"\n\n--b\n\n{text}\n'
        f"--b\nContent-Type: message/{kind}\n\n{fields}\n"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: <sent@x>\nSubject: Hello\n\nx\n--b--\n".encode()
    )


def plain(sender: str, subject: str, text: str, more: str = "") -> ReceivedMessage:
    return parse_message(f"From: {sender}\nSubject: {subject}\n{more}\n{text}".encode())


def test_a_delivery_status_names_recipient_action_status_and_words():
    message = report(
        "delivery-status",
        "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; <ann@x.example>\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User\n unknown\n\nFinal-Recipient: rfc822; bob@x.example\nAction: delayed\n"
        "Status: 4.4.1\n",
    )

    assert message.is_bounce
    assert message.bounces == (
        Bounce("ann@x.example", "failed", "5.1.1", "550 5.1.1 User unknown"),
        Bounce("bob@x.example", "delayed", "4.4.1", ""),
    )
    assert [bounce.permanent for bounce in message.bounces] == [True, False]


def test_a_delivered_recipient_makes_no_bounce():
    message = report("delivery-status", "Final-Recipient: rfc822; a@x.example\nAction: delivered\nStatus: 2.0.0\n")

    assert not message.is_bounce
    assert message.bounces[0].action == "delivered"


def test_a_status_without_a_reason_is_explained_by_the_text():
    fields = "Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.0.0\n"
    message = report("delivery-status", fields, "a@x.example: 552 5.2.2 Mailbox full")

    assert message.bounces[0].status == "5.2.2"


@pytest.mark.parametrize(
    ("sender", "subject", "text", "recipient", "status"),
    [
        (
            "MAILER-DAEMON@mx.example",
            "failure notice",
            "<a@x.example>:\n550 5.1.1 no such user",
            "a@x.example",
            "5.1.1",
        ),
        (
            "Postmaster <p@mx.example>",
            "Undeliverable",
            "a@x.example could not be delivered: user unknown",
            "a@x.example",
            "5.1.1",
        ),
        ("postmaster@mx.example", "系统退信", "<a@x.example>\n550 User not found 不存在", "a@x.example", "5.0.0"),
        (
            "postmaster@mx.example",
            "Delivery delayed",
            "<a@x.example>: connection timed out, will retry",
            "a@x.example",
            "4.4.7",
        ),
    ],
)
def test_bounces_in_a_servers_own_words_are_read(sender: str, subject: str, text: str, recipient: str, status: str):
    message = plain(sender, subject, text)

    assert message.is_bounce
    assert (message.bounces[0].recipient, message.bounces[0].status) == (recipient, status)


def test_the_field_for_failed_recipients_is_enough():
    message = plain("x@mx.example", "Hmm", "text", "X-Failed-Recipients: a@x.example,\n b@x.example\n")

    assert [bounce.recipient for bounce in message.bounces] == ["a@x.example", "b@x.example"]


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("ann@x.example", "Your message could not be delivered", "550 5.1.1 user unknown"),
        ("ann@x.example", "Fwd: failure notice", "> <a@x.example>: 550 5.1.1 no such user"),
        ("noreply@shop.example", "Your order", "could not be delivered today"),
        ("postmaster@x.example", "Welcome", "Hello and welcome"),
    ],
)
def test_people_and_shops_do_not_bounce(sender: str, subject: str, text: str):
    assert not plain(sender, subject, text).is_bounce


def test_a_bounce_inside_an_embedded_message_is_not_ours():
    inner = "From: MAILER-DAEMON@x\nSubject: failure notice\n\n<a@x.example>: 550 5.1.1 unknown"
    head = 'From: ann@x.example\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: message/rfc822\n\n'

    assert not parse_message(f"{head}{inner}\n--b--\n".encode()).is_bounce


def test_an_abuse_complaint_names_what_it_is_about():
    fields = (
        "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\nOriginal-Rcpt-To: ann@x.example\nSource-IP: 192.0.2.1\n"
    )
    message = report("feedback-report", fields)

    assert message.complaint == Complaint("abuse", "ann@x.example", "192.0.2.1", "<sent@x>")
    assert not message.is_bounce


def test_a_read_receipt_names_who_and_what():
    fields = (
        "Final-Recipient: rfc822; ann@x.example\nOriginal-Message-ID: <sent@x>\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n"
    )
    message = report("disposition-notification", fields)

    assert message.read_receipt == ReadReceipt("ann@x.example", "displayed", "<sent@x>")
    assert not message.is_bounce


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        ("Away", "Auto-Submitted: auto-replied\n"),
        ("Away", "Auto-Submitted: auto-replied; owner=x\n"),
        ("Away", "X-Autoreply: yes\n"),
        ("Away", "Precedence: auto_reply\n"),
        ("Automatic reply: lunch", ""),
        ("Out of Office: lunch", ""),
        ("自动回复：午饭", ""),
        ("[Auto-Reply] lunch", ""),
    ],
)
def test_automatic_replies_are_known(subject: str, fields: str):
    assert plain("ann@x.example", subject, "I am away", fields).is_auto_reply


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        ("Re: lunch", ""),
        ("Vacation plans", ""),
        ("Lunch", "Auto-Submitted: no\n"),
        ("Report", "Auto-Submitted: auto-generated\n"),
    ],
)
def test_people_do_not_reply_automatically(subject: str, fields: str):
    assert not plain("ann@x.example", subject, "text", fields).is_auto_reply


def test_a_bounce_is_no_automatic_reply():
    message = plain("MAILER-DAEMON@x", "failure notice", "<a@x.example>: 550 unknown", "Auto-Submitted: auto-replied\n")

    assert message.is_bounce
    assert not message.is_auto_reply


@pytest.mark.parametrize(
    "fields", ["Precedence: bulk\n", "List-Id: <x.example>\n", "List-Unsubscribe: <https://x.example>\n"]
)
def test_mail_to_many_is_known(fields: str):
    assert plain("ann@x.example", "News", "text", fields).is_bulk
    assert not plain("ann@x.example", "News", "text").is_bulk
