"""The names of messages: the same in every session, never shared, never pointing at another message."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from flask_mailbox.errors import MessageNotFoundError
from flask_mailbox.pop3 import POP3Session
from flask_mailbox.pop3.entry import listed
from flask_mailbox.pop3.naming import Naming, own_name, without_own_name

from ..scripted import Client, Script, scripted
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
    assert listed("1 a\n\nx 2\n3\n-4 b\n+OK 5 \\xff\n٦ c") == {1: "a", 5: "\\xff"}


def test_numbers_without_a_name_of_their_own_are_found() -> None:
    assert without_own_name([1, 2, 3, 4], {1: "a", 2: "a", 4: "b", 9: "b"}) == {1, 2, 3, 4}
    assert without_own_name([1, 2], {1: "a", 2: "b"}) == set()
    assert without_own_name([1, 2], {1: "1", 2: "2"}) == {1, 2}
    assert without_own_name([1, 2], {1: "1", 2: "3"}) == set()
    assert without_own_name([], {}) == set()


@pytest.mark.parametrize("uidls", list(itertools.product(["x", "x#2", "x#2#2"], repeat=3)))
def test_two_entries_never_share_a_name(uidls: tuple[str, ...]) -> None:
    naming = Naming(lambda number, size: b"")
    entries = naming.entries({1: "1", 2: "2", 3: "3"}, dict(enumerate(uidls, 1)))

    assert len({entry.uidl for entry in entries}) == 3


def test_headers_of_top_and_of_the_whole_message_make_the_same_name() -> None:
    assert own_name(b"Subject: x\r\n\r\n", 9) == own_name(b"Subject: x\r\n\r\nbody\r\n", 9)
    assert own_name(b"Subject: x\r\n\r\n", 9) != own_name(b"Subject: x\r\n\r\n", 10)


# What a server calls a message may change: it is told again at the worst, never passed over


class Maildrop:
    """A scripted maildrop that outlives its sessions; messages are known by their subject.

    :param uidls: What UIDL says of each, ``None`` for a server that does not know it.
    """

    def __init__(self, **uidls: str | None) -> None:
        self.uidls = uidls
        self.tops = 0

    def script(self) -> Script:
        """Return a server of this maildrop, as it is when a session begins."""
        subjects = list(self.uidls)
        sizes = "".join(f"{number} 24\r\n" for number in range(1, len(subjects) + 1))
        names = "".join(f"{number} {self.uidls[subject]}\r\n" for number, subject in enumerate(subjects, 1))
        doomed: list[str] = []

        def top(client: Client, line: str) -> bytes:
            self.tops += 1
            return b"+OK\r\nSubject: %b\r\n\r\n.\r\n" % subjects[int(line.split()[1]) - 1].rstrip("_").encode()

        def dele(client: Client, line: str) -> bytes:
            doomed.append(subjects[int(line.split()[1]) - 1])
            return b"+OK\r\n"

        def quit_(client: Client, line: str) -> bytes:
            for subject in doomed:
                del self.uidls[subject]
            return b"+OK\r\n"

        without = None in self.uidls.values()
        answers = {
            "LIST": f"+OK\r\n{sizes}.\r\n".encode(),
            "UIDL": b"-ERR what\r\n" if without else f"+OK\r\n{names}.\r\n".encode(),
        }
        return server(answers, top=top, dele=dele, quit=quit_)

    @contextmanager
    def session(self) -> Iterator[POP3Session]:
        """Open the maildrop for a block and end the session well."""
        with scripted(self.script()) as running, opened(running.port) as session:
            yield session
            session.finish()

    def work(self, handled: list[str]) -> list[str]:
        """Return the subjects of what is new, and note its names, as a program does that keeps them."""
        with self.session() as session:
            new = session.new(handled)
            handled += [entry.uidl for entry in new]
            there = {entry.uidl for entry in session.entries()}
            handled[:] = [name for name in handled if name in there]
            return [session.top(entry.uidl).subject for entry in new]

    def delete(self, subject: str) -> None:
        """Delete a message in a session of its own."""
        with self.session() as session:
            session.delete(next(each.uidl for each in session.entries() if session.top(each.uidl).subject == subject))


def test_what_is_left_of_two_messages_of_one_name_is_not_told_again() -> None:
    maildrop, handled = Maildrop(a="same", b="same", c="other"), []
    first = maildrop.work(handled)
    maildrop.delete("a")

    assert first == ["a", "b", "c"]
    assert maildrop.work(handled) == []
    assert maildrop.work(handled) == []
    maildrop.uidls["d"] = "another"
    assert maildrop.work(handled) == ["d"]


def test_a_name_of_an_earlier_session_leads_to_the_message_that_has_its_own_now() -> None:
    maildrop = Maildrop(a="same", b="same")
    with maildrop.session() as session:
        one, two = (entry.uidl for entry in session.entries())
    maildrop.delete("a")
    with maildrop.session() as session:
        assert session.top(two).subject == "b"
        assert session.top("same").subject == "b"
        with pytest.raises(MessageNotFoundError):
            session.top(one)
        session.delete(two)
        with pytest.raises(MessageNotFoundError):
            session.delete("same")

    assert maildrop.uidls == {}


def test_a_server_that_names_messages_by_their_numbers_hides_no_new_one() -> None:
    maildrop, handled = Maildrop(a="1", b="2"), []
    first = maildrop.work(handled)
    maildrop.delete("a")
    maildrop.uidls = {"b": "1", "c": "2"}

    assert first == ["a", "b"]
    assert maildrop.work(handled) == ["c"]


def test_a_server_that_learns_uidl_or_forgets_it_hides_nothing() -> None:
    maildrop, handled = Maildrop(a=None, b=None), []
    assert maildrop.work(handled) == ["a", "b"]
    maildrop.uidls = {"a": "x", "b": "y", "c": "z"}

    assert maildrop.work(handled) == ["c"]
    maildrop.uidls = dict.fromkeys("abcd")
    assert maildrop.work(handled) == ["c", "d"]  # c is told again: its name was the server's


def test_of_two_equal_messages_the_second_keeps_its_name_when_the_first_is_gone() -> None:
    maildrop, handled = Maildrop(a=None, a_=None), []
    assert maildrop.work(handled) == ["a", "a"]
    del maildrop.uidls["a"]
    handled = [name for name in handled if name.endswith("#2")]

    assert maildrop.work(handled) == []
    assert maildrop.work(handled) == []


def test_names_of_our_own_are_made_once_in_a_session() -> None:
    maildrop = Maildrop(a="same", b="same", c="other")
    with maildrop.session() as session:
        for _ in range(3):
            session.entries()
            session.new(["made-7-" + "0" * 40, "made-up", "other"])

    assert maildrop.tops == 2
