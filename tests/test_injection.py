"""No CR, LF or NUL in any public argument reaches a wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flask_mailbox import Mailbox, MailboxError, Message
from flask_mailbox.devserver import MailServer

from .apps import mailbox_of

EVIL = ["a\r\nX1 NOOP", "a\nX1 NOOP", "a\rX1 NOOP", "a\0X1 NOOP", 'x"\r\nX1 NOOP', "x} X1 NOOP\r\n"]
TO = "bob@demo.test"


def sending(**arguments: Any) -> Callable[[Mailbox], object]:
    def send(mailbox: Mailbox) -> object:
        return mailbox.send(Message(**{"subject": "x", "recipients": [TO], "body": "x"} | arguments))

    return send


def attaching(*arguments: Any) -> Callable[[Mailbox], object]:
    def send(mailbox: Mailbox) -> object:
        message = Message("x", recipients=[TO], body="x")
        message.attach(*arguments)
        return mailbox.send(message)

    return send


def over_imap(act: Callable[[Any], object]) -> Callable[[Mailbox], object]:
    def use(mailbox: Mailbox) -> object:
        with mailbox.imap() as imap:
            return act(imap)

    return use


def over_pop3(act: Callable[[Any], object]) -> Callable[[Mailbox], object]:
    def use(mailbox: Mailbox) -> object:
        with mailbox.pop3() as pop3:
            return act(pop3)

    return use


def signing_in(**changes: str) -> Callable[[Mailbox], object]:
    def use(mailbox: Mailbox) -> object:
        account = mailbox.account
        keys = {name: str(account.endpoint(name)) for name in ("smtp", "imap", "pop3")}
        values = {"address": "ann@demo.test", "password": "ann-secret"} | keys | changes
        with mailbox.for_account(mailbox.load_account(values)).imap() as imap:
            return imap.folders()

    return use


USES: dict[str, Callable[[str], Callable[[Mailbox], object]]] = {
    "subject": lambda evil: sending(subject=evil),
    "recipient": lambda evil: sending(recipients=[evil]),
    "recipient with a domain": lambda evil: sending(recipients=[f"{evil}@demo.test"]),
    "quoted recipient": lambda evil: sending(recipients=[f'"{evil}"@demo.test']),
    "name of a recipient": lambda evil: sending(recipients=[(evil, TO)]),
    "cc": lambda evil: sending(cc=[(evil, TO)]),
    "bcc": lambda evil: sending(bcc=[f"{evil} <{TO}>"]),
    "sender": lambda evil: sending(sender=f"{evil} <ann@demo.test>"),
    "name of the sender": lambda evil: sending(sender=(evil, "ann@demo.test")),
    "reply_to": lambda evil: sending(reply_to=(evil, TO)),
    "name of a header": lambda evil: sending(extra_headers={evil: "x"}),
    "value of a header": lambda evil: sending(extra_headers={"X-Y": evil}),
    "message_id": lambda evil: sending(message_id=evil),
    "in_reply_to": lambda evil: sending(in_reply_to=evil),
    "references": lambda evil: sending(references=[evil]),
    "charset": lambda evil: sending(charset=evil),
    "kind of an alternative": lambda evil: sending(alts={evil: "x"}),
    "file name": lambda evil: attaching(evil, "text/plain", b"x"),
    "content type": lambda evil: attaching("a.txt", evil, b"x"),
    "content type with parameters": lambda evil: attaching("a.txt", f"text/plain; {evil}", b"x"),
    "disposition": lambda evil: attaching("a.txt", "text/plain", b"x", evil),
    "header of an attachment": lambda evil: attaching("a.txt", "text/plain", b"x", "inline", {"Content-ID": evil}),
    "name of an attachment's header": lambda evil: attaching("a.txt", "text/plain", b"x", "inline", {evil: "x"}),
    "envelope_from": lambda evil: lambda box: box.send(Message("x", recipients=[TO]), envelope_from=evil),
    "folder": lambda evil: over_imap(lambda imap: imap.folder(evil).page()),
    "folder to create": lambda evil: over_imap(lambda imap: imap.create_folder(evil)),
    "folder to rename": lambda evil: over_imap(lambda imap: imap.rename_folder("INBOX", evil)),
    "folder to delete": lambda evil: over_imap(lambda imap: imap.delete_folder(evil)),
    "role": lambda evil: over_imap(lambda imap: imap.folder_by_role(evil)),
    "cursor": lambda evil: over_imap(lambda imap: imap.folder("INBOX").page(cursor=evil)),
    "limit": lambda evil: over_imap(lambda imap: imap.folder("INBOX").page(limit=evil)),
    "uid": lambda evil: over_imap(lambda imap: imap.folder("INBOX").message(evil)),
    "flag": lambda evil: over_imap(lambda imap: imap.folder("INBOX").add_flags([1], [evil])),
    "flag of an append": lambda evil: over_imap(lambda imap: imap.folder("INBOX").append(b"x", flags=[evil])),
    "destination": lambda evil: over_imap(lambda imap: imap.folder("INBOX").copy([1], evil)),
    "uidl": lambda evil: over_pop3(lambda pop3: pop3.raw(evil)),
    "uidl to delete": lambda evil: over_pop3(lambda pop3: pop3.delete(evil)),
    "lines": lambda evil: over_pop3(lambda pop3: pop3.top("x", lines=evil)),
    "user name": lambda evil: signing_in(username=evil),
    "password": lambda evil: signing_in(password=evil),
    "host": lambda evil: signing_in(imap=f"imaps://{evil}"),
}


@pytest.mark.parametrize("evil", EVIL, ids=repr)
@pytest.mark.parametrize("name", USES)
def test_a_line_break_is_refused_and_reaches_no_wire(mailserver: MailServer, name: str, evil: str) -> None:
    mailserver.deliver(b"Subject: x\r\n\r\nx\r\n", "ann@demo.test")
    with mailbox_of(mailserver.config("ann@demo.test")) as mailbox:
        with pytest.raises(MailboxError):
            USES[name](evil)(mailbox)
        for protocol in ("smtp", "imap", "pop3"):
            lines = mailserver.received(protocol).replace(b"\r", b"\n").split(b"\n")

            assert not any(line.lstrip().startswith(b"X1 NOOP") for line in lines)

        assert mailbox.send(Message("still healthy", recipients=[TO], body="x")).ok
    assert all(b"X1 NOOP" not in raw.split(b"\r\n\r\n")[0].replace(b"a X1", b"") for raw in mailserver.messages(TO))
