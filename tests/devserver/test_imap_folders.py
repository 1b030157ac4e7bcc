"""IMAP folders: LIST and its extensions, STATUS, CREATE, DELETE, RENAME, subscriptions, SELECT."""

from __future__ import annotations

import pytest
from imapclient.exceptions import IMAPClientError

from .conftest import ANN


def paths(imap, directory="", pattern="*") -> list[str]:
    return [path for _, _, path in imap.list_folders(directory, pattern)]


def test_there_are_six_folders_with_their_roles(imap):
    folders = {path: flags for flags, _, path in imap.list_folders()}

    assert set(folders) == {"INBOX", "Sent", "Drafts", "Trash", "Junk", "Archive"}
    for role in ("Sent", "Drafts", "Trash", "Junk", "Archive"):
        assert f"\\{role}".encode() in folders[role]
    assert imap.find_special_folder(b"\\Sent") == "Sent"


def test_star_crosses_levels_and_percent_does_not(imap):
    imap.create_folder("Work/2026/May")

    assert paths(imap, "", "Work*") == ["Work", "Work/2026", "Work/2026/May"]
    assert paths(imap, "", "Work/%") == ["Work/2026"]
    assert paths(imap, "Work/", "%") == ["Work/2026"]
    assert paths(imap, "", "inbox") == ["INBOX"]
    assert paths(imap, "", "W[o.]rk") == []


def test_children_are_announced(imap):
    imap.create_folder("Work/2026")
    folders = {path: flags for flags, _, path in imap.list_folders()}

    assert b"\\HasChildren" in folders["Work"]
    assert b"\\HasNoChildren" in folders["Work/2026"]


def test_list_tells_the_delimiter(talk):
    talk.command(b"LOGIN ann@demo.test ann-secret")

    assert talk.command(b'LIST "" ""')[0] == b'* LIST (\\Noselect) "/" ""\r\n'


def test_list_returns_status_of_many_folders_at_once(server, talk):
    server.deliver(b"\r\n", ANN)
    talk.command(b"LOGIN ann@demo.test ann-secret")
    lines = talk.command(b'LIST "" ("INBOX" Sent) RETURN (CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN))')

    assert lines[:2] == [b'* LIST (\\HasNoChildren) "/" "INBOX"\r\n', b'* STATUS "INBOX" (MESSAGES 1 UNSEEN 1)\r\n']
    assert lines[3] == b'* STATUS "Sent" (MESSAGES 0 UNSEEN 0)\r\n'


def test_list_selects_special_use_only(talk):
    talk.command(b"LOGIN ann@demo.test ann-secret")

    assert len(talk.command(b'LIST (SPECIAL-USE) "" *')) == 6


@pytest.mark.parametrize("name", ["工作/项目", "a & b", "Ünï", 'q"uo\\te', "&Jjo-", "emoji 😀"])
def test_names_of_every_kind_come_back(imap, name):
    imap.create_folder(name)
    imap.select_folder(name)

    assert name in paths(imap)


def test_status_counts(server, imap):
    server.deliver(b"Subject: a\r\n\r\n", ANN)
    server.deliver(b"Subject: b\r\n\r\n", ANN, flags=["\\Seen"])
    status = imap.folder_status("INBOX", ["MESSAGES", "UNSEEN", "UIDNEXT", "UIDVALIDITY", "RECENT", "SIZE"])

    assert (status[b"MESSAGES"], status[b"UNSEEN"], status[b"UIDNEXT"], status[b"SIZE"]) == (2, 1, 3, 28)


def test_missing_folders_are_refused_with_their_code(imap):
    for action in (imap.select_folder, imap.delete_folder, imap.folder_status):
        with pytest.raises(IMAPClientError, match=r"\[NONEXISTENT\]"):
            action("Nowhere")


def test_a_folder_that_exists_is_not_created_again(imap):
    with pytest.raises(IMAPClientError, match=r"\[ALREADYEXISTS\]"):
        imap.create_folder("Sent")
    with pytest.raises(IMAPClientError, match=r"\[ALREADYEXISTS\]"):
        imap.create_folder("inbox")
    with pytest.raises(IMAPClientError, match=r"\[ALREADYEXISTS\]"):
        imap.rename_folder("Sent", "Trash")


def test_inbox_cannot_be_deleted(imap):
    with pytest.raises(IMAPClientError, match=r"\[CANNOT\]"):
        imap.delete_folder("INBOX")


@pytest.mark.parametrize("name", ["a//b", "/a", "", "tab\there"])
def test_impossible_names_are_refused(imap, name):
    with pytest.raises(IMAPClientError):
        imap.create_folder(name)


def test_rename_takes_the_folders_below_along(imap):
    imap.create_folder("Work/2026")
    imap.rename_folder("Work", "Old/Work")

    assert paths(imap, "", "*Work*") == ["Old/Work", "Old/Work/2026"]


def test_renaming_inbox_moves_its_messages(server, imap):
    server.deliver(b"Subject: a\r\n\r\n", ANN)
    imap.rename_folder("INBOX", "Before")

    assert server.messages(ANN) == []
    assert len(server.messages(ANN, "Before")) == 1


def test_a_deleted_folder_comes_back_under_another_uidvalidity(imap):
    imap.create_folder("Work")
    before = imap.select_folder("Work")[b"UIDVALIDITY"]
    imap.delete_folder("Work")
    imap.create_folder("Work")

    assert imap.select_folder("Work")[b"UIDVALIDITY"] != before


def test_subscriptions(imap):
    imap.unsubscribe_folder("Junk")
    assert "Junk" not in [path for _, _, path in imap.list_sub_folders()]
    imap.subscribe_folder("Junk")
    assert "Junk" in [path for _, _, path in imap.list_sub_folders()]


def test_select_tells_all_about_the_folder(server, imap):
    server.deliver(b"\r\n", ANN, flags=["\\Seen", "Work"])
    server.deliver(b"\r\n", ANN)
    found = imap.select_folder("INBOX")

    assert (found[b"EXISTS"], found[b"UIDNEXT"], found[b"UNSEEN"]) == (2, 3, [b"2"])
    assert b"Work" in found[b"FLAGS"]
    assert b"\\*" in found[b"PERMANENTFLAGS"]
    assert found[b"READ-WRITE"]


def test_examine_is_read_only(server, imap):
    server.deliver(b"\r\nx", ANN)
    assert imap.select_folder("INBOX", readonly=True)[b"READ-ONLY"]
    imap.fetch([1], ["BODY[]"])
    with pytest.raises(IMAPClientError, match="reading only"):
        imap.add_flags([1], ["\\Seen"])

    assert imap.get_flags([1]) == {1: ()}


def test_unselect_and_close_leave_the_folder(server, imap):
    server.deliver(b"\r\n", ANN, flags=["\\Deleted"])
    imap.select_folder("INBOX")
    imap.unselect_folder()
    assert len(server.messages(ANN)) == 1
    imap.select_folder("INBOX")
    imap.close_folder()

    assert server.messages(ANN) == []
