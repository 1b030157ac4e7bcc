"""The certificates, good and bad, as a verifying client judges them."""

from __future__ import annotations

import smtplib
import socket
import ssl

import pytest

from flask_mailbox.devserver import MailServer

from .conftest import ANN, PASSWORD
from .talk import Talk

REASONS = {
    "expired": "certificate has expired",
    "self-signed": "self-signed certificate",
    "other-name": "Hostname mismatch",
    "unknown-ca": "unable to get local issuer|self-signed certificate in certificate chain",
}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_the_good_certificate_is_for_all_loopback_names(server, context, name):
    with (
        socket.create_connection(("127.0.0.1", server.imaps), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        assert secure.recv(4) == b"* OK"


def test_strict_verification_accepts_it(server, context):
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with Talk(server.pop3s, context) as talk:
        assert talk.line().startswith(b"+OK")


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
@pytest.mark.parametrize("kind", list(REASONS))
def test_bad_certificates_fail_on_the_tls_port(server, context, protocol, kind):
    server.faults.set(protocol, certificate=kind)
    port = {"smtp": server.smtps, "imap": server.imaps, "pop3": server.pop3s}[protocol]
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match=REASONS[kind]),
    ):
        context.wrap_socket(plain, server_hostname="localhost")

    assert server.received(protocol) == b""


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
@pytest.mark.parametrize("kind", list(REASONS))
def test_bad_certificates_fail_at_starttls(server, context, protocol, kind):
    server.faults.set(protocol, certificate=kind)
    port = {"smtp": server.smtp, "imap": server.imap, "pop3": server.pop3}[protocol]
    command = {"smtp": b"STARTTLS\r\n", "imap": b"s STARTTLS\r\n", "pop3": b"STLS\r\n"}[protocol]
    with Talk(port) as talk:
        talk.line()
        talk.send(command)
        talk.line()
        with pytest.raises(ssl.SSLCertVerificationError, match=REASONS[kind]):
            talk.start_tls(context)

    assert server.received(protocol) == command


def test_after_a_bad_certificate_the_server_is_well_again(server, context):
    server.faults.set("smtp", certificate="expired")
    server.faults.clear("smtp")
    with smtplib.SMTP_SSL("localhost", server.smtps, timeout=5, context=context) as client:
        assert client.login(ANN, PASSWORD)[0] == 235


def test_each_server_has_its_own_authority(server, context):
    with MailServer() as other, pytest.raises(ssl.SSLCertVerificationError):
        Talk(other.imaps, context)
