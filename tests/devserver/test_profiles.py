"""Profiles: what the server does differently when it plays a provider."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flask_mailbox.devserver import MailServer

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


def test_idle_is_not_offered(netease):
    assert b"IDLE" not in netease.command(b"CAPABILITY")[0]
    assert netease.command(b"IDLE")[-1].startswith(b"t BAD")
