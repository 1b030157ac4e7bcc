"""The servers of the contract suites are alike: the standard library's clients see the same on each."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
import ssl

from .server import ContractServer, ReadingServer

RAW = (
    b"From: ann@mail.test\r\nTo: bob@mail.test\r\nSubject: one\r\nMessage-ID: <one@mail.test>\r\n"
    b"Date: Thu, 29 Feb 2024 12:00:00 +0000\r\n\r\nbody\r\n.dot\r\n"
)


def trusting(server: ReadingServer) -> ssl.SSLContext:
    """A verifying TLS context for the server's authority."""
    return ssl.create_default_context(cafile=server.ca_file)


def test_what_is_delivered_stands_there_byte_for_byte(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()

    uid = reading_server.deliver(RAW, address)

    assert (uid, reading_server.messages(address)) == (1, [RAW])


def test_each_user_starts_with_an_empty_mailbox(reading_server: ReadingServer) -> None:
    reading_server.deliver(RAW, reading_server.new_user()[0])

    assert reading_server.messages(reading_server.new_user()[0]) == []


def test_a_message_goes_in_over_smtp_and_out_over_imap_and_pop3(server: ContractServer) -> None:
    address, password = server.new_user()

    with smtplib.SMTP_SSL("localhost", server.ports["smtps"], context=trusting(server)) as smtp:
        smtp.login(address, password)
        smtp.sendmail(address, [address], RAW)

    (raw,) = server.arrived(address)
    assert raw.endswith(RAW)
    assert over_imap(server, address, password) == raw
    assert over_pop3(server, address, password) == raw


def over_imap(server: ContractServer, address: str, password: str) -> bytes:
    """Fetch the first message over IMAP with STARTTLS."""
    with imaplib.IMAP4("localhost", server.ports["imap"]) as imap:
        imap.starttls(trusting(server))
        imap.login(address, password)
        imap.select(readonly=True)
        answer = imap.fetch("1", "(BODY.PEEK[])")[1][0]
        assert isinstance(answer, tuple)
        return answer[1]


def over_pop3(server: ContractServer, address: str, password: str) -> bytes:
    """Fetch the first message over POP3 with TLS."""
    pop3 = poplib.POP3_SSL("localhost", server.ports["pop3s"], context=trusting(server))
    pop3.user(address)
    pop3.pass_(password)
    lines = pop3.retr(1)[1]
    pop3.quit()
    return b"\r\n".join(lines) + b"\r\n"


def test_a_token_signs_in(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    answer = f"user={address}\1auth=Bearer {reading_server.token(address)}\1\1".encode()

    with imaplib.IMAP4_SSL("localhost", reading_server.ports["imaps"], ssl_context=trusting(reading_server)) as imap:
        assert imap.authenticate("XOAUTH2", lambda _: answer)[0] == "OK"
