"""What imapclient brings still works on top of our connection, for what we do not do ourselves."""

from __future__ import annotations

from flask_mailbox.devserver import MailServer

from .accounts import imap_account, session_of


def test_imapclients_own_methods_work() -> None:
    with MailServer() as server, session_of(imap_account(server.imap)) as imap:
        client = imap.client

        assert client.namespace().personal
        assert client.id_({"name": "x"})
        client.select_folder("INBOX")
        client.append("INBOX", b"Subject: own\r\n\r\nbody\r\n", [r"\Seen"])
        assert client.search(["SUBJECT", "own"]) == [1]
        assert client.search(["SUBJECT", "测试"], charset="UTF-8") == []
        assert set(client.add_flags([1], [r"\Flagged"])[1]) == {rb"\Seen", rb"\Flagged"}
        assert client.fetch([1], ["BODY.PEEK[]"])[1][b"BODY[]"] == b"Subject: own\r\n\r\nbody\r\n"
        assert client.fetch([1], ["ENVELOPE"])[1][b"ENVELOPE"].subject == b"own"
        assert imap.folder("INBOX").page()[0].subject == "own"
