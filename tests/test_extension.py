"""Accounts, loaders and leases in a Flask app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask, g, request

from flask_mailbox import (
    Account,
    ConfigurationError,
    Mailbox,
    Message,
    MessageError,
    ServiceError,
    UsageError,
    message_sent,
    parse_message,
)
from flask_mailbox.devserver import MailServer
from flask_mailbox.smtp import transaction

from .apps import mailbox_app, mailbox_of

KEYS = ("ADDRESS", "PASSWORD", "SMTP", "IMAP", "POP3")


def account_keys(mailserver: MailServer, name: str) -> dict[str, object]:
    config = mailserver.config(f"{name}@demo.test")
    return {key: config[f"MAILBOX_{key}"] for key in KEYS}


@pytest.fixture
def mailbox(mailserver: MailServer) -> Iterator[Mailbox]:
    """A mailbox of two accounts in an app context; ann is the default one."""
    config = {
        "MAILBOX_CA_FILE": str(mailserver.ca_file),
        "MAILBOX_ACCOUNTS": {name: account_keys(mailserver, name) for name in ("ann", "bob")},
        "MAILBOX_DEFAULT_ACCOUNT": "ann",
    }
    with mailbox_of(config) as made:
        yield made


def test_accounts_are_chosen_by_name_and_the_default_stands_for_the_mailbox(mailbox: Mailbox) -> None:
    assert mailbox["bob"].account.address == "bob@demo.test"
    assert mailbox.account.address == "ann@demo.test"


def test_an_unknown_account_is_named_with_those_there_are(mailbox: Mailbox) -> None:
    with pytest.raises(ConfigurationError, match=r"No account 'bbo'\. Did you mean 'bob'\? There are: 'ann', 'bob'"):
        mailbox["bbo"]


def test_the_account_loader_gives_each_request_its_own_mailbox(mailserver: MailServer) -> None:
    mailbox = Mailbox()
    host = Flask("host")
    host.config["MAILBOX_CA_FILE"] = str(mailserver.ca_file)
    mailbox.init_app(host)

    @mailbox.account_loader
    def load() -> Account:
        return mailbox.load_account(account_keys(mailserver, request.args["who"]))

    @host.get("/count")
    def count() -> str:
        with mailbox.imap() as imap:
            return str(imap.folder("INBOX").total)

    mailserver.deliver(b"Subject: x\r\n\r\nx\r\n", "bob@demo.test")
    client = host.test_client()

    assert [client.get(f"/count?who={name}").text for name in ("ann", "bob")] == ["0", "1"]
    with host.app_context():
        mailbox.state.pool.close()


def test_two_apps_in_a_process_have_nothing_in_common(mailserver: MailServer) -> None:
    mailbox = Mailbox()
    first, second = Flask("first"), Flask("second")
    for host, name in ((first, "ann"), (second, "bob")):
        host.config.update(mailserver.config(f"{name}@demo.test"))
        mailbox.init_app(host)

    addresses = []
    for host in (first, second):
        with host.app_context():
            addresses.append(mailbox.account.address)

    assert addresses == ["ann@demo.test", "bob@demo.test"]


def test_an_app_without_init_app_is_told_so() -> None:
    with Flask("bare").app_context(), pytest.raises(UsageError, match=r"call mailbox\.init_app"):
        _ = Mailbox().account


def test_nothing_configured_fails_at_use_and_says_what_to_set() -> None:
    host, mailbox = mailbox_app({})
    with host.app_context(), pytest.raises(ConfigurationError, match="MAILBOX_PROVIDER, MAILBOX_ADDRESS"):
        mailbox.send(Message("x", recipients=["bob@demo.test"]))


def test_init_app_opens_no_connection(mailserver: MailServer) -> None:
    mailbox_app(mailserver.config("ann@demo.test"))

    assert all(count == (0, 0) for count in mailserver.connections.values())


def test_a_lease_that_was_left_open_ends_with_the_app_context(mailserver: MailServer) -> None:
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test") | {"MAILBOX_POOL_SIZE": 1})
    for _ in range(3):
        with host.app_context():
            imap, pop3 = mailbox.imap(), mailbox.pop3()
            imap.__enter__().folders()
            pop3.__enter__().entries()
    with host.app_context():
        pool = mailbox.state.pool

        assert pool.connections == 0
        pool.close()


def test_a_lease_belongs_to_its_app_context(mailbox: Mailbox) -> None:
    with mailbox.imap():
        held = len(g.get("_flask_mailbox_leases"))
    left = len(g.get("_flask_mailbox_leases"))

    assert (held, left) == (1, 0)


def test_the_signal_tells_message_receipt_and_account(mailbox: Mailbox) -> None:
    told = []

    def note(sender: Flask, **values: object) -> None:
        told.append((sender.name, values["account"].name, values["receipt"].ok))  # type: ignore[attr-defined]

    with message_sent.connected_to(note):
        mailbox["bob"].send(Message("x", recipients=["ann@demo.test"], body="x"))

    assert told == [("host", "bob", True)]


def test_a_copy_is_filed_in_sent_where_the_account_wants_it(mailserver: MailServer) -> None:
    with mailbox_of(mailserver.config("ann@demo.test") | {"MAILBOX_SAVE_SENT": True}) as mailbox:
        receipt = mailbox.send(Message("kept", recipients=["bob@demo.test"], body="x"))
        with mailbox.imap() as imap:
            (summary,) = imap.folder_by_role("sent").page()

    assert receipt.warnings == ()
    assert (summary.subject, summary.is_read) == ("kept", True)


def test_a_failing_copy_never_makes_a_sent_mail_fail(mailserver: MailServer) -> None:
    mailserver.faults.set("imap", refuse={"APPEND": "NO [OVERQUOTA] full"})
    with mailbox_of(mailserver.config("ann@demo.test") | {"MAILBOX_SAVE_SENT": True}) as mailbox:
        receipt = mailbox.send(Message("sent all the same", recipients=["bob@demo.test"], body="x"))

    assert receipt.ok
    assert "No copy was filed in Sent" in receipt.warnings[0]
    assert len(mailserver.messages("bob@demo.test")) == 1


def test_mail_may_be_captured_in_files(mailserver: MailServer, tmp_path: object) -> None:
    with mailbox_of(mailserver.config("ann@demo.test") | {"MAILBOX_CAPTURE_DIR": str(tmp_path)}) as mailbox:
        receipt = mailbox.send(Message("captured", recipients=["bob@demo.test"], body="x"))
    (file,) = tmp_path.iterdir()  # type: ignore[attr-defined]

    assert receipt.suppressed
    assert b"Subject: captured" in file.read_bytes()
    assert mailserver.messages("bob@demo.test") == []


def test_all_mail_may_be_redirected_to_one_address(mailserver: MailServer) -> None:
    with mailbox_of(mailserver.config("ann@demo.test") | {"MAILBOX_REDIRECT_TO": "bob@demo.test"}) as mailbox:
        receipt = mailbox.send(Message("staging", recipients=["customer@example.com"], body="x"))

    assert receipt.accepted == ("bob@demo.test",)
    assert b"X-Original-To: customer@example.com" in mailserver.messages("bob@demo.test")[0]


def test_a_message_that_is_too_large_is_refused_before_anything_is_connected(mailserver: MailServer) -> None:
    message = Message("large", recipients=["bob@demo.test"], body="x")
    message.attach("a.bin", "application/octet-stream", b"x" * 5000)
    with (
        mailbox_of(mailserver.config("ann@demo.test") | {"MAILBOX_MAX_MESSAGE_SIZE": 5000}) as mailbox,
        pytest.raises(MessageError, match="MAX_MESSAGE_SIZE allows 5,000") as raised,
    ):
        mailbox.send(message)

    assert raised.value.field == "attachments"
    assert mailserver.connections["smtp"] == (0, 0)


def test_a_connection_that_died_while_it_waited_is_replaced_and_nothing_is_sent_twice(mailserver: MailServer) -> None:
    with mailbox_of(mailserver.config("ann@demo.test")) as mailbox:
        mailbox.send(Message("one", recipients=["bob@demo.test"], body="x"))
        mailserver.faults.set("smtp", drop_before="MAIL", times=1)
        receipt = mailbox.send(Message("two", recipients=["bob@demo.test"], body="x"))

    assert receipt.ok
    assert len(mailserver.messages("bob@demo.test")) == 2


def test_a_lost_final_answer_is_unknown_and_not_sent_again(mailserver: MailServer) -> None:
    with mailbox_of(mailserver.config("ann@demo.test")) as mailbox:
        mailserver.faults.set("smtp", cut=("CONTENT", 0), times=1)
        receipt = mailbox.send(Message("once", recipients=["bob@demo.test"], body="x"))

    assert receipt.unknown == ("bob@demo.test",)
    assert len(mailserver.messages("bob@demo.test")) <= 1


KINDS = ("drop_before", "drop_after", "stall")
STEPS = {
    "imap": ("CONNECT", "GREETING", "CAPABILITY", "LIST", "EXAMINE", "FETCH"),
    "pop3": ("CONNECT", "GREETING", "CAPA", "AUTH", "LIST", "UIDL", "RETR"),
}
IMPATIENT = {"MAILBOX_READ_TIMEOUT": 0.3, "MAILBOX_OPERATION_TIMEOUT": 0.6}


@pytest.mark.parametrize(("protocol", "step"), [(protocol, step) for protocol in STEPS for step in STEPS[protocol]])
@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_fails_at_a_step_gives_our_error_on_time_and_a_healthy_pool(
    mailserver: MailServer, protocol: str, step: str, kind: str
) -> None:
    mailserver.deliver(b"Subject: x\r\n\r\nx\r\n", "ann@demo.test")
    with mailbox_of(mailserver.config("ann@demo.test") | IMPATIENT) as mailbox:
        mailserver.faults.set(protocol, **{kind: step})
        try:
            read(mailbox, protocol)
        except ServiceError as error:
            assert (error.account, error.protocol) == ("default", protocol)  # noqa: PT017 - it may come too late to matter
            assert error.host  # noqa: PT017
        mailserver.faults.clear()

        read(mailbox, protocol)


def read(mailbox: Mailbox, protocol: str) -> None:
    if protocol == "imap":
        with mailbox.imap() as imap:
            imap.folders()
            folder = imap.folder("INBOX")
            folder.message(folder.page()[0].uid)
    else:
        with mailbox.pop3() as pop3:
            pop3.message(pop3.entries()[0].uidl)


LOST = ("DisconnectedError", "DisconnectedError", "ServiceTimeoutError")
OUTCOMES = {
    "CONNECT": ("TLSError DisconnectedError", "accepted", "ServiceTimeoutError"),
    "GREETING": LOST,
    "EHLO": LOST,
    "AUTH": LOST,
    "MAIL": LOST,
    "RCPT": ("DisconnectedError", "refused", "ServiceTimeoutError"),
    "DATA": ("refused", "refused unknown", "refused"),  # unknown if the content was written before the end was seen
    "CONTENT": ("unknown", "accepted", "unknown"),
}
"""What comes of a message when the server drops the connection before or after a step, or falls silent at it."""


@pytest.mark.parametrize("step", OUTCOMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_fails_at_a_step_of_sending_leaves_the_promised_outcome(
    mailserver: MailServer, step: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "FINAL_REPLY_TIMEOUT", 0.3)
    with mailbox_of(mailserver.config("ann@demo.test") | IMPATIENT) as mailbox:
        mailserver.faults.set("smtp", **{kind: step})
        first = sent(mailbox, "first")
        mailserver.faults.clear()
        second = sent(mailbox, "second")
    copies = Counter(parse_message(raw).subject for raw in mailserver.messages("bob@demo.test"))

    assert first in OUTCOMES[step][KINDS.index(kind)].split()
    assert second == "accepted"
    assert copies["second"] == 1
    assert copies["first"] in {"accepted": (1,), "unknown": (0, 1)}.get(first, (0,))


def sent(mailbox: Mailbox, subject: str) -> str:
    """Send a message and tell its outcome: how its recipient stands, or the error."""
    try:
        receipt = mailbox.send(Message(subject, recipients=["bob@demo.test"], body="x"))
    except ServiceError as error:
        assert (error.account, error.protocol, bool(error.host)) == ("default", "smtp", True)  # noqa: PT017 - an outcome as good as a receipt
        return type(error).__name__
    return "accepted" if receipt.accepted else "unknown" if receipt.unknown else "refused"
