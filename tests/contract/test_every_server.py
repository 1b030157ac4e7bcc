"""The whole of reading, told by no uid of its own: on the embedded server, Dovecot, GNU mailutils and pymap."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from flask_mailbox.errors import FolderNotFoundError, MessageNotFoundError
from flask_mailbox.imap import IMAPSession, Search

from ..apps import mailbox_of
from ..servers.process import wait_for
from .conftest import IMAP_SERVERS
from .server import ReadingServer

pytestmark = pytest.mark.parametrize("reading_server", IMAP_SERVERS, indirect=True)


def mail(subject: str, body: str = "text", sender: str = "Bob <bob@mail.test>") -> bytes:
    head = f"From: {sender}\r\nTo: ann@mail.test\r\nSubject: {subject}\r\nDate: Thu, 29 Feb 2024 12:00:00 +0100\r\n"
    return f"{head}Message-ID: <{subject}@mail.test>\r\n\r\n{body}\r\n".encode()


@contextmanager
def reading(server: ReadingServer, address: str) -> Iterator[IMAPSession]:
    with mailbox_of(server.config(address) | {"MAILBOX_SMTP": False}) as mailbox, mailbox.imap() as imap:
        yield imap


def outlast(uidvalidity: int) -> None:
    """Let the second pass that a uidvalidity was made of: mailutils makes another one only in a later one."""
    wait_for(lambda: time.time() >= uidvalidity + 1, 2.0)


def test_a_page_shows_subject_people_and_date(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    uids = [reading_server.deliver(mail(f"n{number}"), address) for number in range(3)]
    with reading(reading_server, address) as imap:
        page = imap.folder("INBOX").page(limit=2)
        older = imap.folder("INBOX").page(limit=2, cursor=page.next)

    assert [summary.uid for summary in (*page, *older)] == uids[::-1]
    assert [summary.subject for summary in (*page, *older)] == ["n2", "n1", "n0"]
    assert page[0].from_[0].address == "bob@mail.test"
    assert page[0].date is not None
    assert page[0].date.isoformat() == "2024-02-29T12:00:00+01:00"
    assert page.total == 3


def test_a_message_is_read_byte_for_byte_and_stays_unread(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    raw = mail("raw", ".\r\n..\r\nlast")
    uid = reading_server.deliver(raw, address)
    with reading(reading_server, address) as imap:
        inbox = imap.folder("INBOX")
        read = inbox.raw(uid)
        subject = inbox.message(uid).subject
        row = inbox.page()[0]

    assert read == raw
    assert row.size == len(raw)
    assert subject == "raw"
    assert "\\Seen" not in row.flags


def test_folders_are_made_renamed_and_deleted(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    with reading(reading_server, address) as imap:
        imap.create_folder("Bills")
        imap.rename_folder("Bills", "账单")
        named = {folder.path for folder in imap.folders()}
        imap.delete_folder("账单")
        left = {folder.path for folder in imap.folders()}

    assert "账单" in named
    assert "Bills" not in named
    assert "账单" not in left


def test_a_folder_that_is_missing_is_told_and_the_session_goes_on(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("x"), address)
    with reading(reading_server, address) as imap:
        with pytest.raises(FolderNotFoundError):
            imap.folder("nowhere").page()
        assert len(imap.folder("INBOX").page()) == 1


def test_a_uid_that_is_gone_is_told_and_the_session_goes_on(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    uid = reading_server.deliver(mail("x"), address)
    with reading(reading_server, address) as imap:
        with pytest.raises(MessageNotFoundError):
            imap.folder("INBOX").raw(uid + 7)
        assert imap.folder("INBOX").message(uid).subject == "x"


def test_searches_find_by_words_people_and_flags(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    first = reading_server.deliver(mail("invoice", "please pay"), address)
    second = reading_server.deliver(mail("lunch", "noodles", "Carol <carol@mail.test>"), address, flags=["\\Seen"])
    with reading(reading_server, address) as imap:
        inbox = imap.folder("INBOX")
        found = {
            "subject": inbox.search(Search(subject="invoice")).uids,
            "from": inbox.search(Search(from_="carol")).uids,
            "text": inbox.search(Search(text="noodles")).uids,
            "unseen": inbox.search(Search(unseen=True)).uids,
            "not": inbox.search(~Search(subject="invoice")).uids,
            "either": inbox.search(Search(subject="invoice") | Search(subject="lunch")).uids,
        }

    one, two = (first,), (second,)
    assert found == {"subject": one, "from": two, "text": two, "unseen": one, "not": two, "either": one + two}


def test_flags_are_set_and_taken_away(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    uid = reading_server.deliver(mail("x"), address)
    with reading(reading_server, address) as imap:
        inbox = imap.folder("INBOX")
        inbox.add_flags([uid], ["\\Seen", "\\Flagged"])
        marked = inbox.page()[0].flags
        inbox.remove_flags([uid], ["\\Seen"])
        left = inbox.page()[0].flags

    assert {"\\Seen", "\\Flagged"} <= marked
    assert "\\Flagged" in left
    assert "\\Seen" not in left


def test_messages_are_copied_moved_and_deleted_and_nothing_else(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    uids = [reading_server.deliver(mail(f"n{number}"), address) for number in range(4)]
    with reading(reading_server, address) as imap:
        imap.create_folder("Kept")
        inbox, kept = imap.folder("INBOX"), imap.folder("Kept")
        inbox.copy([uids[0]], "Kept")
        inbox.move([uids[1]], "Kept")
        inbox.delete([uids[2]], permanently=True)
        here = [summary.subject for summary in inbox.page()]
        there = [summary.subject for summary in kept.page()]

    assert here == ["n3", "n0"]
    assert sorted(there) == ["n0", "n1"]


def test_an_appended_message_keeps_its_flags(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    with reading(reading_server, address) as imap:
        inbox = imap.folder("INBOX")
        inbox.page()
        inbox.append(mail("draft"), flags=["\\Draft", "\\Seen"])
        page = inbox.page()

    assert page[0].subject == "draft"
    assert {"\\Draft", "\\Seen"} <= page[0].flags


def test_changes_tell_what_came_changed_and_went(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    uids = [reading_server.deliver(mail(f"n{number}"), address) for number in range(3)]
    with reading(reading_server, address) as imap:
        inbox = imap.folder("INBOX")
        cursor = inbox.cursor()
        outlast(inbox.uidvalidity)
        inbox.add_flags([uids[0]], ["\\Flagged"])
        inbox.delete([uids[1]], permanently=True)
    new = reading_server.deliver(mail("new"), address)
    with reading(reading_server, address) as imap:
        changes = imap.folder("INBOX").changes(cursor)

    assert list(changes.new) == [new]
    assert "\\Flagged" in changes.changed[uids[0]]
    assert list(changes.vanished) == [uids[1]]
    assert not changes.full


def test_parts_are_listed_and_saved(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    raw = (
        b"From: bob@mail.test\r\nSubject: file\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: text/plain\r\n\r\ntext\r\n--x\r\nContent-Type: image/png; name=\"a.png\"\r\n"
        b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"a.png\"\r\n\r\n"
        b"AAECAwQF\r\n--x--\r\n"
    )  # fmt: skip
    uid = reading_server.deliver(raw, address)
    with reading(reading_server, address) as imap:
        inbox = imap.folder("INBOX")
        files = [part for part in inbox.parts(uid) if part.is_attachment]
        with inbox.open_part(uid, files[0].section) as part:
            content = part.read()
        attached = inbox.page()[0].has_attachments

    assert [file.filename for file in files] == ["a.png"]
    assert content == bytes(range(6))
    assert attached


def test_uids_are_sorted_here_or_there(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    second = reading_server.deliver(mail("b"), address)
    first = reading_server.deliver(mail("a"), address)
    with reading(reading_server, address) as imap:
        assert imap.folder("INBOX").sort("subject").uids == (first, second)
