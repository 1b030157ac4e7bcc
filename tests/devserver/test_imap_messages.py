"""Changing messages over IMAP, and what other sessions hear of it."""

from __future__ import annotations

import datetime

import pytest
from imapclient.exceptions import IMAPClientError

from .conftest import ANN

RAW = b"Subject: x\r\n\r\nbody\r\n"


@pytest.fixture
def five(server, inbox):
    for _ in range(5):
        server.deliver(RAW, ANN)
    inbox.noop()
    return inbox


def test_flags_are_added_removed_and_set(five):
    five.add_flags([1, 2], ["\\Seen", "Work"])
    five.remove_flags([1], ["\\seen"])
    five.set_flags([2], ["\\Flagged"])

    assert five.get_flags([1, 2]) == {1: (b"Work",), 2: (b"\\Flagged",)}


def test_silent_store_answers_nothing_untagged(five, selected):
    assert selected.command(b"STORE 1:3 +FLAGS.SILENT (\\Seen)") == [b"t OK STORE completed\r\n"]
    assert len(selected.command(b"UID STORE 1:3 -FLAGS \\Seen")) == 4


def test_recent_cannot_be_stored(five):
    five.add_flags([1], ["\\Recent"])

    assert five.get_flags([1])[1] == ()


def test_copy_tells_the_new_uids(server, five, selected):
    five.add_flags([2], ["\\Flagged"])
    answer = selected.command(b"UID COPY 2:3,5 Archive")[-1]

    assert answer.startswith(b"t OK [COPYUID ")
    assert answer.split()[4:6] == [b"2:3,5", b"1:3]"]
    assert server.messages(ANN, "Archive") == [RAW] * 3
    five.select_folder("Archive")
    assert five.get_flags([1])[1] == (b"\\Flagged",)


def test_move_tells_the_new_uids_and_removes_the_old_ones(server, five, selected):
    lines = selected.command(b"UID MOVE 1,4 Trash")

    assert lines[0].split()[2:3] == [b"[COPYUID"]
    assert lines[1:3] == [b"* 4 EXPUNGE\r\n", b"* 1 EXPUNGE\r\n"]
    assert (len(server.messages(ANN)), len(server.messages(ANN, "Trash"))) == (3, 2)


def test_copy_and_append_to_a_missing_folder_say_trycreate(five):
    with pytest.raises(IMAPClientError, match=r"\[TRYCREATE\]"):
        five.copy([1], "Nowhere")
    with pytest.raises(IMAPClientError, match=r"\[TRYCREATE\]"):
        five.append("Nowhere", RAW)


def test_append_keeps_bytes_flags_and_date(server, imap):
    date = datetime.datetime(2026, 5, 5, 5, 5, 5, tzinfo=datetime.UTC)
    answer = imap.append("Drafts", RAW + b"\xff\x80", flags=["\\Draft", "\\Seen"], msg_time=date)
    imap.select_folder("Drafts")
    imap.normalise_times = False
    found = imap.fetch([1], ["FLAGS", "INTERNALDATE"])[1]

    assert answer.startswith(b"[APPENDUID ")
    assert server.messages(ANN, "Drafts") == [RAW + b"\xff\x80"]
    assert set(found[b"FLAGS"]) == {b"\\Draft", b"\\Seen"}
    assert found[b"INTERNALDATE"] == date


def test_append_by_non_synchronising_literal(server, selected):
    selected.send(b"a APPEND INBOX (\\Seen) {%d+}\r\n%b\r\n" % (len(RAW), RAW))
    lines = selected.until(b"a ")

    assert lines[0] == b"* 1 EXISTS\r\n"
    assert lines[-1].startswith(b"a OK [APPENDUID ")


def test_append_of_a_large_message(server, imap):
    raw = b"Subject: x\r\n\r\n" + b"0123456789abcde\r\n" * 300_000
    imap.append("INBOX", raw)

    assert server.messages(ANN) == [raw]


def test_expunge_removes_only_what_is_flagged(server, five, selected):
    five.add_flags([2, 4], ["\\Deleted"])

    assert selected.command(b"UID EXPUNGE 1:3")[-2] == b"* 2 EXPUNGE\r\n"
    five.expunge()
    assert len(server.messages(ANN)) == 3


def test_other_sessions_hear_of_everything_at_noop(server, five, selected):
    five.add_flags([1], ["\\Seen"])
    five.delete_messages([3])
    five.expunge()
    server.deliver(RAW, ANN)
    lines = selected.command(b"NOOP")

    assert lines == [
        b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n",
        b"* 3 EXPUNGE\r\n",
        b"* 5 EXISTS\r\n",
        b"* 0 RECENT\r\n",
        b"t OK NOOP completed\r\n",
    ]
    assert selected.command(b"NOOP") == [b"t OK NOOP completed\r\n"]


@pytest.mark.parametrize(
    ("date", "key"), [(b"31-Dec-9999 23:59:59 -2359", b"SINCE"), (b" 1-Jan-0001 00:00:00 +2359", b"BEFORE")]
)
def test_a_date_at_the_end_of_the_calendar_is_kept_as_it_came(server, selected, date, key):
    selected.send(b't APPEND Drafts "%b" {2+}\r\nx\n\r\n' % date)
    stored = selected.until(b"t ")[-1]
    selected.command(b"SELECT Drafts")
    told = selected.command(b"FETCH 1 INTERNALDATE")[0]
    found = selected.command(b"SEARCH %b 1-Jan-2026" % key)[0]

    assert stored.startswith(b"t OK")
    assert told == b'* 1 FETCH (INTERNALDATE "%b")\r\n' % date
    assert found == b"* SEARCH 1\r\n"


def test_expunges_are_not_told_during_fetch_by_number(server, five, selected):
    server.expunge(ANN, 2)
    during = selected.command(b"FETCH 3 UID")
    after = selected.command(b"NOOP")

    assert during[0] == b"* 3 FETCH (UID 3)\r\n"
    assert after[0] == b"* 2 EXPUNGE\r\n"


def test_idle_tells_arrivals_flags_and_expunges_as_they_happen(server, five, selected):
    selected.send(b"i IDLE\r\n")
    assert selected.line() == b"+ idling\r\n"
    server.deliver(RAW, ANN)
    arrived = [selected.line(), selected.line()]
    five.add_flags([2], ["\\Flagged"])
    changed = selected.line()
    server.expunge(ANN, 1)
    gone = selected.line()
    selected.send(b"DONE\r\n")

    assert arrived == [b"* 6 EXISTS\r\n", b"* 0 RECENT\r\n"]
    assert changed == b"* 2 FETCH (UID 2 FLAGS (\\Flagged))\r\n"
    assert gone == b"* 1 EXPUNGE\r\n"
    assert selected.line() == b"i OK IDLE ended\r\n"


def test_imapclient_idles(server, inbox):
    inbox.idle()
    server.deliver(RAW, ANN)
    answers = inbox.idle_check(timeout=5)
    inbox.idle_done()

    assert (1, b"EXISTS") in answers


def test_idle_ends_with_anything_else_as_an_error(selected):
    selected.send(b"i IDLE\r\n")
    selected.line()
    selected.send(b"x NOOP\r\n")

    assert selected.line().startswith(b"i BAD")


def test_idle_ends_with_a_huge_line_as_an_error(selected):
    selected.send(b"i IDLE\r\n" + b"D" * 200_000 + b"\r\n")
    selected.line()

    assert selected.line().startswith(b"i BAD [TOOBIG]")


def test_a_folder_deleted_by_another_session_shows_as_empty(server, five, talk):
    talk.command(b"LOGIN ann@demo.test ann-secret")
    five.create_folder("Work")
    five.append("Work", RAW)
    talk.command(b"SELECT Work")
    five.delete_folder("Work")

    assert talk.command(b"NOOP")[0] == b"* 1 EXPUNGE\r\n"
