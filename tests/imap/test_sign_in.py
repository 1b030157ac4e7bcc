"""Signing in on servers that offer more than they can do."""

from __future__ import annotations

import socket

import pytest

from flask_mailbox.errors import AuthenticationError

from ..scripted import Client, Script, scripted
from .accounts import imap_account, session_of
from .scripts import imap_script


def authenticating(refusal: bytes, *, second: bytes = b"OK in") -> Script:
    """A server that answers so to AUTHENTICATE with a first message, and asks for it where there is none."""

    def authenticate(client: Client, tag: bytes) -> None:
        if tried.append(tag) or len(tried) == 1:
            client.send(tag + b" " + refusal + b"\r\n")
            return
        client.send(b"+ \r\n")
        client.line()
        client.send(tag + b" " + second + b"\r\n")

    tried: list[bytes] = []
    return imap_script({"AUTHENTICATE": authenticate})


def test_a_server_that_offers_the_short_sign_in_and_refuses_it_is_asked_the_long_way() -> None:
    with scripted(authenticating(b"BAD Syntax error")) as server, session_of(imap_account(server.port)) as imap:
        assert imap.folder("INBOX").total == 3
        assert [line.count(b" ") for line in server.received if b"AUTHENTICATE" in line] == [3, 2]


@pytest.mark.parametrize("refusal", [b"NO wrong password", b"BAD [AUTHENTICATIONFAILED] wrong password"])
def test_a_refused_password_is_never_sent_again(refusal: bytes) -> None:
    with scripted(authenticating(refusal)) as server:
        with pytest.raises(AuthenticationError, match="wrong password"):
            imap_account_opens(server.port)

        assert sum(b"AUTHENTICATE" in line for line in server.received) == 1


def test_a_server_that_refuses_twice_is_asked_no_third_time() -> None:
    with scripted(authenticating(b"BAD Syntax error", second=b"BAD No")) as server:
        with pytest.raises(AuthenticationError, match="No"):
            imap_account_opens(server.port)

        assert sum(b"AUTHENTICATE" in line for line in server.received) == 2


def test_a_server_that_hangs_up_on_the_second_way_is_quoted_with_its_first_words() -> None:
    def authenticate(client: Client, tag: bytes) -> None:
        client.send(tag + b" BAD Go away\r\n")
        client.line()
        client.socket.shutdown(socket.SHUT_RDWR)

    with (
        scripted(imap_script({"AUTHENTICATE": authenticate})) as server,
        pytest.raises(AuthenticationError, match="Go away"),
    ):
        imap_account_opens(server.port)


def imap_account_opens(port: int) -> None:
    """Sign in and out."""
    with session_of(imap_account(port)):
        pass
