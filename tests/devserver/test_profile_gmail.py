"""Google's part: what the server does differently when it plays Gmail."""

from __future__ import annotations

import base64
import datetime
import json
import poplib
import smtplib
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from flask_mailbox.devserver import MailServer

from .talk import Talk

ANN = "ann@demo.test"
PASSWORD = "ann-secret"


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with MailServer(profile="gmail") as server:
        yield server


@pytest.fixture
def google(running: MailServer) -> MailServer:
    """The running server, emptied."""
    running.reset()
    return running


def _signed_in(google: MailServer) -> Talk:
    talk = Talk(google.imap)
    talk.line()
    assert talk.command(b"LOGIN ann@demo.test ann-secret")[-1].startswith(b"t OK")
    return talk


def _listed(google: MailServer, name: str, *, read: int = 0) -> int:
    pop3 = poplib.POP3("127.0.0.1", google.pop3, timeout=5)
    pop3.user(name)
    pop3.pass_(PASSWORD)
    count = len(pop3.list()[1])
    for number in range(1, read + 1):
        pop3.retr(number)
    pop3.quit()
    return count


def test_a_bad_token_is_told_in_json_and_refused_only_when_the_client_answered(google):
    message = base64.b64encode(b"user=ann@demo.test\1auth=Bearer old\1\1")
    with Talk(google.imap) as talk:
        talk.line()
        talk.send(b"t AUTHENTICATE XOAUTH2 " + message + b"\r\n")
        challenge = talk.line()
        talk.send(b"\r\n")
        refusal = talk.line()

    assert json.loads(base64.b64decode(challenge[2:])) == {
        "status": "400",
        "schemes": "Bearer",
        "scope": "https://mail.google.com/",
    }
    assert refusal == b"t NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n"


def test_a_user_in_trouble_is_sent_to_the_browser_until_the_trouble_ends(google):
    google.set_trouble(ANN, "web_login_required")
    with Talk(google.imap) as talk:
        talk.line()
        refused = talk.command(b"LOGIN ann@demo.test ann-secret")
        google.set_trouble(ANN, "")

        assert refused[0].startswith(b"* NO [WEBALERT https://")
        assert refused[1].startswith(b"t NO [ALERT] Please log in via your web browser")
        assert talk.command(b"LOGIN ann@demo.test ann-secret")[-1].startswith(b"t OK")


def test_a_trouble_that_the_profile_has_no_words_for_is_refused_with_those_it_has(google):
    with pytest.raises(ValueError, match=r"no words for 'tired'. Use one of: app_password_required, bad_credentials"):
        google.set_trouble(ANN, "tired")
    with pytest.raises(ValueError, match="It has words for none"), MailServer() as plain:
        plain.set_trouble(ANN, "protocol_disabled")


def test_the_sixteenth_connection_is_one_too_many_until_another_has_gone(google):
    with ExitStack() as stack:
        talks = [stack.enter_context(_signed_in(google)) for _ in range(15)]
        last = stack.enter_context(Talk(google.imap))
        last.line()
        refused = last.command(b"LOGIN ann@demo.test ann-secret")[-1]
        talks[0].command(b"LOGOUT")
        talks[0].read(1)

        assert refused == b"t NO [ALERT] Too many simultaneous connections. (Failure)\r\n"
        assert last.command(b"LOGIN ann@demo.test ann-secret")[-1].startswith(b"t OK")


def test_copies_under_other_labels_have_the_same_number(google):
    google.deliver(b"Subject: Lunch\n\n", ANN)
    with _signed_in(google) as talk:
        talk.command(b"SELECT INBOX")
        numbers = [talk.command(b"FETCH 1 X-GM-MSGID")[0]]
        talk.command(b'COPY 1 "[Gmail]/Starred"')
        found = talk.command(b'SEARCH X-GM-RAW "lunch"')[0]
        talk.command(b'SELECT "[Gmail]/Starred"')
        numbers.append(talk.command(b"FETCH 1 X-GM-MSGID")[0])
        refused = talk.command(b'SELECT "[Gmail]"')[-1]

    assert numbers[0] == numbers[1]
    assert found == b"* SEARCH 1\r\n"
    assert refused.startswith(b"t NO")


def test_a_maildrop_shows_the_oldest_and_never_again_what_was_retrieved(google):
    for _ in range(252):
        google.deliver(b"Subject: x\n\n", ANN)

    assert _listed(google, ANN, read=1) == 250
    assert _listed(google, ANN, read=250) == 250
    assert _listed(google, ANN) == 1


def test_the_recent_messages_are_listed_to_every_client(google):
    google.deliver(b"Subject: old\n\n", ANN, date=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    google.deliver(b"Subject: new\n\n", ANN)

    assert _listed(google, f"recent:{ANN}", read=1) == 1
    assert _listed(google, f"recent:{ANN}") == 1
    assert _listed(google, ANN) == 2


def test_what_was_sent_is_filed(google):
    with smtplib.SMTP("127.0.0.1", google.smtp, timeout=5) as smtp:
        smtp.login(ANN, PASSWORD)
        smtp.sendmail(ANN, ["bob@demo.test"], b"Subject: x\r\n\r\n")

    assert google.messages(ANN, "[Gmail]/Sent Mail") == [b"Subject: x\r\n\r\n"]


def test_the_same_words_refuse_in_every_protocol(google):
    google.set_trouble(ANN, "app_password_required")
    smtp = smtplib.SMTP("127.0.0.1", google.smtp, timeout=5)
    with closing(smtp), pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
        smtp.login(ANN, PASSWORD)
    pop3 = poplib.POP3("127.0.0.1", google.pop3, timeout=5)
    with closing(pop3), pytest.raises(poplib.error_proto, match="Application-specific password required"):
        pop3.user(ANN)
        pop3.pass_(PASSWORD)

    assert refusal.value.smtp_code == 534
    assert refusal.value.smtp_error.startswith(b"5.7.9 Application-specific password required")


def test_what_is_expunged_stays_in_all_mail_unless_it_was_in_the_trash(google):
    for folder in ("INBOX", "[Gmail]/Trash"):
        google.deliver(f"Subject: from {folder}\n\n".encode(), ANN, folder, flags=["\\Deleted"])
        with _signed_in(google) as talk:
            talk.command(f'SELECT "{folder}"'.encode())
            talk.command(b"EXPUNGE")

    assert google.messages(ANN) == google.messages(ANN, "[Gmail]/Trash") == []
    assert google.messages(ANN, "[Gmail]/All Mail") == [b"Subject: from INBOX\r\n\r\n"]
