"""No CR, LF or NUL in any public argument reaches the wire: a recording server sees only what was meant."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Callable

import pytest

from flask_mailbox.account import Credential, Secret
from flask_mailbox.errors import MessageError, UsageError
from flask_mailbox.imap import IMAPSession, Search

from ..scripted import scripted
from .accounts import ANN, imap_account, session_of
from .scripts import imap_script

EVIL = ("x\r\nX1 DELETE INBOX", "x\nX1 DELETE INBOX", "x\rX1 DELETE INBOX", "x\0X1 DELETE INBOX")
HARMLESS = re.compile(rb"\S+ (AUTHENTICATE PLAIN \S+|CAPABILITY|LOGOUT|EXAMINE \"INBOX\"|SELECT \"INBOX\"|NOOP)")

CALLS: dict[str, Callable[[IMAPSession, str], object]] = {
    "folder": lambda imap, evil: imap.folder(evil).page(),
    "folder_by_role": lambda imap, evil: imap.folder_by_role(evil) if evil in ("sent",) else imap.folder(evil),
    "create_folder": lambda imap, evil: imap.create_folder(evil),
    "rename_folder, old": lambda imap, evil: imap.rename_folder(evil, "b"),
    "rename_folder, new": lambda imap, evil: imap.rename_folder("a", evil),
    "delete_folder": lambda imap, evil: imap.delete_folder(evil),
    "subscribe": lambda imap, evil: imap.subscribe(evil),
    "page, limit": lambda imap, evil: imap.folder("INBOX").page(evil),  # type: ignore[arg-type]
    "page, cursor": lambda imap, evil: imap.folder("INBOX").page(cursor=evil),
    "page, search": lambda imap, evil: imap.folder("INBOX").page(search=evil),  # type: ignore[arg-type]
    "message": lambda imap, evil: imap.folder("INBOX").message(evil),  # type: ignore[arg-type]
    "raw": lambda imap, evil: imap.folder("INBOX").raw(evil),  # type: ignore[arg-type]
    "headers": lambda imap, evil: imap.folder("INBOX").headers(evil),  # type: ignore[arg-type]
    "parts": lambda imap, evil: imap.folder("INBOX").parts(evil),  # type: ignore[arg-type]
    "open_part": lambda imap, evil: imap.folder("INBOX").open_part(1, evil),
    "save_part": lambda imap, evil: imap.folder("INBOX").save_part(1, evil, io.BytesIO()),
    "append, flags": lambda imap, evil: imap.folder("INBOX").append(b"x", flags=[evil]),
    "add_flags": lambda imap, evil: imap.folder("INBOX").add_flags(1, [evil]),
    "add_flags, text": lambda imap, evil: imap.folder("INBOX").add_flags(1, evil),
    "add_flags, uids": lambda imap, evil: imap.folder("INBOX").add_flags(evil, ["\\Seen"]),  # type: ignore[arg-type]
    "remove_flags": lambda imap, evil: imap.folder("INBOX").remove_flags([1], [evil]),
    "copy": lambda imap, evil: imap.folder("INBOX").copy(1, evil),
    "copy, uids": lambda imap, evil: imap.folder("INBOX").copy([evil], "a"),  # type: ignore[list-item]
    "move": lambda imap, evil: imap.folder("INBOX").move(1, evil),
    "delete": lambda imap, evil: imap.folder("INBOX").delete(evil, permanently=True),  # type: ignore[arg-type]
    "replace": lambda imap, evil: imap.folder("INBOX").replace(1, b"x", flags=[evil]),
    "search": lambda imap, evil: imap.folder("INBOX").search(evil),  # type: ignore[arg-type]
    **{
        f"Search({name})": lambda imap, evil, name=name: imap.folder("INBOX").search(Search(**{name: evil}))
        for name in ("from_", "to", "cc", "bcc", "subject", "body", "text", "keyword", "gmail", "since", "larger")
    },
    "Search(unseen)": lambda imap, evil: imap.folder("INBOX").search(Search(unseen=evil)),  # type: ignore[arg-type]
    "Search(uids)": lambda imap, evil: imap.folder("INBOX").search(Search(uids=(evil,))),  # type: ignore[arg-type]
    "Search(header), name": lambda imap, evil: imap.folder("INBOX").search(Search(header=(evil, "x"))),
    "Search(header), words": lambda imap, evil: imap.folder("INBOX").search(Search(header=("x", evil))),
    "non-ASCII": lambda imap, evil: imap.folder("INBOX").search(Search(subject=f"测{evil}")),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_argument_with_a_line_end_is_refused_and_never_sent(name: str) -> None:
    with scripted(imap_script()) as server, session_of(imap_account(server.port)) as imap:
        for evil in EVIL:
            with pytest.raises(UsageError):
                CALLS[name](imap, evil)

        assert imap.is_reusable
    assert [line for line in server.received if line and not HARMLESS.fullmatch(line)] == []


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("mechanisms", ["AUTH=PLAIN", "AUTH=LOGIN", ""])
def test_a_credential_with_a_line_end_is_refused_and_never_sent(evil: str, mechanisms: str) -> None:
    greeting = f"* OK [CAPABILITY IMAP4rev1 {mechanisms}] ready\r\n".encode()
    for credential in (Credential(evil, Secret("x")), Credential(ANN, Secret(evil))):
        with scripted(imap_script(greeting=greeting)) as server:
            with pytest.raises(UsageError):
                IMAPSession.open(imap_account(server.port).replace(credential=credential))

            assert not any(b"DELETE" in line for line in server.received)


def test_a_message_with_nul_is_not_filed() -> None:
    with scripted(imap_script()) as server, session_of(imap_account(server.port)) as imap:
        with pytest.raises(MessageError):
            imap.folder("INBOX").append(b"Subject: \0\r\n\r\n")

        assert not any(b"APPEND" in line for line in server.received)


@pytest.mark.parametrize("uid", [0, -1, 2**32, True, 1.0, None, "1", "1:*", b"1"])
def test_only_numbers_are_uids(uid: object) -> None:
    with scripted(imap_script()) as server, session_of(imap_account(server.port)) as imap:
        for act in (imap.folder("INBOX").message, imap.folder("INBOX").raw):
            with pytest.raises(UsageError):
                act(uid)  # type: ignore[arg-type]
        with pytest.raises((UsageError, TypeError)):
            imap.folder("INBOX").add_flags([uid], ["\\Seen"])  # type: ignore[list-item]

        assert not any(b"UID" in line for line in server.received)


def test_imapclients_own_methods_are_guarded_too() -> None:
    with scripted(imap_script()) as server, session_of(imap_account(server.port)) as imap:
        client = imap.client
        client.select_folder("INBOX")
        for act in (
            lambda: client.search(["SUBJECT", EVIL[0]]),
            lambda: client.add_flags([1], [EVIL[0]]),
            lambda: client.fetch([1], [EVIL[0]]),
            lambda: client.append("INBOX", b"x", [EVIL[0]]),
            lambda: client.id_({"name": EVIL[0]}),
            lambda: client.login("user", EVIL[0]),
        ):
            with pytest.raises(Exception):  # noqa: B017 - whichever: what counts is that nothing is sent
                act()

    assert not any(b"DELETE INBOX" in line and line.startswith(b"X1") for line in server.received)


def test_a_date_goes_out_as_imap_writes_it() -> None:
    with scripted(imap_script()) as server, session_of(imap_account(server.port)) as imap:
        zone = datetime.timezone(datetime.timedelta(hours=-3, minutes=-30))
        imap.folder("a b").append(b"x\r\n", date=datetime.datetime(2024, 2, 9, 1, 2, 3, tzinfo=zone))

    assert any(line.endswith(b'APPEND "a b" " 9-Feb-2024 01:02:03 -0330" {3+}') for line in server.received)
