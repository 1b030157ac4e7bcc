"""POP3 as poplib and raw lines see it."""

from __future__ import annotations

import base64
import poplib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .conftest import ANN, PASSWORD
from .talk import Talk

RAW = b"Subject: one\r\nX-Dot: .\r\n\r\n.\r\n..two\r\n.three\r\n\r\nlast\r\n"


def signed_in(pop3: poplib.POP3) -> poplib.POP3:
    pop3.user(ANN)
    pop3.pass_(PASSWORD)
    return pop3


@contextmanager
def again(server) -> Iterator[poplib.POP3]:
    client = poplib.POP3("127.0.0.1", server.pop3, timeout=5)
    try:
        yield signed_in(client)
        client.quit()
    finally:
        client.close()


def test_capabilities_are_as_promised(pop3):
    capabilities = pop3.capa()

    assert {"TOP", "UIDL", "PIPELINING", "UTF8", "STLS", "RESP-CODES", "USER"} <= set(capabilities)
    assert capabilities["SASL"] == ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]


def test_stat_list_uidl_and_retr_agree(server, pop3):
    server.deliver(RAW, ANN)
    server.deliver(b"Subject: two\r\n\r\n", ANN)
    signed_in(pop3)

    assert pop3.stat() == (2, len(RAW) + 16)
    assert pop3.list()[1] == [f"1 {len(RAW)}".encode(), b"2 16"]
    assert pop3.list(2).endswith(b"2 16")
    assert b"\r\n".join(pop3.retr(1)[1]) + b"\r\n" == RAW
    assert len({line.split()[1] for line in pop3.uidl()[1]}) == 2


def test_dots_are_stuffed_on_the_wire(server):
    server.deliver(b".first\r\n\r\n.\r\n..", ANN)
    with Talk(server.pop3) as talk:
        talk.send(b"USER ann@demo.test\r\nPASS ann-secret\r\nRETR 1\r\n")
        lines = talk.until(b".\r\n")

    assert lines[-5:] == [b"..first\r\n", b"\r\n", b"..\r\n", b"...\r\n", b".\r\n"]


def test_a_very_long_line_is_sent_whole(server):
    server.deliver(b"Subject: x\r\n\r\n" + b"y" * 100_000 + b"\r\n", ANN)
    with Talk(server.pop3) as talk:
        talk.send(b"USER ann@demo.test\r\nPASS ann-secret\r\nRETR 1\r\n")

        assert len(talk.until(b".\r\n")[-2]) == 100_002


@pytest.mark.parametrize(
    ("count", "body"), [(0, []), (1, [b"."]), (2, [b".", b"..two"]), (99, RAW.split(b"\r\n")[3:-1])]
)
def test_top_gives_the_header_and_so_many_lines(server, pop3, count, body):
    server.deliver(RAW, ANN)
    signed_in(pop3)

    assert pop3.top(1, count)[1] == [b"Subject: one", b"X-Dot: .", b"", *body]


def test_deleted_messages_are_gone_only_after_quit(server, pop3):
    server.deliver(RAW, ANN)
    signed_in(pop3)
    pop3.dele(1)
    assert pop3.stat() == (0, 0)
    assert len(server.messages(ANN)) == 1
    pop3.quit()

    assert server.messages(ANN) == []


def test_a_connection_lost_before_quit_deletes_nothing(server, pop3):
    server.deliver(RAW, ANN)
    signed_in(pop3)
    pop3.dele(1)
    pop3.close()

    assert len(server.messages(ANN)) == 1


def test_rset_takes_deletions_back(server, pop3):
    server.deliver(RAW, ANN)
    signed_in(pop3)
    pop3.dele(1)
    pop3.rset()
    pop3.quit()

    assert len(server.messages(ANN)) == 1


def test_the_maildrop_belongs_to_one_session_at_a_time(server, pop3):
    signed_in(pop3)
    with pytest.raises(poplib.error_proto, match=r"\[IN-USE\]"), again(server):
        pass
    pop3.quit()

    with again(server) as second:
        assert second.stat() == (0, 0)


def test_uidl_stays_over_sessions_and_changes_with_uidvalidity(server, pop3):
    server.deliver(RAW, ANN)
    first = signed_in(pop3).uidl()[1]
    pop3.quit()
    with again(server) as session:
        second = session.uidl()[1]
    server.renew_uidvalidity(ANN)
    with again(server) as session:
        third = session.uidl()[1]

    assert first == second != third


def test_apop_signs_in_and_refuses_a_wrong_secret(server, pop3):
    with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
        pop3.apop(ANN, "wrong")

    assert pop3.apop(ANN, PASSWORD).startswith(b"+OK")


def test_a_wrong_password_is_told_from_other_errors(pop3):
    pop3.user(ANN)
    with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
        pop3.pass_("wrong")


def test_a_password_may_hold_blanks(server):
    server.add_user("eve@demo.test", " two  words ")
    with Talk(server.pop3) as talk:
        talk.line()
        talk.send(b"USER eve@demo.test\r\nPASS  two  words \r\n")

        assert [talk.line()[:3], talk.line()[:3]] == [b"+OK", b"+OK"]


@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize(
    ("mechanism", "response"),
    [
        (b"PLAIN", b"\0ann@demo.test\0ann-secret"),
        (b"XOAUTH2", b"user=ann@demo.test\1auth=Bearer token-of-ann\1\1"),
        (b"OAUTHBEARER", b"n,a=ann@demo.test,\1auth=Bearer token-of-ann\1\1"),
    ],
)
def test_sasl_works_with_and_without_initial_response(server, mechanism, response, initial):
    encoded = base64.b64encode(response)
    with Talk(server.pop3) as talk:
        talk.line()
        if initial:
            talk.send(b"AUTH " + mechanism + b" " + encoded + b"\r\n")
        else:
            talk.send(b"AUTH " + mechanism + b"\r\n")
            assert talk.line() == b"+ \r\n"
            talk.send(encoded + b"\r\n")

        assert talk.line().startswith(b"+OK")


def test_auth_without_mechanism_lists_them(server):
    with Talk(server.pop3) as talk:
        talk.line()
        talk.send(b"AUTH\r\n")

        assert talk.until(b".\r\n")[1:-1] == [b"PLAIN\r\n", b"LOGIN\r\n", b"XOAUTH2\r\n", b"OAUTHBEARER\r\n"]


def test_stls_and_the_tls_port_sign_in(server, context):
    client = poplib.POP3("localhost", server.pop3, timeout=5)
    client.stls(context)
    assert "STLS" not in client.capa()
    signed_in(client).quit()
    client = poplib.POP3_SSL("localhost", server.pop3s, timeout=5, context=context)
    signed_in(client).quit()


def test_plaintext_sent_behind_stls_is_thrown_away(server, context):
    with Talk(server.pop3) as talk:
        talk.line()
        talk.send(b"STLS\r\nUSER bob@demo.test\r\nPASS bob-secret\r\n")
        assert talk.line().startswith(b"+OK")
        talk.start_tls(context)
        talk.send(b"STAT\r\n")

        assert talk.line().startswith(b"-ERR")


def test_pipelined_commands_are_answered_in_order(server):
    server.deliver(RAW, ANN)
    with Talk(server.pop3) as talk:
        talk.send(b"USER ann@demo.test\r\nPASS ann-secret\r\nUTF8\r\nSTAT\r\nDELE 1\r\nQUIT\r\n")
        starts = [talk.line()[:3] for _ in range(7)]
        assert talk.line() == b""

    assert starts == [b"+OK"] * 3 + [b"-ER"] + [b"+OK"] * 3
    assert server.messages(ANN) == []


@pytest.mark.parametrize(
    "command", [b"RETR 0", b"RETR 9", b"RETR x", b"RETR", b"RETR 99999999999999", b"TOP 1", b"TOP 1 -1", b"DELE 1 2"]
)
def test_bad_message_numbers_are_refused(server, command):
    server.deliver(RAW, ANN)
    with Talk(server.pop3) as talk:
        talk.send(b"USER ann@demo.test\r\nPASS ann-secret\r\n" + command + b"\r\nNOOP\r\n")

        assert [talk.line()[:3] for _ in range(5)] == [b"+OK"] * 3 + [b"-ER", b"+OK"]


@pytest.mark.parametrize("line", [b"XYZZY\r\n", b"\r\n", b"\xff\xfe\r\n", b"A" * 300_000 + b"\r\n", b"STAT\r\n"])
def test_hostile_lines_are_refused_and_the_conversation_goes_on(server, line):
    with Talk(server.pop3) as talk:
        talk.line()
        talk.send(line)
        assert talk.line().startswith(b"-ERR")
        talk.send(b"CAPA\r\n")

        assert talk.line().startswith(b"+OK")


def test_mail_that_arrives_during_a_session_is_seen_in_the_next(server, pop3):
    signed_in(pop3)
    server.deliver(RAW, ANN)
    assert pop3.stat() == (0, 0)
    pop3.quit()

    with again(server) as later:
        assert later.stat()[0] == 1
