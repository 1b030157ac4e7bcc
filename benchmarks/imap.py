"""How fast a mailbox is read over IMAP from Dovecot, beside imapclient, imap_tools and a raw socket.

The workloads: the 50 newest of a large folder, the same page for a web request over a round trip of 20 ms, a set of
mixed messages to objects with every attachment decoded, and one large attachment to a file. Interleaved rounds; the
median of each; only the ratios mean something on another machine. Needs Dovecot; peers that are not installed are
left out. Run it with ``python -m benchmarks.imap``.
"""

from __future__ import annotations

import argparse
import base64
import email
import email.policy
import gc
import socket
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import imapclient

from flask_mailbox.account import Account, Protocol
from flask_mailbox.config import load_account
from flask_mailbox.imap import IMAPSession
from flask_mailbox.net import Pool
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.place import temporary_place

from .delay import delayed
from .mixed_messages import mixed_messages
from .parsing import Row

try:
    import imap_tools
except ImportError:
    imap_tools = None

SMALL = (
    b"From: =?utf-8?b?546L5bCP5piO?= <sender%d@example.org>\r\nTo: Ann <ann@example.org>\r\n"
    b"Subject: Message number %d\r\nDate: Mon, 05 Oct 2026 10:00:00 +0800\r\nMessage-ID: <%d@example.org>\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n'
    b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--b--\r\n"
)
PAGE_ITEMS = b"(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT FROM DATE)] BODYSTRUCTURE)"


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


# Clients that are opened once; each gives a function that does the work once.


def ours_page(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    session = IMAPSession.open(box.account)

    def work() -> object:
        page = session.folder("INBOX").page(limit=50, preview=False)  # the peers have none
        return [(row.subject, row.from_, row.date, row.flags, row.size, row.has_attachments) for row in page]

    yield work
    session.finish()


def imapclient_page(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    client = imapclient.IMAPClient("localhost", box.port, ssl=False, use_uid=False)
    client.login(box.user, box.password)

    def work() -> object:
        exists = client.select_folder("INBOX", readonly=True)[b"EXISTS"]
        wanted = list(range(exists - 49, exists + 1))
        return client.fetch(wanted, ["UID", "FLAGS", "RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE"])

    yield work
    client.logout()


def imap_tools_page(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    client = imap_tools.MailBoxUnencrypted("localhost", box.port).login(box.user, box.password)

    def work() -> object:
        client.folder.set("INBOX", readonly=True)
        found = client.fetch(limit=50, reverse=True, headers_only=True, bulk=True, mark_seen=False)
        return [(m.subject, m.from_values, m.date, m.flags, m.size, m.attachments) for m in found]

    yield work
    client.logout()


def raw_page(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    with closing(RawIMAP(box)) as raw:
        yield lambda: raw.ask(b"1 EXAMINE INBOX\r\n2 FETCH %d:%d %b\r\n" % (total - 49, total, PAGE_ITEMS), b"\r\n2 OK")


def ours_request(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    pool = Pool({Protocol.IMAP: IMAPSession.open})
    account = box.account

    def work() -> object:
        with pool.lease(account, Protocol.IMAP) as imap:
            return [(row.subject, row.from_, row.date) for row in imap.folder("INBOX").page(limit=50)]

    yield work
    pool.close()


def ours_objects(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    session = IMAPSession.open(box.account)

    def work() -> object:
        folder = session.folder("INBOX")
        uids = range(1, total + 1)
        return sum(
            len(file.content) + len(message.subject) + len(message.text or "") + len(message.html or "")
            for message in _messages(folder.messages(list(uids)))
            for file in (*message.attachments, _Nothing)
        )

    yield work
    session.finish()


def imap_tools_objects(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    client = imap_tools.MailBoxUnencrypted("localhost", box.port).login(box.user, box.password)

    def work() -> object:
        found = client.fetch(mark_seen=False, bulk=50)
        return sum(
            len(file.payload) + len(m.subject) + len(m.text) + len(m.html)
            for m in found
            for file in (*m.attachments, _Nothing)
        )

    yield work
    client.logout()


def imapclient_objects(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    client = imapclient.IMAPClient("localhost", box.port, ssl=False)
    client.login(box.user, box.password)
    client.select_folder("INBOX", readonly=True)

    def work() -> object:
        size = 0
        for first in range(1, total + 1, 50):
            for data in client.fetch(list(range(first, min(first + 50, total + 1))), ["BODY.PEEK[]"]).values():
                message = email.message_from_bytes(data[b"BODY[]"])
                size += sum(len(part.get_payload(decode=True) or b"") for part in message.walk())
        return size

    yield work
    client.logout()


def ours_attachment(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    session = IMAPSession.open(box.account)

    def work() -> object:
        with _sink() as file:
            session.folder("INBOX").save_part(1, "2", file)
            return file.tell()

    yield work
    session.finish()


def imapclient_attachment(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    client = imapclient.IMAPClient("localhost", box.port, ssl=False)
    client.login(box.user, box.password)
    client.select_folder("INBOX", readonly=True)

    def work() -> object:
        with _sink() as file:
            file.write(base64.b64decode(client.fetch([1], ["BODY.PEEK[2]"])[1][b"BODY[2]"]))
            return file.tell()

    yield work
    client.logout()


def imap_tools_attachment(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    client = imap_tools.MailBoxUnencrypted("localhost", box.port).login(box.user, box.password)

    def work() -> object:
        with _sink() as file:
            for message in client.fetch(mark_seen=False, limit=1):
                file.write(message.attachments[0].payload)
            return file.tell()

    yield work
    client.logout()


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


class _NoFile:
    content = payload = b""


_Nothing: Any = _NoFile()


def _messages(found: Any) -> Iterator[Any]:
    for each in found:
        yield each[1] if isinstance(each, tuple) else each


@contextmanager
def _sink() -> Iterator[BinaryIO]:
    with Path("/dev/shm/flask-mailbox-benchmark").open("wb+") as file:
        yield file
    Path("/dev/shm/flask-mailbox-benchmark").unlink()


Client = Callable[[Mailbox, Any], Iterator[Callable[[], object]]]
"""Opens a client for a mailbox; the second argument is the number of messages, or what else it has to know."""


WORKLOADS = ("page", "request", "objects", "attachment")


def measure(
    rounds: int = 7, large: int = 100_000, mixed: int = 300, attachment: int = 100, only: Sequence[str] = WORKLOADS
) -> list[Row]:
    """Return a row for each workload and client: its median seconds, and how many times as fast ours is.

    :param large: Messages of the large folder.
    :param mixed: Mixed messages to objects.
    :param attachment: Megabytes of the attachment.
    :param only: Which of ``WORKLOADS``.
    """
    with temporary_place() as place, running_dovecot(place) as server:
        rows: list[Row] = []
        if "page" in only or "request" in only:
            folder = filled(server, (SMALL % (number, number, number) for number in range(large)))
            if "page" in only:
                rows += measured_pages(folder, large, rounds)
            if "request" in only:
                rows += measured_requests(server, folder, large, rounds)
        if "objects" in only:
            box = filled(server, mixed_messages(mixed))
            objects: dict[str, Client] = {"flask-mailbox": ours_objects, "imapclient + email": imapclient_objects}
            if imap_tools:
                objects["imap_tools"] = imap_tools_objects
            rows += measured(f"{mixed:,} mixed to objects", objects, box, mixed, max(3, rounds // 2))
        if "attachment" in only:
            box = filled(server, [with_attachment(attachment)])
            files: dict[str, Client] = {"flask-mailbox": ours_attachment, "imapclient": imapclient_attachment}
            if imap_tools:
                files["imap_tools"] = imap_tools_attachment
            rows += measured(f"{attachment} MB to a file", files, box, 1, 3)
        return rows


def measured_pages(folder: Mailbox, large: int, rounds: int) -> list[Row]:
    """Let each client read the newest page."""
    pages: dict[str, Client] = {"flask-mailbox": ours_page, "imapclient": imapclient_page, "raw socket": raw_page}
    if imap_tools:
        pages["imap_tools"] = imap_tools_page
    return measured(f"50 newest of {large:,}", pages, folder, large, rounds)


def measured_requests(server: Dovecot, folder: Mailbox, large: int, rounds: int) -> list[Row]:
    """Let a web app read the newest page over a round trip of 20 ms."""
    with delayed(server.imap, 0.020) as slow:
        far = Mailbox(slow, folder.user, folder.password)
        requests: dict[str, Client] = {"flask-mailbox": ours_request, "raw socket": raw_page}
        return measured("the same, pooled, 20 ms", requests, far, large, rounds)


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


def measured(task: str, clients: dict[str, Client], box: Mailbox, total: Any, rounds: int) -> list[Row]:
    """Open the clients, let each work in every round, and return a row for each."""
    opened = {name: client(box, total) for name, client in clients.items()}
    works = {name: next(iterator) for name, iterator in opened.items()}
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            gc.collect()
            began = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - began)
    for iterator in opened.values():
        next(iterator, None)
    medians = {name: statistics.median(found) for name, found in times.items()}
    return [Row(task, name, median, median / medians["flask-mailbox"]) for name, median in medians.items()]


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--large", type=int, default=100_000)
    arguments.add_argument("--mixed", type=int, default=300)
    arguments.add_argument("--attachment", type=int, default=100)
    arguments.add_argument("--only", nargs="+", choices=WORKLOADS, default=WORKLOADS)
    given = arguments.parse_args()
    for row in measure(given.rounds, given.large, given.mixed, given.attachment, given.only):
        print(f"{row.task:<28} {row.parser:<20} {row.seconds * 1000:9.1f} ms   ours is {row.ratio:5.2f} x as fast")


if __name__ == "__main__":
    main()
