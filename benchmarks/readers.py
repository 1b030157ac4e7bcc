"""Readers over IMAP: flask-mailbox, its peers and a raw socket, each opened once and asked to do the same work again.

Each is a generator: it opens a client, yields the function that does the work once, and closes the client.
"""

from __future__ import annotations

import asyncio
import base64
import email
import imaplib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import imapclient

from flask_mailbox.account import Protocol
from flask_mailbox.imap import IMAPSession
from flask_mailbox.net import Pool

from .mailboxes import Mailbox, RawIMAP

PAGE_ITEMS = b"(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT FROM DATE)] BODYSTRUCTURE)"


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
    client = _imap_tools().MailBoxUnencrypted("localhost", box.port).login(box.user, box.password)

    def work() -> object:
        client.folder.set("INBOX", readonly=True)
        found = client.fetch(limit=50, reverse=True, headers_only=True, bulk=True, mark_seen=False)
        return [(m.subject, m.from_values, m.date, m.flags, m.size, m.attachments) for m in found]

    yield work
    client.logout()


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
    client = _imap_tools().MailBoxUnencrypted("localhost", box.port).login(box.user, box.password)

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
            found = client.fetch(list(range(first, min(first + 50, total + 1))), ["BODY.PEEK[]"])
            size += sum(_decoded(data[b"BODY[]"]) for data in found.values())
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
    client = _imap_tools().MailBoxUnencrypted("localhost", box.port).login(box.user, box.password)

    def work() -> object:
        with _sink() as file:
            for message in client.fetch(mark_seen=False, limit=1):
                file.write(message.attachments[0].payload)
            return file.tell()

    yield work
    client.logout()


def _imap_tools() -> Any:
    return import_module("imap_tools")


# imaplib and aioimaplib, with the standard library's email


def imaplib_page(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    client = imaplib.IMAP4("localhost", box.port)
    client.login(box.user, box.password)
    wanted = "(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT FROM DATE)] BODYSTRUCTURE)"

    def work() -> object:
        exists = int(client.select("INBOX", readonly=True)[1][0] or 0)
        answer = client.fetch(f"{exists - 49}:{exists}", wanted)[1]
        fields = [email.message_from_bytes(item[1]) for item in answer if isinstance(item, tuple)]
        return [(each["Subject"], each["From"], each["Date"]) for each in fields]

    yield work
    client.logout()


def aioimaplib_objects(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    module: Any = import_module("aioimaplib")
    loop = asyncio.new_event_loop()

    async def begin() -> Any:
        client = module.IMAP4("localhost", box.port, timeout=300)
        await client.wait_hello_from_server()
        await client.login(box.user, box.password)
        await client.select("INBOX")  # EXAMINE leaves it in the wrong state
        return client

    async def fetch() -> int:
        size = 0
        for first in range(1, total + 1, 50):
            answer = await client.uid("fetch", f"{first}:{min(first + 49, total)}", "(BODY.PEEK[])")
            size += sum(_decoded(bytes(each)) for each in answer.lines if isinstance(each, bytearray))
        return size

    client = loop.run_until_complete(begin())
    yield lambda: loop.run_until_complete(fetch())
    loop.run_until_complete(client.logout())
    loop.close()


def _decoded(raw: bytes) -> int:
    """Return how many bytes the parts of a message hold, decoded by the standard library."""
    return sum(len(part.get_payload(decode=True) or b"") for part in email.message_from_bytes(raw).walk())


# The limit: the same bytes, read into by nobody


def raw_page(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    with closing(RawIMAP(box)) as raw:
        yield lambda: raw.ask(b"1 EXAMINE INBOX\r\n2 FETCH %d:%d %b\r\n" % (total - 49, total, PAGE_ITEMS), b"\r\n2 OK")


def raw_objects(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    with closing(RawIMAP(box)) as raw:
        raw.ask(b"1 EXAMINE INBOX\r\n", b"\r\n1 OK")
        yield lambda: raw.ask(b"2 UID FETCH 1:%d (BODY.PEEK[])\r\n" % total, b"\r\n2 OK")


def raw_attachment(box: Mailbox, total: int) -> Iterator[Callable[[], object]]:
    with closing(RawIMAP(box)) as raw:
        raw.ask(b"1 EXAMINE INBOX\r\n", b"\r\n1 OK")
        yield lambda: raw.ask(b"2 UID FETCH 1 (BODY.PEEK[2])\r\n", b"\r\n2 OK")


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

PAGES: dict[str, Client] = {
    "flask-mailbox": ours_page,
    "imapclient": imapclient_page,
    "imap_tools": imap_tools_page,
    "imaplib + email, by hand": imaplib_page,
    "raw socket": raw_page,
}
REQUESTS: dict[str, Client] = {
    "flask-mailbox": ours_request,
    "imapclient, kept": imapclient_page,
    "raw socket": raw_page,
}
OBJECTS: dict[str, Client] = {
    "flask-mailbox": ours_objects,
    "imapclient + email": imapclient_objects,
    "imap_tools": imap_tools_objects,
    "aioimaplib + email": aioimaplib_objects,
    "raw socket": raw_objects,
}
FILES: dict[str, Client] = {
    "flask-mailbox": ours_attachment,
    "imapclient": imapclient_attachment,
    "imap_tools": imap_tools_attachment,
    "raw socket": raw_attachment,
}


def here(clients: dict[str, Client]) -> dict[str, Client]:
    """Return those whose packages are installed."""
    missing = [name for name in ("imap_tools", "aioimaplib") if find_spec(name) is None]
    return {name: client for name, client in clients.items() if not name.startswith(tuple(missing))}
