"""Mailboxes to measure on: what is in them, how it gets there, and the raw socket that is the limit of all reading."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_mailbox.account import Account
from flask_mailbox.config import load_account

if TYPE_CHECKING:
    from tests.servers.dovecot import Dovecot

SMALL = (
    b"From: =?utf-8?b?546L5bCP5piO?= <sender%d@example.org>\r\nTo: Ann <ann@example.org>\r\n"
    b"Subject: Message number %d\r\nDate: Mon, 05 Oct 2026 10:00:00 +0800\r\nMessage-ID: <%d@example.org>\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n'
    b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--b--\r\n"
)


@dataclass(frozen=True)
class Mailbox:
    """Where to read, and as whom."""

    port: int
    user: str
    password: str

    @property
    def account(self) -> Account:
        """The same for flask-mailbox."""
        values = {"address": self.user, "password": self.password, "imap": f"imap://localhost:{self.port}"}
        return load_account(values | {"max_message_size": 2**31})


class RawIMAP:
    """Commands to a server and bytes until a mark; nothing is read into."""

    def __init__(self, box: Mailbox) -> None:
        self._socket = socket.create_connection(("localhost", box.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.recv(65536)
        self.ask(f'0 LOGIN "{box.user}" "{box.password}"\r\n'.encode(), b"0 OK")

    def ask(self, commands: bytes, mark: bytes) -> int:
        """Send and read until the mark and the end of its line."""
        self._socket.sendall(commands)
        data = bytearray()
        while (at := data.find(mark, max(0, len(data) - 70_000))) < 0 or data.find(b"\r\n", at + len(mark)) < 0:
            data += self._socket.recv(1 << 20)
        return len(data)

    def close(self) -> None:
        """End."""
        self._socket.close()


def with_attachment(megabytes: int) -> bytes:
    """Return a message with one large file."""
    content = base64.encodebytes(bytes(range(256)) * (megabytes * 4096)).replace(b"\n", b"\r\n")
    return SMALL.replace(b"JVBERg==\r\n", b"%b") % (1, 1, 1, content)


def filled(server: Dovecot, messages: Iterator[bytes] | Sequence[bytes]) -> Mailbox:
    """Put messages into the mailbox of a new user."""
    user, password = server.new_user()
    box = Mailbox(server.imap, user, password)
    with closing(RawIMAP(box)) as raw:
        batch: list[bytes] = []
        for message in messages:
            batch.append(b" {%d+}\r\n%b" % (len(message), message))
            if sum(map(len, batch)) > 4_000_000 or len(batch) == 1000:
                raw.ask(b"9 APPEND INBOX" + b"".join(batch) + b"\r\n", b"9 OK")
                batch.clear()
        if batch:
            raw.ask(b"9 APPEND INBOX" + b"".join(batch) + b"\r\n", b"9 OK")
    return box
