"""One message all the way: sent by the app, delivered by the server, read over IMAP and over POP3."""

from __future__ import annotations

from flask_mailbox import Message, parse_message

from ..apps import mailbox_of
from ..servers.postfix import Postfix
from .server import ContractServer


def test_what_was_sent_is_read_over_imap_and_over_pop3(server: ContractServer, security: str) -> None:
    address, _ = server.new_user()
    message = Message(
        "季度报告", recipients=[("王小明", address)], body="正文：你好\n", html="<p>正文：<b>你好</b></p>"
    )
    message.attach("报告.pdf", "application/pdf", b"%PDF-1.7 not really\n" * 50)
    with mailbox_of(server.config(address, security)) as mailbox:
        receipt = mailbox.send(message)
        (stored,) = server.arrived(address)
        with mailbox.imap() as imap:
            (summary,) = imap.folder("INBOX").page(limit=10)
            over_imap = imap.folder("INBOX").raw(summary.uid)
            parsed = imap.folder("INBOX").message(summary.uid)
        with mailbox.pop3() as pop3:
            (entry,) = pop3.entries()
            over_pop3 = pop3.raw(entry.uidl)

    assert receipt.accepted == (address,)
    assert over_imap == over_pop3 == stored
    assert summary.subject == parsed.subject == "季度报告"
    assert summary.message_id == receipt.message_id
    assert parsed.to[0].name == "王小明"
    assert parsed.text == parse_message(over_pop3).text == "正文：你好\n"
    assert "<b>你好</b>" in parsed.html
    assert parsed.attachments[0].filename == "报告.pdf"
    assert parsed.attachments[0].content == b"%PDF-1.7 not really\n" * 50


def test_mail_crosses_from_one_host_to_another(postfix: Postfix, other_host: Postfix) -> None:
    sender, _ = postfix.new_user()
    reader, _ = other_host.new_user()
    with mailbox_of(postfix.config(sender)) as mailbox:
        receipt = mailbox.send(Message("跨服务器", recipients=[reader], body="你好\n"))
    (arrived,) = other_host.arrived(reader)
    with mailbox_of(other_host.config(reader)) as mailbox, mailbox.imap() as imap:
        (summary,) = imap.folder("INBOX").page()
        over_imap = imap.folder("INBOX").raw(summary.uid)
        mailbox.send(Message("Re: 跨服务器", recipients=[sender], body="收到\n"))

    assert receipt.ok
    assert over_imap == arrived
    assert parse_message(arrived).text == "你好\n"
    assert parse_message(postfix.arrived(sender)[0]).subject == "Re: 跨服务器"
