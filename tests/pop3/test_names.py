"""The names of messages: the same in every session, never shared, never pointing at another message."""

from __future__ import annotations

import itertools

import pytest

from flask_mailbox.pop3.entry import listed, made_up_uidl, merged, without_own_name

from ..scripted import Client, scripted
from .maildrops import TWO, opened, server


def top(client: Client, line: str) -> bytes:
    """Answer TOP with headers that differ by message."""
    return b"+OK\r\nSubject: %s\r\n\r\n.\r\n" % line.split()[1].encode()


def names(answers: dict[str, bytes]) -> list[str]:
    with scripted(server(TWO | answers, top=top)) as running, opened(running.port) as session:
        return [entry.uidl for entry in session.entries()]


def test_a_server_without_uidl_gets_names_that_stay_the_same() -> None:
    first, second = (names({"UIDL": b"-ERR unknown\r\n"}) for _ in range(2))

    assert first == second
    assert first[0] != first[1]
    assert all(name.startswith("made-") for name in first)


def test_a_made_up_name_does_not_depend_on_the_place() -> None:
    """The first message is gone by the second session; the other keeps its name."""

    def second(client: Client, line: str) -> bytes:
        return top(client, "TOP 2 0")

    without_uidl = {"UIDL": b"-ERR unknown\r\n"}
    left = {"LIST": b"+OK\r\n1 24\r\n.\r\n"} | without_uidl
    with scripted(server(left, top=second)) as running, opened(running.port) as session:
        name = session.entries()[0].uidl

    assert name == names(without_uidl)[1]


def test_without_uidl_and_top_the_message_itself_gives_the_name() -> None:
    with_top = names({"UIDL": b"-ERR\r\n"})
    retr = {"RETR": b"+OK\r\nSubject: 1\r\n\r\ntext\r\n.\r\n", "UIDL": b"-ERR\r\n", "TOP": b"-ERR\r\n"}
    with scripted(server(retr)) as running, opened(running.port) as session:
        assert session.entries()[0].uidl == with_top[0]


def test_one_message_that_cannot_be_had_does_not_hide_the_others() -> None:
    def retr(client: Client, line: str) -> bytes:
        return b"-ERR damaged\r\n" if line == "RETR 1" else b"+OK\r\nSubject: x\r\n\r\n.\r\n"

    bare = TWO | {"UIDL": b"-ERR\r\n", "TOP": b"-ERR\r\n"}
    with scripted(server(bare, retr=retr)) as running, opened(running.port) as session:
        assert len({entry.uidl for entry in session.entries()}) == 2


def test_a_name_that_the_server_gives_twice_is_replaced_by_what_the_messages_are() -> None:
    got = names({"UIDL": b"+OK\r\n1 same\r\n2 same\r\n.\r\n"})

    assert got == names({"UIDL": b"-ERR\r\n"})


def test_a_message_that_uidl_leaves_out_is_named_by_what_it_is() -> None:
    got = names({"UIDL": b"+OK\r\n1 a\r\n.\r\n"})

    assert got == ["a", names({"UIDL": b"-ERR\r\n"})[1]]


def test_uidl_lines_with_a_prefix_and_several_blanks_are_understood() -> None:
    assert names({"UIDL": b"+OK\r\n+OK 1   a\r\nnonsense\r\n2\tb \r\n.\r\n"}) == ["a", "b"]


def test_what_no_listing_has_is_passed_over() -> None:
    assert listed([b"1 a", b"", b"x 2", b"3", b"-4 b", b"5 \xff"]) == {1: "a", 5: "\\xff"}


def test_numbers_without_a_name_of_their_own_are_found() -> None:
    assert without_own_name([1, 2, 3, 4], {1: "a", 2: "a", 4: "b", 9: "b"}) == [1, 2, 3, 4]
    assert without_own_name([1, 2], {1: "a", 2: "b"}) == []


@pytest.mark.parametrize("uidls", list(itertools.product(["x", "x#2", "x#2#2"], repeat=3)))
def test_two_entries_never_share_a_name(uidls: tuple[str, ...]) -> None:
    entries = merged({1: "1", 2: "2", 3: "3"}, dict(enumerate(uidls, 1)))

    assert len({entry.uidl for entry in entries}) == 3


def test_headers_of_top_and_of_the_whole_message_make_the_same_name() -> None:
    assert made_up_uidl(b"Subject: x\r\n\r\n", "9") == made_up_uidl(b"Subject: x\r\n\r\nbody\r\n", "9")
    assert made_up_uidl(b"Subject: x\r\n\r\n", "9") != made_up_uidl(b"Subject: x\r\n\r\n", "10")
