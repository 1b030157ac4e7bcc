"""SMTP as smtplib and raw lines see it."""

from __future__ import annotations

import base64
import dataclasses
import smtplib
from email import message_from_bytes

import pytest

from flask_mailbox.devserver import MailServer
from flask_mailbox.devserver.profiles import STANDARD, SMTPManners

from .conftest import ANN, BOB, PASSWORD
from .talk import Talk


def body_of(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n")[2]


def test_ehlo_offers_what_is_promised(smtp):
    smtp.ehlo()

    assert {"pipelining", "size", "8bitmime", "smtputf8", "starttls", "auth"} == set(smtp.esmtp_features)
    assert int(smtp.esmtp_features["size"]) == 64 * 1024 * 1024
    assert smtp.esmtp_features["auth"].split() == ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]


def test_a_message_reaches_its_recipient_with_trace_lines(server, smtp):
    smtp.sendmail(ANN, [BOB], b"Subject: hi\r\n\r\nhello\r\n")
    message = message_from_bytes(server.messages(BOB)[0])

    assert message["Return-Path"] == f"<{ANN}>"
    assert "by mail.test" in message["Received"]
    assert message["Subject"] == "hi"


@pytest.mark.parametrize("body", [b".\r\n", b"..\r\n.a\r\n", b"a\r\n.\r\nb\r\n", b"\r\n" * 3])
def test_dots_arrive_as_they_were_sent(server, smtp, body):
    smtp.sendmail(ANN, [BOB], b"Subject: dots\r\n\r\n" + body)

    assert body_of(server.messages(BOB)[0]) == body


def test_eight_bit_and_long_lines_arrive_unchanged(server, smtp):
    raw = b"Subject: x\r\n\r\n" + "你好".encode() * 20_000 + b"\r\n\xff\r\n"
    smtp.sendmail(ANN, [BOB], raw, mail_options=["BODY=8BITMIME"])

    assert server.messages(BOB)[0].endswith(raw)


def test_one_copy_each_however_often_a_recipient_is_named(server, smtp):
    smtp.sendmail(ANN, [BOB, BOB, "bob+tag@demo.test", ANN], b"\r\nx\r\n")

    assert len(server.messages(BOB)) == 1
    assert len(server.messages(ANN)) == 1


def test_an_unknown_user_is_refused_and_others_still_get_it(server, smtp):
    refused = smtp.sendmail(ANN, [BOB, "nobody@demo.test"], b"\r\nx\r\n")

    assert refused["nobody@demo.test"][0] == 550
    assert refused["nobody@demo.test"][1].startswith(b"5.1.1")
    assert len(server.messages(BOB)) == 1


def test_mail_for_another_domain_is_never_relayed(smtp):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        smtp.sendmail(ANN, ["someone@example.com"], b"\r\nx\r\n")

    assert caught.value.recipients["someone@example.com"][1].startswith(b"5.7.1")


def test_sending_without_login_is_refused(server):
    with smtplib.SMTP("127.0.0.1", server.smtp, timeout=5) as client, pytest.raises(smtplib.SMTPSenderRefused):
        client.sendmail(ANN, [BOB], b"\r\nx\r\n")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("initial", [True, False])
def test_passwords_are_checked_by_each_mechanism(server, mechanism, initial):
    for password, code in ((PASSWORD, 235), ("wrong", 535)):
        with smtplib.SMTP("127.0.0.1", server.smtp, timeout=5) as client:
            client.ehlo()
            client.user, client.password = ANN, password
            method = getattr(client, f"auth_{mechanism.lower()}")
            try:
                answer = client.auth(mechanism, method, initial_response_ok=initial)[0]
            except smtplib.SMTPAuthenticationError as error:
                answer = error.smtp_code
        assert answer == code


def test_a_token_is_accepted_by_xoauth2_and_oauthbearer(server):
    xoauth2 = f"user={ANN}\1auth=Bearer token-of-ann\1\1"
    bearer = f"n,a={ANN},\1host=localhost\1port=25\1auth=Bearer token-of-ann\1\1"
    for mechanism, response in (("XOAUTH2", xoauth2), ("OAUTHBEARER", bearer)):
        with smtplib.SMTP("127.0.0.1", server.smtp, timeout=5) as client:
            client.ehlo()
            code = client.docmd("AUTH", f"{mechanism} {base64.b64encode(response.encode()).decode()}")[0]
        assert code == 235


def test_a_wrong_token_gets_a_json_challenge_first_and_then_535(server):
    response = base64.b64encode(f"user={ANN}\1auth=Bearer wrong\1\1".encode()).decode()
    with smtplib.SMTP("127.0.0.1", server.smtp, timeout=5) as client:
        client.ehlo()
        code, challenge = client.docmd("AUTH", f"XOAUTH2 {response}")
        final = client.docmd("")[0]

    assert (code, final) == (334, 535)
    assert b'"status": "401"' in base64.b64decode(challenge)


@pytest.mark.parametrize(("line", "code"), [("*", 501), ("!!!", 501), ("AAAA", 501)])
def test_a_broken_exchange_is_refused(server, line, code):
    with smtplib.SMTP("127.0.0.1", server.smtp, timeout=5) as client:
        client.ehlo()
        client.docmd("AUTH", "PLAIN")

        assert client.docmd(line)[0] == code


def test_a_password_is_no_token(server):
    response = base64.b64encode(f"user={BOB}\1auth=Bearer bob-secret\1\1".encode()).decode()
    with smtplib.SMTP("127.0.0.1", server.smtp, timeout=5) as client:
        client.ehlo()
        client.docmd("AUTH", f"XOAUTH2 {response}")

        assert client.docmd("")[0] == 535


def test_starttls_and_tls_ports_take_mail(server, context):
    with smtplib.SMTP("localhost", server.smtp, timeout=5) as client:
        client.starttls(context=context)
        client.login(ANN, PASSWORD)
        client.ehlo()
        assert not client.has_extn("starttls")
        client.sendmail(ANN, [BOB], b"\r\nx\r\n")
    with smtplib.SMTP_SSL("localhost", server.smtps, timeout=5, context=context) as client:
        client.login(ANN, PASSWORD)
        client.sendmail(ANN, [BOB], b"\r\nx\r\n")

    assert len(server.messages(BOB)) == 2


def test_starttls_forgets_login_and_greeting(server, context):
    with smtplib.SMTP("localhost", server.smtp, timeout=5) as client:
        client.login(ANN, PASSWORD)
        client.starttls(context=context)
        client.ehlo()

        assert client.mail(ANN)[0] == 530


def test_plaintext_sent_behind_starttls_is_thrown_away(server, context):
    with Talk(server.smtp) as talk:
        talk.line()
        talk.send(b"EHLO x\r\n")
        talk.until(b"250 ")
        talk.send(b"STARTTLS\r\nNOOP injected\r\n")
        assert talk.line().startswith(b"220")
        talk.start_tls(context)
        talk.send(b"QUIT\r\n")

        assert talk.line().startswith(b"221")


def test_pipelined_commands_are_answered_in_order(server):
    login = base64.b64encode(f"\0{ANN}\0{PASSWORD}".encode())
    with Talk(server.smtp) as talk:
        talk.line()
        talk.send(b"EHLO x\r\nAUTH PLAIN " + login + b"\r\n")
        talk.until(b"235")
        talk.send(b"MAIL FROM:<ann@demo.test>\r\nRCPT TO:<nobody@demo.test>\r\nRCPT TO:<bob@demo.test>\r\nDATA\r\n")
        codes = [talk.line()[:3] for _ in range(4)]
        talk.send(b"Subject: x\r\n\r\n.\r\nNOOP\r\nQUIT\r\n")
        codes += [talk.line()[:3] for _ in range(3)]

    assert codes == [b"250", b"550", b"250", b"354", b"250", b"250", b"221"]
    assert b"NOOP" in server.received("smtp")


@pytest.mark.parametrize(("option", "code"), [(b"", b"553"), (b" SMTPUTF8", b"250")])
def test_an_address_beyond_ascii_needs_smtputf8(server, option, code):
    server.add_user("用户@demo.test", "x")
    with Talk(server.smtp) as talk:
        talk.send(b"EHLO x\r\nAUTH PLAIN AGFubkBkZW1vLnRlc3QAYW5uLXNlY3JldA==\r\n")
        talk.until(b"235")
        talk.send(f"MAIL FROM:<ann@demo.test>{option.decode()}\r\nRCPT TO:<用户@demo.test>\r\n".encode())

        assert [talk.line()[:3], talk.line()[:3]] == [b"250", code]


def test_a_message_beyond_the_size_limit_is_refused_at_mail(smtp):
    smtp.ehlo()

    assert smtp.docmd("MAIL", f"FROM:<{ANN}> SIZE=99999999")[0] == 552


@pytest.mark.parametrize("line", [b"XYZZY\r\n", b"\r\n", b"\xff\xfe\r\n", b"MAIL\r\n", b"A" * 200_000 + b"\r\n"])
def test_hostile_lines_are_refused_and_the_conversation_goes_on(server, line):
    with Talk(server.smtp) as talk:
        talk.line()
        talk.send(line)
        assert talk.line()[:1] == b"5"
        talk.send(b"NOOP\r\n")

        assert talk.line().startswith(b"250")


def test_the_null_sender_may_send(server, smtp):
    smtp.sendmail("", [BOB], b"Subject: bounce\r\n\r\n")

    assert server.messages(BOB)[0].startswith(b"Return-Path: <>\r\n")


def test_a_profile_may_file_the_copy_in_sent_a_moment_later():
    late = dataclasses.replace(STANDARD, smtp=SMTPManners(saves_sent=True, saves_sent_after=0.2))
    with MailServer(profile=late) as server, Talk(server.imap) as watching:
        watching.line()
        watching.command(b"LOGIN ann@demo.test ann-secret")
        watching.command(b"SELECT Sent")
        with smtplib.SMTP("127.0.0.1", server.smtp, timeout=5) as client:
            client.login(ANN, PASSWORD)
            client.sendmail(ANN, [BOB], b"Subject: x\r\n\r\n")
        at_once = server.messages(ANN, "Sent")
        watching.send(b"t IDLE\r\n")
        watching.until(b"* 1 EXISTS")
        later = server.messages(ANN, "Sent")

    assert at_once == []
    assert later == [b"Subject: x\r\n\r\n"]
