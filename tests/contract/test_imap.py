"""Reading and changing mail over IMAP, on the embedded server and on Dovecot alike."""

from __future__ import annotations

import base64
import datetime
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_mailbox.account import Account, Credential, Protocol, Secret, Security, Timeouts
from flask_mailbox.errors import (
    AuthenticationError,
    CommandError,
    FolderNotFoundError,
    MessageError,
    MessageNotFoundError,
    UIDValidityChangedError,
    UsageError,
)
from flask_mailbox.imap import Criteria, IMAPSession, Search
from flask_mailbox.net import Pool
from flask_mailbox.providers import Quirks

from ..apps import mailbox_of
from ..imap.accounts import imap_account, session_of
from .server import ReadingServer


def raw_message(number: int = 1, text: str = "body") -> bytes:
    """A message with Chinese in its header."""
    return (
        f"From: Bob <bob@mail.test>\r\nTo: ann@mail.test\r\nSubject: =?utf-8?b?5rWL6K+V?= {number}\r\n"
        f"Message-ID: <{number}@mail.test>\r\nDate: Thu, 29 Feb 2024 12:00:00 +0100\r\n\r\n{text} {number}\r\n"
    ).encode()


WITH_FILE = (
    b"From: bob@mail.test\r\n"
    b"Subject: file\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n"
    b'--x\r\nContent-Type: image/png; name="UID 1 FLAGS (.png"\r\nContent-Transfer-Encoding: base64\r\n'
    b"Content-Disposition: attachment\r\n\r\nAAECAwQF\r\nBgcICQ==\r\n--x--\r\n"
)


def account_on(server: ReadingServer, address: str, password: str, security: str = "tls") -> Account:
    if "imaps" not in server.ports:
        security = "none"
    return imap_account(
        server.ports["imaps" if security == "tls" else "imap"],
        user=address,
        password=password,
        security=Security(security),
        ca_file=server.ca_file,
        timeouts=Timeouts(connect=5.0, read=10.0, operation=20.0),
    )


@pytest.fixture
def user(reading_server: ReadingServer) -> tuple[str, str]:
    """A user with an empty mailbox."""
    return reading_server.new_user()


@pytest.fixture
def account(reading_server: ReadingServer, user: tuple[str, str]) -> Account:
    """The user's account."""
    return account_on(reading_server, *user)


@pytest.fixture
def imap(account: Account) -> Iterator[IMAPSession]:
    """An open session of the user."""
    with session_of(account) as session:
        yield session


def fill(server: ReadingServer, address: str, count: int) -> None:
    for number in range(1, count + 1):
        server.deliver(raw_message(number), address)


# Signing in


def test_a_session_opens_over_tls_and_starttls(
    reading_server: ReadingServer, user: tuple[str, str], security: str
) -> None:
    with session_of(account_on(reading_server, *user, security)) as imap:
        imap.noop()

        assert imap.stream.is_tls
        assert imap.is_reusable
        assert "IMAP4REV1" in imap.capabilities


def test_a_token_signs_in(reading_server: ReadingServer, user: tuple[str, str]) -> None:
    account = account_on(reading_server, *user)
    token = Credential(user[0], Secret(reading_server.token(user[0])), "oauth2")

    with session_of(account.replace(credential=token)) as imap:
        assert imap.folder("INBOX").total == 0


@pytest.mark.parametrize("kind", ["password", "oauth2"])
def test_a_wrong_credential_is_refused(reading_server: ReadingServer, user: tuple[str, str], kind: str) -> None:
    account = account_on(reading_server, *user)
    wrong = Credential(user[0], Secret("wrong"), kind)

    with pytest.raises(AuthenticationError) as raised:
        IMAPSession.open(account.replace(credential=wrong))

    assert not raised.value.transient
    assert raised.value.protocol == "imap"
    assert "wrong" not in str(raised.value)


# Folders


def test_folders_have_roles_and_counts(reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession) -> None:
    reading_server.deliver(raw_message(1), user[0])
    reading_server.deliver(raw_message(2), user[0], flags=["\\Seen"])
    imap.create_folder("项目/Sent & Co")

    folders = {info.path: info for info in imap.folders(counts=True)}

    assert (folders["INBOX"].messages, folders["INBOX"].unseen) == (2, 1)
    assert folders["项目/Sent & Co"].role is None
    assert folders["项目/Sent & Co"].selectable


def test_a_folder_is_created_renamed_and_deleted(imap: IMAPSession) -> None:
    imap.create_folder("Work").append(raw_message())
    assert imap.folder("Work").total == 1

    renamed = imap.rename_folder("Work", "工作")

    assert renamed.total == 1
    imap.delete_folder("工作")
    assert "工作" not in {info.path for info in imap.folders()}


def test_a_missing_folder_is_told_as_such_and_the_session_goes_on(imap: IMAPSession) -> None:
    for act in (
        lambda: imap.folder("没有").page(),
        lambda: imap.folder("nope").total,
        lambda: imap.folder("nope").append(raw_message()),
        lambda: imap.rename_folder("nope", "other"),
        lambda: imap.delete_folder("nope"),
    ):
        with pytest.raises(FolderNotFoundError):
            act()

    assert imap.is_reusable
    assert imap.folder("inbox").total == 0


def test_creating_a_folder_twice_is_refused(imap: IMAPSession) -> None:
    imap.create_folder("Work")

    with pytest.raises(CommandError):
        imap.create_folder("Work")


# Pages


def test_a_page_shows_the_newest_first(reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession) -> None:
    fill(reading_server, user[0], 3)

    page = imap.folder("INBOX").page()

    assert [summary.uid for summary in page] == [3, 2, 1]
    assert (page.total, page.next) == (3, None)
    newest = page[0]
    assert newest.subject == "测试 3"
    assert [str(address) for address in newest.from_] == ["Bob <bob@mail.test>"]
    assert newest.date == datetime.datetime(2024, 2, 29, 11, tzinfo=datetime.UTC)
    assert newest.size == len(raw_message(3))
    assert newest.message_id == "<3@mail.test>"
    assert not newest.is_read
    assert not newest.has_attachments


def test_pages_follow_each_other_over_arrivals_and_expunges(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    fill(reading_server, user[0], 7)
    folder = imap.folder("INBOX")
    first = folder.page(3)
    fill(reading_server, user[0], 2)
    folder.delete([4, 6], permanently=True)

    second = folder.page(3, first.next)
    third = folder.page(3, second.next) if second.next else ()

    assert [summary.uid for summary in first] == [7, 6, 5]
    assert [summary.uid for summary in [*second, *third]] == [3, 2, 1]


def test_an_empty_folder_has_an_empty_page(imap: IMAPSession) -> None:
    page = imap.folder("INBOX").page()

    assert (list(page), page.next, page.total) == ([], None, 0)


def test_a_cursor_of_another_uidvalidity_is_refused(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    fill(reading_server, user[0], 2)
    cursor = imap.folder("INBOX").page(1).next
    other = imap.create_folder("Other")

    assert other.uidvalidity != imap.folder("INBOX").uidvalidity
    with pytest.raises(UIDValidityChangedError):
        other.page(1, cursor)
    with pytest.raises(UIDValidityChangedError):
        imap.folder("INBOX").message(1, uidvalidity=1)


def test_new_mail_shows_on_the_next_page_of_an_open_folder(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    assert len(imap.folder("INBOX").page()) == 0
    reading_server.deliver(raw_message(), user[0])

    assert len(imap.folder("INBOX").page()) == 1


def test_attachments_show_whatever_their_names(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    reading_server.deliver(WITH_FILE, user[0])

    (summary,) = imap.folder("INBOX").page()

    assert (summary.uid, summary.has_attachments) == (1, True)


# Messages


def test_a_message_is_read_byte_for_byte_and_stays_unread(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    reading_server.deliver(raw_message(1, "." * 100_000), user[0])
    folder = imap.folder("INBOX")

    assert folder.raw(1) == raw_message(1, "." * 100_000)
    assert folder.message(1).subject == "测试 1"
    assert folder.headers(1)["message-id"] == "<1@mail.test>"
    assert not folder.page()[0].is_read


def test_a_uid_that_is_gone_is_told_and_the_session_goes_on(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    fill(reading_server, user[0], 2)
    folder = imap.folder("INBOX")
    folder.delete(1, permanently=True)

    for uid in (1, 3, 4_294_967_295):
        with pytest.raises(MessageNotFoundError):
            folder.message(uid)

    assert folder.message(2).subject == "测试 2"


def test_a_message_that_another_session_expunged_is_gone(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    fill(reading_server, user[0], 3)
    folder = imap.folder("INBOX")
    assert len(folder.page()) == 3
    with session_of(account_on(reading_server, *user)) as other:
        other.folder("INBOX").delete(2, permanently=True)

    assert [summary.uid for summary in folder.page()] == [3, 1]
    with pytest.raises(MessageNotFoundError):
        folder.raw(2)
    assert folder.message(3).subject == "测试 3"


def test_a_message_over_the_limit_is_refused(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    reading_server.deliver(raw_message(), user[0])
    size = len(raw_message())

    assert len(imap.folder("INBOX").raw(1, limit=size)) == size
    with pytest.raises(MessageError, match=f"has {size:,} bytes"):
        imap.folder("INBOX").raw(1, limit=size - 1)
    with pytest.raises(MessageError, match=f"has {size:,} bytes"):
        imap.folder("INBOX").raw(1, limit=1)
    assert imap.is_reusable
    (part,) = imap.folder("INBOX").parts(1)
    assert imap.folder("INBOX").open_part(1, part.section).read() == b"body 1\r\n"


# Changes


def test_append_files_a_message_with_flags_and_date(imap: IMAPSession) -> None:
    date = datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
    folder = imap.folder("INBOX")

    uid = folder.append(b"Subject: x\n\nbody\n", flags=["\\Seen", "$Label1"], date=date)

    (summary,) = folder.page()
    assert uid == summary.uid
    assert {"\\Seen", "$Label1"} <= summary.flags
    assert summary.date == date
    assert folder.raw(summary.uid) == b"Subject: x\r\n\r\nbody\r\n"


def test_flags_come_and_go(reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession) -> None:
    fill(reading_server, user[0], 3)
    folder = imap.folder("INBOX")

    folder.add_flags([1, 3, 99], ["\\Seen", "project-x"])
    folder.remove_flags(3, "\\Seen")

    flags = {summary.uid: summary.flags for summary in folder.page()}
    assert {"\\Seen", "project-x"} <= flags[1]
    assert "\\Seen" not in flags[2] | flags[3]


def test_messages_are_copied_and_moved_with_their_new_uids(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    fill(reading_server, user[0], 3)
    inbox, work = imap.folder("INBOX"), imap.create_folder("Work")

    copied = inbox.copy([1, 2], "Work")
    moved = inbox.move([2, 3], "Work")

    assert set(copied) == {1, 2}
    assert set(moved) == {2, 3}
    assert [summary.uid for summary in inbox.page()] == [1]
    assert work.message(moved[3]).subject == "测试 3"
    assert work.message(copied[1]).subject == "测试 1"


def test_deleting_spares_what_others_marked_as_deleted(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    fill(reading_server, user[0], 3)
    folder = imap.folder("INBOX")
    folder.add_flags(1, ["\\Deleted"])

    folder.delete(2, permanently=True)

    assert [summary.uid for summary in folder.page()] == [3, 1]


def test_moving_to_a_missing_folder_moves_nothing(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    fill(reading_server, user[0], 1)

    with pytest.raises(FolderNotFoundError):
        imap.folder("INBOX").move(1, "nope")

    assert imap.folder("INBOX").page()[0].uid == 1


def test_a_draft_is_replaced(imap: IMAPSession) -> None:
    drafts = imap.create_folder("My drafts")
    old = drafts.append(raw_message(1), flags=["\\Draft"])
    assert old is not None

    new = drafts.replace(old, raw_message(2), flags=["\\Draft"])

    assert [summary.uid for summary in drafts.page()] == [new]
    with pytest.raises(MessageNotFoundError):
        drafts.replace(old, raw_message(3))
    assert drafts.total == 1


def test_deleting_moves_to_the_trash(reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession) -> None:
    if "Trash" not in {info.path for info in imap.folders()}:
        imap.create_folder("Trash")
    fill(reading_server, user[0], 1)

    imap.folder("INBOX").delete(1)

    trash = imap.folder("trash")
    assert [summary.subject for summary in trash.page()] == ["测试 1"]
    with pytest.raises(UsageError, match="permanently"):
        trash.delete(1)


def test_fifty_thousand_scattered_uids_go_in_one_call(imap: IMAPSession) -> None:
    imap.folder("INBOX").append(raw_message())

    imap.folder("INBOX").add_flags(range(1, 100_000, 2), ["\\Flagged"])

    assert "\\Flagged" in imap.folder("INBOX").page()[0].flags


# Search


def deliver_varied(server: ReadingServer, address: str) -> None:
    fill(server, address, 2)
    server.deliver(b"From: bob@mail.test\r\nSubject: plain words\r\n\r\nneedle in here\r\n", address, flags=["\\Seen"])
    large = b"From: carol@mail.test\r\nSubject: big\r\nList-Id: flask\r\n\r\n" + b"x" * 5_000 + b"\r\n"
    server.deliver(large, address, flags=["\\Flagged"])


@pytest.mark.parametrize(
    ("criteria", "uids"),
    [
        (Search(), (1, 2, 3, 4)),
        (Search(subject="测试"), (1, 2)),
        (Search(subject="测试 2"), (2,)),
        (Search(from_="BOB", unseen=True), (1, 2)),
        (Search(unseen=False), (3,)),
        (Search(body="needle"), (3,)),
        (Search(text="words"), (3,)),
        (Search(larger=1_000) | Search(subject="words"), (3, 4)),
        (~Search(from_="bob"), (4,)),
        (~(Search(from_="bob", unseen=True) | Search(flagged=True)), (3,)),
        (Search(header=("List-Id", "flask")), (4,)),
        (Search(flagged=True) & Search(since=datetime.date(2020, 1, 1)), (4,)),
        (Search(sent_on=datetime.date(2024, 2, 29)), (1, 2)),
        (Search(before=datetime.date(1999, 1, 1)), ()),
        (Search(subject='with "quotes" and \\'), ()),
        (Search(uids=(2, 3, 77)), (2, 3)),
        (Search(keyword="nothing"), ()),
        (Search(subject="测试 1") | (Search(subject="测试 2") & Search(unseen=True)), (1, 2)),
    ],
)
def test_a_search_finds(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession, criteria: Criteria, uids: tuple[int, ...]
) -> None:
    deliver_varied(reading_server, user[0])

    found = imap.folder("INBOX").search(criteria)

    assert found.uids == uids
    assert found.complete


def test_a_page_of_a_search_goes_on(reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession) -> None:
    fill(reading_server, user[0], 5)
    reading_server.deliver(b"From: bob@mail.test\r\nSubject: other\r\n\r\n\r\n", user[0])

    first = imap.folder("INBOX").page(3, search=Search(subject="测试"))
    second = imap.folder("INBOX").page(3, first.next, search=Search(subject="测试"))

    assert ([summary.uid for summary in first], first.total) == ([5, 4, 3], 5)
    assert ([summary.uid for summary in second], second.next) == ([2, 1], None)


@pytest.mark.parametrize("trust", ["ascii_only", "unreliable", "ignored"])
@pytest.mark.parametrize(
    ("criteria", "uids"),
    [
        (Search(subject="测试 2"), (2,)),
        (Search(text="测试") & ~Search(subject="1"), (2,)),
        (Search(from_="bob", unseen=False), (3,)),
        (~Search(subject="测试"), (3, 4)),
        (Search(body="needle") | Search(header=("list-id", "FLASK")), (3, 4)),
    ],
)
def test_where_a_search_is_not_trusted_it_is_finished_here(
    reading_server: ReadingServer,
    user: tuple[str, str],
    account: Account,
    trust: str,
    criteria: Criteria,
    uids: tuple[int, ...],
) -> None:
    deliver_varied(reading_server, user[0])
    with session_of(account.replace(quirks=Quirks(search_text=trust))) as imap:
        found = imap.folder("INBOX").search(criteria)

    assert found.uids == uids


# Parts


def big_file() -> bytes:
    content = bytes(range(256)) * 10_000
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return (
        b"From: bob@mail.test\r\n"
        b"Subject: big\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4 soft=\r\n line\r\n"
        b"--x\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: BASE64\r\n\r\n"
        + encoded
        + b"--x--\r\n"
    )


def test_parts_are_listed_and_read_as_files(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    reading_server.deliver(big_file(), user[0])
    folder = imap.folder("INBOX")

    parts = folder.parts(1)

    assert [(part.section, part.content_type) for part in parts] == [("1", "text/plain"), ("2", "application/zip")]
    assert folder.open_part(1, "1").read() == "ä soft line".encode()
    with folder.open_part(1, "2") as file:
        assert file.read(3) == b"\0\1\2"
        assert folder.page()[0].uid == 1  # the session is free in between
        assert b"\0\1\2" + file.read() == bytes(range(256)) * 10_000


def test_a_part_is_saved_in_one_go(reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession) -> None:
    reading_server.deliver(big_file(), user[0])
    file = io.BytesIO()

    size = imap.folder("INBOX").save_part(1, "2", file)

    assert size == 2_560_000
    assert file.getvalue() == bytes(range(256)) * 10_000


def test_a_message_of_one_part_has_part_one(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    reading_server.deliver(raw_message(), user[0])

    assert imap.folder("INBOX").open_part(1, "1").read() == b"body 1\r\n"


def test_a_part_that_does_not_exist_is_told(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    reading_server.deliver(raw_message(), user[0])

    with pytest.raises(MessageNotFoundError):
        imap.folder("INBOX").open_part(1, "2")
    with pytest.raises(MessageNotFoundError):
        imap.folder("INBOX").save_part(2, "1", io.BytesIO())
    with pytest.raises(UsageError):
        imap.folder("INBOX").open_part(1, "1]<0.1> (FLAGS")
    assert imap.is_reusable


# Order and threads


def deliver_thread(server: ReadingServer, address: str) -> None:
    arrived = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    for subject, message_id, references, day in (
        ("Plan", "<a@x>", "", 5),
        ("Other", "<o@x>", "", 3),
        ("Re: Plan", "<b@x>", "<a@x>", 6),
        ("回复：Plan", "<c@x>", "<a@x> <b@x>", 4),
        ("AW: Plan", "<d@x>", "<a@x>", 9),
        ("Re: lost", "<f@x>", "<gone@x>", 2),
    ):
        raw = f"From: {message_id[1]}@x.test\r\nSubject: {subject}\r\nMessage-ID: {message_id}\r\n"
        raw += f"References: {references}\r\nDate: Thu, {day} Feb 2024 12:00:00 +0000\r\n\r\n{'x' * day}\r\n"
        arrived += datetime.timedelta(days=1)
        server.deliver(raw.encode(), address, date=arrived)


@pytest.mark.parametrize(
    ("key", "uids"),
    [("arrival", (1, 2, 3, 4, 5, 6)), ("date", (6, 2, 4, 1, 3, 5)), ("from", (1, 3, 4, 5, 6, 2))],
)
def test_uids_come_in_the_order_asked_for(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession, key: str, uids: tuple[int, ...]
) -> None:
    deliver_thread(reading_server, user[0])
    folder = imap.folder("INBOX")

    assert folder.sort(key).uids == uids
    assert folder.sort(key, reverse=True).uids == uids[::-1]
    assert folder.sort(key, Search(uids=(2, 3, 4))).uids == tuple(uid for uid in uids if uid in (2, 3, 4))
    assert [summary.uid for summary in folder.summaries(uids)] == list(uids)


def test_an_order_that_does_not_exist_is_refused(imap: IMAPSession) -> None:
    with pytest.raises(UsageError, match="arrival, date"):
        imap.folder("INBOX").sort("colour")


def test_conversations_are_joined_by_their_references(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    deliver_thread(reading_server, user[0])

    threads = imap.folder("INBOX").threads()

    assert [[(reply.uid, reply.depth) for reply in thread] for thread in threads] == [
        [(6, 0)],
        [(1, 0), (3, 1), (4, 2), (5, 1)],
        [(2, 0)],
    ]
    assert len(imap.folder("INBOX").threads(Search(from_="o@x.test"))) == 1


def test_namespaces_and_quotas_are_told(imap: IMAPSession) -> None:
    kinds = {namespace.kind: namespace for namespace in imap.namespaces()}

    assert kinds["personal"].prefix == ""
    assert kinds["personal"].delimiter
    assert isinstance(imap.quotas(), tuple)


def test_a_folder_that_was_made_anew_never_gives_another_message_under_an_old_uid(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    work = imap.create_folder("Work")
    work.append(raw_message(1))
    known = work.uidvalidity
    assert work.message(1).subject == "测试 1"
    with session_of(account_on(reading_server, *user)) as other:
        other.delete_folder("Work")
        other.create_folder("Work").append(raw_message(2))

    with pytest.raises(UIDValidityChangedError):
        work.message(1)
    with pytest.raises(UIDValidityChangedError):
        work.add_flags(1, ["\\Seen"], uidvalidity=known)
    assert [summary.subject for summary in work.page()] == ["测试 2"]
    assert work.message(1).subject == "测试 2"
    with session_of(account_on(reading_server, *user)) as afresh, pytest.raises(UIDValidityChangedError):
        afresh.folder("Work").message(1, uidvalidity=known)


# Through the extension and its pool


def test_one_session_serves_one_reader_after_the_other(reading_server: ReadingServer, user: tuple[str, str]) -> None:
    reading_server.deliver(raw_message(), user[0])
    with mailbox_of(reading_server.config(user[0])) as mailbox:
        sessions = set()
        for _ in range(3):
            with mailbox.imap() as imap:
                assert imap.folder("INBOX").page()[0].subject == "测试 1"
                sessions.add(id(imap))

        assert len(sessions) == 1
        assert mailbox.state.pool.connections == 1


def test_a_wrong_password_never_gets_the_session_of_the_right_one(
    reading_server: ReadingServer, user: tuple[str, str]
) -> None:
    config = reading_server.config(user[0])
    with mailbox_of(config) as mailbox:
        with mailbox.imap() as imap:
            imap.noop()
        keys = {name.lower(): config[f"MAILBOX_{name}"] for name in ("ADDRESS", "IMAP")}
        impostor = mailbox.load_account({**keys, "password": "wrong"}, name="default")
        with pytest.raises(AuthenticationError), mailbox.for_account(impostor).imap():
            pass

        with mailbox.imap() as imap:
            assert imap.folder("INBOX").total == 0


def test_an_error_of_the_caller_leaves_the_session_in_the_pool(
    reading_server: ReadingServer, user: tuple[str, str]
) -> None:
    with mailbox_of(reading_server.config(user[0])) as mailbox:
        for act in (lambda imap: imap.folder("nope").page(), lambda imap: imap.folder("INBOX").message(9)):
            with pytest.raises(LookupError), mailbox.imap() as imap:
                act(imap)

        with mailbox.imap() as again:
            assert again is imap


def test_many_readers_of_two_folders_each_get_their_own(account: Account, imap: IMAPSession) -> None:
    for name in ("One", "Two"):
        folder = imap.create_folder(name)
        for number in range(3):
            folder.append(raw_message(number, name))
    pool = Pool({Protocol.IMAP: IMAPSession.open})

    def read(turn: int) -> bool:
        name = ("One", "Two")[turn % 2]
        with pool.lease(account, Protocol.IMAP) as session:
            folder = session.folder(name)
            page = folder.page(2)
            uid = page[turn % 2].uid
            return folder.message(uid).text == f"{name} {uid - 1}\n" and page.total == 3

    with ThreadPoolExecutor(16) as executor:
        results = list(executor.map(read, range(300)))
    pool.close()

    assert all(results)
    assert len(results) == 300


# Servers that can little


@pytest.fixture
def plain(imap: IMAPSession) -> IMAPSession:
    """A session with a server that seems to have no extension at all."""
    imap.client.wire.capabilities = ("IMAP4REV1",)
    return imap


def test_without_extensions_pages_and_searches_are_the_same(
    reading_server: ReadingServer, user: tuple[str, str], plain: IMAPSession
) -> None:
    fill(reading_server, user[0], 5)
    folder = plain.folder("INBOX")
    first = folder.page(2)
    folder.add_flags(3, ["\\Flagged"])
    other = plain.create_folder("Other")

    assert [summary.uid for summary in folder.page(2, first.next)] == [3, 2]
    assert folder.search(Search(subject="测试 4") | Search(flagged=True)).uids == (3, 4)
    assert folder.sort("subject", reverse=True).uids == (5, 4, 3, 2, 1)
    assert len(folder.threads()) == 5
    assert {info.path: info.messages for info in plain.folders(counts=True)}["INBOX"] == 5
    assert other.append(raw_message()) is not None


def test_without_move_and_uidplus_messages_move_if_nothing_else_would_be_lost(
    reading_server: ReadingServer, user: tuple[str, str], plain: IMAPSession, caplog: pytest.LogCaptureFixture
) -> None:
    fill(reading_server, user[0], 4)
    folder, other = plain.folder("INBOX"), plain.create_folder("Other")

    folder.move([1, 2], "Other")

    assert [summary.uid for summary in folder.page()] == [4, 3]
    assert other.total == 2
    folder.add_flags(3, ["\\Deleted"])
    folder.delete(4, permanently=True)
    assert [summary.uid for summary in folder.page()] == [4, 3]
    assert "others are marked too" in caplog.text


def test_many_messages_come_in_batches_without_those_gone_or_too_large(
    reading_server: ReadingServer, user: tuple[str, str], imap: IMAPSession
) -> None:
    fill(reading_server, user[0], 120)
    large = reading_server.deliver(raw_message(121, "x" * 50_000), user[0])
    folder = imap.folder("INBOX")
    folder.delete(7, permanently=True)

    found = dict(folder.messages([*range(120, 0, -1), large, 999], limit=10_000))

    assert list(found) == [uid for uid in range(1, 121) if uid != 7]
    assert all(message.subject == f"测试 {uid}" for uid, message in found.items())
    assert [uid for uid, _ in folder.messages([large])] == [large]
    assert list(folder.messages([])) == []
