"""NetEase's part: what the server does differently when it plays 163.com."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest

from flask_mailbox.devserver import SPAM_TEXT, MailServer

from .talk import Talk


@pytest.fixture(scope="module")
def coremail() -> Iterator[MailServer]:
    with MailServer(profile="163") as server:
        yield server


@pytest.fixture
def netease(coremail: MailServer) -> Iterator[Talk]:
    """A raw IMAP connection, signed in."""
    with Talk(coremail.imap) as talk:
        talk.line()
        talk.command(b"LOGIN ann@demo.test ann-secret")
        yield talk


def test_select_and_examine_are_refused_until_id_came(netease):
    refusals = [netease.command(b"SELECT INBOX")[-1], netease.command(b"EXAMINE INBOX")[-1]]
    listed = netease.command(b'LIST "" *')[-1]
    netease.command(b'ID ("name" "x" "version" "1")')

    assert refusals[0].startswith(b"t NO SELECT Unsafe Login")
    assert refusals[1].startswith(b"t NO EXAMINE Unsafe Login")
    assert listed.startswith(b"t OK")
    assert netease.command(b"SELECT INBOX")[-1].startswith(b"t OK")


@pytest.mark.parametrize("form", [b'( "name" "x" )', b'("name" "x" )', b'( "name" "x")'])
def test_an_id_with_inner_blanks_is_refused_and_opens_nothing(netease, form):
    assert netease.command(b"ID " + form)[-1] == b"t BAD Parse command error\r\n"
    assert netease.command(b"SELECT INBOX")[-1].startswith(b"t NO")


@pytest.mark.parametrize("form", [b"NIL", b"()"])
def test_an_id_that_says_nothing_opens_nothing(netease, form):
    netease.command(b"ID " + form)

    assert netease.command(b"SELECT INBOX")[-1].startswith(b"t NO")


def test_an_id_before_login_does_not_count(coremail):
    with Talk(coremail.imap) as talk:
        talk.line()
        talk.command(b'ID ("name" "x")')
        talk.command(b"LOGIN ann@demo.test ann-secret")

        assert talk.command(b"SELECT INBOX")[-1].startswith(b"t NO")


def test_an_initial_response_is_refused_though_it_is_advertised(coremail):
    with Talk(coremail.imap) as talk:
        greeting = talk.line()
        refusal = talk.command(b"AUTHENTICATE PLAIN AGFubkBkZW1vLnRlc3QAYW5uLXNlY3JldA==")[-1]
        talk.send(b"a AUTHENTICATE PLAIN\r\n")
        talk.line()
        talk.send(b"AGFubkBkZW1vLnRlc3QAYW5uLXNlY3JldA==\r\n")

        assert talk.line().startswith(b"a OK")
    assert b"SASL-IR" in greeting
    assert refusal.startswith(b"t BAD Request not ending with")


@pytest.mark.parametrize("name", [b"IDLE", b"MOVE", b"ESEARCH", b"LIST-EXTENDED"])
def test_these_are_not_offered(netease, name):
    assert name not in netease.command(b"CAPABILITY")[0]


@pytest.mark.parametrize(
    "command", [b"IDLE", b"MOVE 1 Sent", b"UNSELECT", b'LIST "" * RETURN (SPECIAL-USE)', b"SEARCH RETURN (ALL) ALL"]
)
def test_what_is_not_offered_is_not_understood(netease, command):
    netease.command(b'ID ("name" "x")')
    netease.command(b"SELECT INBOX")

    assert netease.command(command)[-1].startswith(b"t BAD")


def test_no_next_uid_is_told(netease):
    netease.command(b'ID ("name" "x")')

    assert netease.command(b"STATUS INBOX (UIDNEXT)")[0] == b'* STATUS "INBOX" ()\r\n'
    assert b"UIDNEXT" not in b"".join(netease.command(b"SELECT INBOX"))


def test_a_blank_at_the_end_of_a_line_is_refused(netease):
    assert netease.command(b"NOOP ")[-1].startswith(b"t BAD Request not ending with")


def test_a_name_of_two_words_must_be_quoted(netease):
    assert netease.command(b"STATUS Sent Items (MESSAGES)")[-1].startswith(b"t BAD")
    assert netease.command(b"CREATE Sent Items")[-1] == b"t BAD Request not ending with <CRLF>\r\n"
    assert netease.command(b'CREATE "Sent Items"')[-1].startswith(b"t OK")
    assert netease.command(b'DELETE "Sent Items"')[-1].startswith(b"t OK")


def test_after_a_minute_of_noop_the_connection_is_closed_and_status_keeps_it():
    with MailServer(profile="163", speed=200) as server, Talk(server.imap) as idle, Talk(server.imap) as busy:
        for talk in (idle, busy):
            talk.line()
            talk.command(b"LOGIN ann@demo.test ann-secret")
        asked = 0
        while not (ended := _noops(idle)):
            asked += busy.command(b"STATUS INBOX (MESSAGES)")[-1].startswith(b"t OK")

    assert ended
    assert asked > 1


def _noops(talk: Talk) -> bool:
    """Send NOOP and return whether the connection has ended."""
    try:
        return talk.command(b"NOOP")[-1] == b""
    except (BrokenPipeError, ConnectionResetError):
        return True


def test_an_account_under_protection_opens_no_folder_even_after_id(coremail, netease):
    netease.command(b'ID ("name" "x")')
    coremail.set_trouble("ann@demo.test", "id_required")
    locked = netease.command(b"SELECT INBOX")[-1]
    coremail.set_trouble("ann@demo.test", "")

    assert locked.startswith(b"t NO SELECT Unsafe Login")
    assert netease.command(b"SELECT INBOX")[-1].startswith(b"t OK")


def test_unsafe_login_may_also_be_the_last_word(coremail, netease):
    coremail.faults.set("imap", refuse={"SELECT": "BYE Unsafe Login. Please contact kefu@188.com for help"}, times=1)

    assert netease.command(b"SELECT INBOX") == [
        b"* BYE Unsafe Login. Please contact kefu@188.com for help\r\n",
        b"",
    ]


def test_a_search_without_a_folder_is_an_error_of_state(netease):
    assert netease.command(b"SEARCH ALL")[-1] == b"t NO SEARCH State error\r\n"


def test_words_beyond_ascii_are_never_found(coremail, netease):
    coremail.deliver("Subject: 发票 1\n\n".encode(), "ann@demo.test")
    netease.command(b'ID ("name" "x")')
    netease.command(b"SELECT INBOX")

    assert netease.command("SEARCH CHARSET UTF-8 SUBJECT {6+}\r\n发票".encode())[0] == b"* SEARCH\r\n"
    assert netease.command(b"SEARCH SUBJECT 1")[0] == b"* SEARCH 1\r\n"


def test_folders_have_chinese_names_and_roles(netease):
    listed = netease.command(b'LIST "" *')

    assert b'* LIST (\\HasNoChildren \\Drafts) "/" "&g0l6P3ux-"\r\n' in listed


def test_the_sender_must_be_the_login_and_spam_is_told_by_its_code(coremail):
    with smtplib.SMTP("127.0.0.1", coremail.smtp, timeout=5) as smtp:
        smtp.login("ann@demo.test", "ann-secret")
        refused = smtp.docmd("MAIL", "FROM:<bob@demo.test>")
        with pytest.raises(smtplib.SMTPDataError) as spam:
            smtp.sendmail("ann@demo.test", ["bob@demo.test"], b"Subject: x\r\n\r\n" + SPAM_TEXT)

    assert refused == (553, b"Mail from must equal authorized user")
    assert spam.value.smtp_code == 554
    assert spam.value.smtp_error.startswith(b"DT:SPM")
