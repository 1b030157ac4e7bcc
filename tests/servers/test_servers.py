"""The fixtures themselves: real servers answer, deliver, and let the right people in. Standard library clients only."""

from __future__ import annotations

import datetime
import imaplib
import poplib
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path

import pytest

from .dovecot import Dovecot
from .postfix import Postfix
from .process import wait_for


def trusting(ca_file: Path) -> ssl.SSLContext:
    """A verifying TLS context that knows the tests' authority and nobody else."""
    return ssl.create_default_context(cafile=ca_file)


def letter(sender: str, recipient: str) -> EmailMessage:
    """A small message in two scripts."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Hello 你好", sender, recipient
    message.set_content("Lunch at noon? 中午吃饭吗？\n")
    return message


def submit(server: Postfix, sender: str, recipient: str) -> None:
    """Send a letter through a server's submission port: STARTTLS, then AUTH."""
    with smtplib.SMTP("localhost", server.submission, timeout=10) as client:
        client.starttls(context=trusting(server.ca_file))
        client.login(sender, server.dovecot.people.passwords[sender])
        client.send_message(letter(sender, recipient))


def test_a_message_submitted_with_starttls_and_auth_arrives_in_dovecot(postfix: Postfix) -> None:
    recipient, _ = postfix.new_user()

    submit(postfix, "ann@mail.test", recipient)

    (raw,) = postfix.arrived(recipient)
    assert b"Lunch at noon" in raw or b"base64" in raw
    assert b"ESMTPSA" in raw


def test_a_message_submitted_over_tls_arrives_in_dovecot(postfix: Postfix) -> None:
    recipient, _ = postfix.new_user()
    address, password = postfix.new_user()

    with smtplib.SMTP_SSL("localhost", postfix.submissions, context=trusting(postfix.ca_file)) as client:
        client.login(address, password)
        client.send_message(letter(address, recipient))

    assert len(postfix.arrived(recipient)) == 1


def test_mail_crosses_from_the_other_host(postfix: Postfix, other_host: Postfix) -> None:
    recipient, _ = postfix.new_user()

    submit(other_host, "carol@other.test", recipient)

    (raw,) = postfix.arrived(recipient)
    assert b"by mx.other.test" in raw
    assert b"by mx.mail.test" in raw


def test_mail_crosses_to_the_other_host(postfix: Postfix, other_host: Postfix) -> None:
    recipient, _ = other_host.new_user()

    submit(postfix, "ann@mail.test", recipient)

    assert len(other_host.arrived(recipient)) == 1


@pytest.mark.parametrize("recipient", ["nobody@mail.test", "somebody@elsewhere.test"])
def test_an_unknown_recipient_is_refused_at_once(postfix: Postfix, recipient: str) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        submit(postfix, "ann@mail.test", recipient)

    assert refused.value.recipients[recipient][0] in {550, 554}


def test_submission_wants_a_password(postfix: Postfix) -> None:
    with smtplib.SMTP("localhost", postfix.submission, timeout=10) as client:
        client.starttls(context=trusting(postfix.ca_file))

        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.send_message(letter("ann@mail.test", "bob@mail.test"))


def test_nobody_sends_in_another_users_name(postfix: Postfix) -> None:
    with smtplib.SMTP_SSL("localhost", postfix.submissions, context=trusting(postfix.ca_file)) as client:
        client.login("ann@mail.test", postfix.dovecot.people.passwords["ann@mail.test"])

        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.send_message(letter("bob@mail.test", "ann@mail.test"))


def test_a_user_sends_and_gets_mail_in_the_name_of_an_alias(postfix: Postfix) -> None:
    message = letter("info@mail.test", "postmaster@mail.test")
    message["Message-ID"] = "<alias@mail.test>"

    with smtplib.SMTP_SSL("localhost", postfix.submissions, context=trusting(postfix.ca_file)) as client:
        client.login("ann@mail.test", postfix.dovecot.people.passwords["ann@mail.test"])
        client.send_message(message)

    assert wait_for(lambda: any(b"<alias@mail.test>" in raw for raw in postfix.messages("ann@mail.test")))


def test_a_delivered_message_comes_back_byte_for_byte_over_pop3(dovecot: Dovecot) -> None:
    address, password = dovecot.new_user()
    dovecot.deliver(b"Subject: one\r\n\r\nbody\r\n", address)

    client = poplib.POP3("localhost", dovecot.pop3, timeout=10)
    client.stls(context=trusting(dovecot.ca_file))
    client.user(address)
    client.pass_(password)
    lines = client.retr(1)[1]
    client.quit()

    assert lines == [b"Subject: one", b"", b"body"]


def test_a_message_can_stand_in_any_folder_with_flags_and_date(dovecot: Dovecot) -> None:
    address, _ = dovecot.new_user()
    noon = datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC)

    uid = dovecot.deliver(b"Subject: one\r\n\r\nbody\r\n", address, "项目/二月", ["\\Seen"], noon)

    assert uid == 1
    assert dovecot.messages(address, "项目/二月") == [b"Subject: one\r\n\r\nbody\r\n"]
    assert dovecot.messages(address, "项目/三月") == []


def test_apop_is_offered_and_works(dovecot: Dovecot) -> None:
    address, password = dovecot.new_user()

    client = poplib.POP3_SSL("localhost", dovecot.pop3s, context=trusting(dovecot.ca_file))
    answer = client.apop(address, password)
    client.quit()

    assert answer.startswith(b"+OK")


def test_lmtp_delivery_adds_the_trace(dovecot: Dovecot) -> None:
    address, _ = dovecot.new_user()

    dovecot.deliver_over_lmtp(b"Subject: one\r\n\r\nbody\r\n", address)

    (raw,) = dovecot.messages(address)
    assert raw.startswith(b"Return-Path: <sender@mail.test>\r\n")
    assert raw.endswith(b"\r\nSubject: one\r\n\r\nbody\r\n")


def xoauth2(dovecot: Dovecot, address: str, token: str) -> str:
    """Sign in with a token over STARTTLS and return the answer's kind."""
    with imaplib.IMAP4("localhost", dovecot.imap, timeout=10) as client:
        client.starttls(trusting(dovecot.ca_file))
        answers = iter([f"user={address}\1auth=Bearer {token}\1\1".encode(), b""])
        return str(client.authenticate("XOAUTH2", lambda _: next(answers))[0])


def test_a_minted_token_signs_in(dovecot: Dovecot) -> None:
    address, _ = dovecot.new_user()

    assert xoauth2(dovecot, address, dovecot.token(address)) == "OK"


def test_an_expired_token_does_not_sign_in(dovecot: Dovecot) -> None:
    address, _ = dovecot.new_user()

    with pytest.raises(imaplib.IMAP4.error):
        xoauth2(dovecot, address, dovecot.token(address, lifetime=-60))


def test_a_token_does_not_sign_in_somebody_else(dovecot: Dovecot) -> None:
    with pytest.raises(imaplib.IMAP4.error):
        xoauth2(dovecot, "bob@mail.test", dovecot.token("ann@mail.test"))


def test_a_wrong_password_is_refused(dovecot: Dovecot) -> None:
    client = imaplib.IMAP4_SSL("localhost", dovecot.imaps, ssl_context=trusting(dovecot.ca_file))

    with client, pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        client.login("ann@mail.test", "wrong")


def test_a_user_name_and_password_in_chinese_sign_in(dovecot: Dovecot) -> None:
    assert dovecot.messages("王小明@mail.test") == []


def test_the_certificate_is_unknown_to_the_world(dovecot: Dovecot) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL("localhost", dovecot.imaps, ssl_context=ssl.create_default_context(), timeout=10)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_the_settings_name_every_protocol(postfix: Postfix, security: str) -> None:
    config = postfix.config("ann@mail.test", security=security)

    scheme = {"tls": "smtps", "starttls": "smtp+starttls"}[security]
    port = {"tls": postfix.submissions, "starttls": postfix.submission}[security]
    assert config["MAILBOX_SMTP"] == f"{scheme}://localhost:{port}"
    assert config["MAILBOX_PASSWORD"] == "ann's secret"
