"""The smaller parts: what servers of each family do differently, as a raw conversation shows it."""

from __future__ import annotations

import dataclasses
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from flask_mailbox.devserver import MailServer
from flask_mailbox.devserver.profiles import IMAPManners, Profile, profile_for

from .talk import Talk

ANN, BOB = "ann@demo.test", "bob@demo.test"
SECRET = "ann-secret"
LETTER = b"""\
From: bob@demo.test
To: ann@demo.test
Subject: Lunch
Message-ID: <1@demo.test>
Content-Type: multipart/mixed; boundary=a

--a

--a--
"""


@contextmanager
def played(profile: str | Profile, *letters: bytes, speed: float = 1.0) -> Iterator[tuple[MailServer, Talk]]:
    """Give a server in a part, and a connection to it on which Ann has selected her INBOX."""
    with MailServer(profile=profile, speed=speed) as server:
        for letter in letters:
            server.deliver(letter, ANN)
        with Talk(server.imap) as talk:
            talk.line()
            name = ANN if "full" in server.profile.usernames else "ann"
            assert talk.command(f"LOGIN {name} {SECRET}".encode())[-1].startswith(b"t OK")
            talk.command(b'ID ("name" "x")')
            talk.command(b"SELECT INBOX")
            yield server, talk


@pytest.mark.parametrize(
    ("profile", "greeting", "offered", "missing"),
    [
        ("dovecot", b"Dovecot", b"SPECIAL-USE", b"XLIST"),
        ("courier", b"Courier", b"UIDPLUS", b"MOVE"),
        ("cyrus", b"Cyrus", b"MOVE", b"PREVIEW"),
        ("163", b"Coremail", b"X-CM-EXT-1", b"IDLE"),
        ("qq", b"QQMail", b"XLIST", b"SASL-IR"),
        ("gmail", b"Gimap", b"X-GM-EXT-1", b"LITERAL+"),
        ("outlook", b"Microsoft Exchange", b"CLIENTACCESSRULES", b"ENABLE"),
        ("yahoo", b"IMAP4rev1 Hello", b"XYMHIGHESTMODSEQ", b"IDLE"),
        ("icloud", b"iscream", b"XAPPLELITERAL", b"MOVE"),
        ("zoho", b"Zoho Mail", b"LITERAL-", b"SPECIAL-USE"),
        ("yandex", b"Yandex IMAP4rev1", b"XLIST", b"SPECIAL-USE"),
        ("proton-bridge", b"IMAP4rev1 Service Ready", b"XSTOP", b"XLIST"),
    ],
)
def test_each_family_greets_in_its_own_words_and_with_its_own_capabilities(profile, greeting, offered, missing):
    with MailServer(profile=profile) as server, Talk(server.imap) as talk:
        words = talk.line()

    assert greeting in words
    assert offered in words
    assert missing not in words


def test_pop3_and_smtp_greet_in_these_words_too():
    with MailServer(profile="zoho") as server, Talk(server.pop3) as pop3, Talk(server.smtp) as smtp:
        assert pop3.line().startswith(b"+OK Zoho Mail POP3 Server")
        assert smtp.line() == b"220 mail.test ESMTP Zoho Mail\r\n"


def test_courier_and_cyrus_keep_all_folders_below_inbox_and_part_them_by_dots():
    with played("cyrus") as (server, talk):
        talk.command(b"CREATE INBOX.Work.2026")
        listed = talk.command(b'LIST "" "INBOX.Work.%"')

        assert talk.command(b"NAMESPACE")[0] == b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\n'
        assert listed[0] == b'* LIST (\\HasNoChildren) "." "INBOX.Work.2026"\r\n'
        assert server.messages(ANN, "INBOX/Work/2026") == []


def test_courier_tells_of_a_message_number_zero():
    with played("courier", LETTER) as (_, talk):
        assert talk.command(b"FETCH 1 UID")[:2] == [b"* 0 FETCH (FLAGS ())\r\n", b"* 1 FETCH (UID 1)\r\n"]


def test_yahoo_spells_inbox_and_empty_lists_in_its_own_way_and_fetches_backwards():
    with played("yahoo", LETTER, LETTER) as (_, talk):
        listed = talk.command(b'LIST "" *')[0]
        fetched = talk.command(b"FETCH 1:2 ENVELOPE")

    assert listed == b'* LIST (\\HasNoChildren) "/" "Inbox"\r\n'
    assert fetched[0].startswith(b"* 2 FETCH")
    assert b' () () NIL "<1@demo.test>"))' in fetched[1]


def test_yahoo_takes_no_long_lines():
    with played("yahoo", LETTER) as (_, talk):
        assert talk.command(b"FETCH " + b"1," * 500 + b"1 UID")[-1].startswith(b"t BAD")
        assert talk.command(b"FETCH " + b"1," * 400 + b"1 UID")[-1].startswith(b"t OK")


def test_yahoo_shows_the_newest_messages_of_a_large_folder():
    profile = profile_for("yahoo")
    few = dataclasses.replace(profile, imap=dataclasses.replace(profile.imap, visible_messages=2))
    with played(few, LETTER, LETTER, LETTER) as (server, talk):
        first = talk.command(b"UID SEARCH ALL")[0]
        server.deliver(LETTER, ANN)
        talk.command(b"NOOP")

        assert first == b"* SEARCH 2 3\r\n"
        assert talk.command(b"UID SEARCH ALL")[0] == b"* SEARCH 2 3 4\r\n"


def test_yahoo_japan_offers_move_and_refuses_it_and_finds_no_message_id():
    with played("yahoo-jp", LETTER) as (_, talk):
        assert b"MOVE" in talk.command(b"CAPABILITY")[0]
        assert talk.command(b"MOVE 1 Trash")[-1].startswith(b"t NO [CANNOT]")
        assert talk.command(b'SEARCH HEADER Message-ID "<1@demo.test>"')[0] == b"* SEARCH\r\n"
        assert talk.command(b"SEARCH SUBJECT lunch")[0] == b"* SEARCH 1\r\n"


def test_icloud_brings_no_rfc822_no_answer_to_enable_and_no_search_in_any_header():
    with played("icloud", LETTER) as (_, talk):
        assert talk.command(b"FETCH 1 (UID RFC822)")[0] == b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n"
        assert talk.command(b"ENABLE CONDSTORE")[-1] == b"t OK ENABLE completed\r\n"
        assert talk.command(b'SEARCH HEADER X-Any "a"')[-1].startswith(b"t NO [UNAVAILABLE]")
        assert talk.command(b'SEARCH HEADER Message-ID "<1@demo.test>"')[0] == b"* SEARCH 1\r\n"
        assert b'* STATUS "Junk" (MESSAGES 0)\r\n' in talk.command(b'LIST "" * RETURN (STATUS (MESSAGES))')


def test_yandex_parts_folders_by_bars_names_roles_twice_and_leaves_values_out():
    with played("yandex", LETTER) as (_, talk):
        talk.command(b"CREATE Work|2026")
        listed = talk.command(b'XLIST "" *')

        assert b'* XLIST (\\HasNoChildren) "|" "Work|2026"\r\n' in listed
        assert any(b"(\\HasNoChildren \\Sent \\Sent)" in line for line in listed)
        assert talk.command(b"FETCH 1 BODY.PEEK[1]")[0] == b"* 1 FETCH (BODY[1])\r\n"


def test_yandex_says_goodbye_until_the_client_closes():
    with played("yandex") as (_, talk):
        talk.send(b"t LOGOUT\r\n")

        assert [talk.line() for _ in range(5)] == [b"* BYE See you\r\n"] * 5


def test_mail_ru_rounds_large_sizes():
    with played("mail-ru", b"\r\n" + b"x" * 2_345_678, LETTER) as (_, talk):
        assert talk.command(b"FETCH 1:2 RFC822.SIZE")[:2] == [
            b"* 1 FETCH (RFC822.SIZE 2.34568e+06)\r\n",
            b"* 2 FETCH (RFC822.SIZE 142)\r\n",
        ]


def test_zoho_tells_a_mod_sequence_below_zero_and_roles_by_xlist_only():
    with played("zoho", LETTER) as (_, talk):
        assert talk.command(b"FETCH 1 UID")[0] == b"* 1 FETCH (UID 1 MODSEQ (-1))\r\n"
        assert b"\\Spam" not in b"".join(talk.command(b'LIST "" *'))
        assert b"\\Spam" in b"".join(talk.command(b'XLIST "" *'))


def test_naver_tells_of_new_mail_only_when_the_folder_is_opened_anew():
    with played("naver") as (server, talk):
        server.deliver(LETTER, ANN)

        assert talk.command(b"NOOP") == [b"t OK NOOP completed\r\n"]
        assert b"* 1 EXISTS\r\n" in talk.command(b"SELECT INBOX")


def test_seznam_ends_the_connection_at_a_search_in_any_header():
    with played("seznam") as (_, talk):
        assert talk.command(b"SEARCH HEADER X-Any a") == [b""]


def test_aliyun_finds_no_words_and_refuses_another_sender_and_spam():
    with played("aliyun", LETTER) as (server, talk), smtplib.SMTP("127.0.0.1", server.smtp, timeout=5) as smtp:
        smtp.login(ANN, SECRET)

        assert talk.command(b"SEARCH SUBJECT Lunch")[0] == b"* SEARCH\r\n"
        assert smtp.docmd("MAIL", f"FROM:<{BOB}>")[0] == 440


def test_lark_tells_no_addresses():
    with played("lark", LETTER) as (_, talk):
        assert talk.command(b"FETCH 1 ENVELOPE")[0] == (
            b'* 1 FETCH (ENVELOPE (NIL "Lunch" NIL NIL NIL NIL NIL NIL NIL "<1@demo.test>"))\r\n'
        )


def test_gmx_refuses_an_empty_id_and_a_folder_too_many():
    with played("gmx") as (_, talk):
        made = [talk.command(b"CREATE f%d" % number)[-1] for number in range(15)]

        assert talk.command(b"ID ()")[-1].startswith(b"t BAD")
        assert [answer.startswith(b"t OK") for answer in made] == [True] * 14 + [False]
        assert made[-1].startswith(b"t NO [LIMIT]")


def test_protons_bridge_refuses_the_list_that_it_offers_and_jails_who_guesses():
    with played("proton-bridge") as (server, talk):
        listed = talk.command(b'LIST "" * RETURN (SPECIAL-USE)')[-1]
        answers = []
        for word in ("wrong", "wrong", "wrong", SECRET):
            with Talk(server.imap) as guess:
                guess.line()
                answers.append(guess.command(f"LOGIN {ANN} {word}".encode())[-1])

    assert listed.startswith(b"t BAD")
    assert answers == [b"t NO incorrect login credentials\r\n"] * 3 + [b"t NO too many login attempts\r\n"]


def test_a_right_password_ends_a_row_of_wrong_ones():
    with MailServer(profile="proton-bridge") as server:
        for word in ("wrong", "wrong", SECRET, "wrong", SECRET):
            with Talk(server.imap) as talk:
                talk.line()
                last = talk.command(f"LOGIN {ANN} {word}".encode())[-1]

    assert last.startswith(b"t OK")


def test_rambler_cuts_idle_off_after_a_minute():
    with played("rambler", speed=300) as (_, talk):
        talk.send(b"t IDLE\r\n")

        assert talk.until(b"t ") == [b"+ idling\r\n", b""]


def test_mail_de_takes_no_id_before_the_sign_in():
    with MailServer(profile="mail.de") as server, Talk(server.imap) as talk:
        talk.line()
        early = talk.command(b'ID ("name" "x")')[-1]
        talk.command(b"LOGIN ann@demo.test ann-secret")

        assert early.startswith(b"t BAD")
        assert talk.command(b'ID ("name" "x")')[-1].startswith(b"t OK")


@pytest.mark.parametrize(("forms", "taken"), [(("full",), [True, False]), (("local",), [False, True])])
def test_a_user_signs_in_with_the_forms_of_the_address_that_the_profile_takes(forms, taken):
    profile = dataclasses.replace(profile_for(None), usernames=forms)
    with MailServer({ANN: SECRET, "carl@demo.test": "x", "carl@other.test": SECRET}, profile=profile) as server:
        answers = []
        for name in (ANN, "ann", "carl"):
            with Talk(server.imap) as talk:
                talk.line()
                answers.append(talk.command(f"LOGIN {name} {SECRET}".encode())[-1].startswith(b"t OK"))

    assert answers == [*taken, False]


def test_a_refusal_may_end_the_connection_with_its_words():
    profile = dataclasses.replace(profile_for(None), imap=IMAPManners(move_refusal="BYE Enough"))
    with played(profile, LETTER) as (_, talk):
        assert talk.command(b"MOVE 1 Trash") == [b"* BYE Enough\r\n", b""]


def test_the_clock_cannot_stand_still():
    with pytest.raises(ValueError, match="Use 1 for real time"):
        MailServer(profile="163", speed=0)
