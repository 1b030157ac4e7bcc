"""No credential reaches a server that did not prove who it is, over any protocol, by TLS or STARTTLS."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable

import pytest

from flask_mailbox import CertificateError, Mailbox, Message, ServiceError, TLSError
from flask_mailbox.devserver import MailServer

from .apps import mailbox_of

USER, PASSWORD = "ann@demo.test", "ann-secret"
CERTIFICATES = ("expired", "self-signed", "other-name", "unknown-ca")


def use_smtp(mailbox: Mailbox) -> None:
    mailbox.send(Message("x", recipients=[USER], body="x"))


def use_imap(mailbox: Mailbox) -> None:
    with mailbox.imap() as imap:
        imap.folders()


def use_pop3(mailbox: Mailbox) -> None:
    with mailbox.pop3() as pop3:
        pop3.entries()


USES: dict[str, Callable[[Mailbox], None]] = {"smtp": use_smtp, "imap": use_imap, "pop3": use_pop3}


def received(server: MailServer) -> bytes:
    """Return all that clients sent."""
    return b"".join(map(server.received, USES))


def assert_no_credential(server: MailServer) -> None:
    seen = received(server)
    plain = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
    for secret in (PASSWORD.encode(), base64.b64encode(PASSWORD.encode()), plain, USER.encode()):
        assert secret not in seen


@pytest.mark.parametrize("certificate", CERTIFICATES)
@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("protocol", USES)
def test_a_wrong_certificate_gets_no_credential(
    mailserver: MailServer, protocol: str, security: str, certificate: str
) -> None:
    mailserver.faults.set(protocol, certificate=certificate)

    with mailbox_of(mailserver.config(USER, security)) as mailbox, pytest.raises(CertificateError) as raised:
        USES[protocol](mailbox)

    assert_no_credential(mailserver)
    assert raised.value.account == "default"
    assert raised.value.protocol == protocol
    assert raised.value.hint


@pytest.mark.parametrize("protocol", USES)
def test_missing_starttls_gets_no_credential(mailserver: MailServer, protocol: str) -> None:
    mailserver.faults.set(protocol, no_starttls=True)

    with mailbox_of(mailserver.config(USER, "starttls")) as mailbox, pytest.raises(TLSError):
        USES[protocol](mailbox)

    assert_no_credential(mailserver)


@pytest.mark.parametrize(
    ("protocol", "command", "answer"),
    [("smtp", "STARTTLS", "454 not now"), ("imap", "STARTTLS", "NO not now"), ("pop3", "STLS", "-ERR not now")],
)
def test_refused_starttls_gets_no_credential(mailserver: MailServer, protocol: str, command: str, answer: str) -> None:
    mailserver.faults.set(protocol, refuse={command: answer})

    with mailbox_of(mailserver.config(USER, "starttls")) as mailbox, pytest.raises(TLSError):
        USES[protocol](mailbox)

    assert_no_credential(mailserver)


def test_preauth_before_the_upgrade_is_refused(mailserver: MailServer) -> None:
    mailserver.faults.set("imap", preauth=True)

    with mailbox_of(mailserver.config(USER, "starttls")) as mailbox, pytest.raises(ServiceError):
        use_imap(mailbox)

    assert_no_credential(mailserver)
    assert b"EXAMINE" not in received(mailserver)


@pytest.mark.parametrize(
    ("protocol", "forged"),
    [
        ("smtp", b"250-evil\r\n250 AUTH PLAIN EVIL\r\n"),
        ("imap", b"* CAPABILITY IMAP4rev1 AUTH=EVIL\r\n"),
        ("pop3", b"+OK\r\nSASL EVIL\r\n.\r\n"),
    ],
)
def test_data_sent_before_the_handshake_is_never_used(mailserver: MailServer, protocol: str, forged: bytes) -> None:
    mailserver.faults.set(protocol, inject=forged)

    with mailbox_of(mailserver.config(USER, "starttls")) as mailbox, pytest.raises(TLSError):
        USES[protocol](mailbox)

    assert_no_credential(mailserver)


@pytest.mark.parametrize("protocol", USES)
def test_a_login_in_clear_to_another_machine_is_refused(mailserver: MailServer, protocol: str) -> None:
    """The host is this machine by a name that does not say so; the configuration refuses it too, as early as it can."""
    from flask_mailbox import ConfigurationError

    config = mailserver.config(USER, "none")
    key = f"MAILBOX_{protocol.upper()}"
    config[key] = str(config[key]).replace("localhost", "mail.example.com")

    with pytest.raises(ConfigurationError, match="ALLOW_CLEARTEXT_LOGIN"), mailbox_of(config):
        pass


@pytest.mark.parametrize("protocol", USES)
def test_verification_that_is_off_is_said_in_the_log_at_each_connection(
    mailserver: MailServer, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    mailserver.faults.set(protocol, certificate="self-signed")

    for _ in range(2):
        with mailbox_of(mailserver.config(USER) | {"MAILBOX_VERIFY_TLS": False}) as mailbox:
            USES[protocol](mailbox)

    assert caplog.text.count("TLS verification is off for account 'default'") == 2


@pytest.mark.parametrize("protocol", USES)
def test_a_login_in_clear_that_is_allowed_is_said_in_the_log(
    mailserver: MailServer, protocol: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more))
    config = mailserver.config(USER, "none") | {"MAILBOX_ALLOW_CLEARTEXT_LOGIN": True}
    key = f"MAILBOX_{protocol.upper()}"
    config[key] = str(config[key]).replace("localhost", "mail.example.com")

    with mailbox_of(config) as mailbox:
        USES[protocol](mailbox)

    assert "Account 'default' signs in over clear text" in caplog.text
    assert PASSWORD not in caplog.text
