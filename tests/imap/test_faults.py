"""A server that fails at any step gives an error of our tree in time, and the next session works."""

from __future__ import annotations

import time

import pytest

from flask_mailbox.account import Account, Security, Timeouts
from flask_mailbox.devserver import MailServer
from flask_mailbox.errors import AuthenticationError, CertificateError, CommandError, ServiceError, TLSError
from flask_mailbox.providers import Quirks

from .accounts import ANN, PASSWORD, imap_account, session_of

STEPS = ("GREETING", "AUTHENTICATE", "LIST", "EXAMINE", "FETCH", "SELECT", "STORE", "APPEND")


def impatient(server: MailServer, **changes: object) -> Account:
    timeouts = Timeouts(connect=0.5, read=0.2, operation=0.5)
    return imap_account(server.imap, timeouts=timeouts, ca_file=server.ca_file, **changes)


def use(account: Account) -> int:
    """Do a little of everything."""
    with session_of(account) as imap:
        imap.folders()
        folder = imap.folder("INBOX")
        folder.message(folder.page()[0].uid)
        folder.add_flags(1, ["\\Seen"])
        folder.append(b"Subject: two\r\n\r\n")
        return folder.total


@pytest.mark.parametrize("step", ["CONNECT", *STEPS])
@pytest.mark.parametrize("fault", ["drop_before", "stall"])
def test_a_failure_at_a_step_is_told_in_time_and_does_not_stay(mail_server: MailServer, step: str, fault: str) -> None:
    mail_server.faults.set("imap", **{fault: step}, times=1)
    began = time.monotonic()

    with pytest.raises(ServiceError) as raised:
        use(impatient(mail_server))

    assert time.monotonic() - began < 2.0
    assert raised.value.transient
    assert (raised.value.account, raised.value.protocol) == ("test", "imap")
    assert use(impatient(mail_server)) >= 1


@pytest.mark.parametrize("step", STEPS)
def test_an_answer_cut_off_is_told(mail_server: MailServer, step: str) -> None:
    for place in (1, 9, 30):
        mail_server.faults.set("imap", cut=(step, place), times=1)
        with pytest.raises(ServiceError):
            use(impatient(mail_server))


@pytest.mark.parametrize("step", ["EXAMINE", "FETCH", "SELECT", "STORE", "APPEND"])
def test_a_refusal_leaves_the_session_usable(mail_server: MailServer, step: str) -> None:
    mail_server.faults.set("imap", refuse={step: "NO [SERVERBUG] later"}, times=1)
    with session_of(impatient(mail_server)) as imap:
        with pytest.raises(CommandError) as raised:
            imap.folders()
            imap.folder("INBOX").page()
            imap.folder("INBOX").add_flags(1, ["\\Seen"])
            imap.folder("INBOX").append(b"Subject: two\r\n\r\n")

        assert raised.value.transient
        assert raised.value.code == "SERVERBUG"
        assert imap.is_reusable
        assert imap.folder("INBOX").total >= 1


@pytest.mark.parametrize("certificate", ["expired", "self-signed", "other-name", "unknown-ca"])
def test_no_password_reaches_a_server_with_a_wrong_certificate(mail_server: MailServer, certificate: str) -> None:
    mail_server.faults.set("imap", certificate=certificate)
    account = imap_account(mail_server.imap, security=Security.STARTTLS, ca_file=mail_server.ca_file)

    with pytest.raises(CertificateError):
        use(account)


def test_plain_text_behind_starttls_is_not_believed(mail_server: MailServer) -> None:
    mail_server.faults.set("imap", inject=b"* CAPABILITY IMAP4rev1 AUTH=X\r\n")
    account = imap_account(mail_server.imap, security=Security.STARTTLS, ca_file=mail_server.ca_file)

    with pytest.raises(TLSError, match="forged"):
        use(account)


def test_a_dripping_server_ends_on_time(mail_server: MailServer) -> None:
    mail_server.faults.set("imap", drip=0.05)
    began = time.monotonic()

    with pytest.raises(ServiceError):
        use(impatient(mail_server))

    assert time.monotonic() - began < 2.0


def test_netease_is_served_as_its_preset_says() -> None:
    with MailServer(profile="163") as server:
        server.deliver(b"Subject: one\r\n\r\n", ANN)
        quirks = Quirks(requires_imap_id=True, sasl_ir_broken=True)

        assert use(impatient(server, quirks=quirks)) == 2


def test_netease_without_a_preset_is_told_who_we_are_when_it_asks() -> None:
    with MailServer(profile="163") as server:
        server.deliver(b"Subject: one\r\n\r\n", ANN)
        account = imap_account(server.imap, quirks=Quirks(sasl_ir_broken=True))

        assert use(account) == 2


def test_a_wrong_password_is_not_tried_twice(mail_server: MailServer) -> None:
    with pytest.raises(AuthenticationError) as raised:
        use(imap_account(mail_server.imap, password="not-" + PASSWORD))

    assert "not-" + PASSWORD not in str(raised.value)
    assert sum("AUTHENTICATE" in str(line) for line in mail_server.journal.lines()) == 1
