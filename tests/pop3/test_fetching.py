"""Many messages at once: every answer belongs to its message, whatever comes in between."""

from __future__ import annotations

import pytest

from flask_mailbox import BusyError, CommandError, MessageNotFoundError, ServiceError
from flask_mailbox.pop3 import POP3Session
from flask_mailbox.pop3.fetching import WINDOW_SIZE

from ..scripted import Client, Script, scripted
from .maildrops import opened, server

COUNT = 50
NAMES = [f"u{number}" for number in range(1, COUNT + 1)]


def content(number: str | int) -> bytes:
    return b"Subject: %d\r\n\r\n.dot %d\r\n" % (int(number), int(number))


def retr(client: Client, line: str) -> bytes:
    return b"+OK\r\n" + content(line.split()[1]).replace(b"\r\n.", b"\r\n..") + b".\r\n"


def top(client: Client, line: str) -> bytes:
    return b"+OK\r\nSubject: %s\r\n\r\n.\r\n" % line.split()[1].encode()


def put_by(session: POP3Session) -> int:
    """How many messages came with the one that was taken."""
    assert session._fetching is not None
    return len(session._fetching._read)


def maildrop(*, pipelining: bool = True, size: int = 24, **answers: object) -> Script:
    listing = b"".join(b"%d %d\r\n" % (number, size) for number in range(1, COUNT + 1))
    names = b"".join(b"%d u%d\r\n" % (number, number) for number in range(1, COUNT + 1))
    known = {
        "CAPA": b"+OK\r\nTOP\r\n" + (b"PIPELINING\r\n" if pipelining else b"") + b".\r\n",
        "LIST": b"+OK\r\n" + listing + b".\r\n",
        "UIDL": b"+OK\r\n" + names + b".\r\n",
    }
    return server(known, **({"retr": retr, "top": top} | answers))  # type: ignore[arg-type]


@pytest.mark.parametrize("pipelining", [True, False])
def test_other_commands_between_two_messages_get_their_own_answers(pipelining: bool) -> None:
    with scripted(maildrop(pipelining=pipelining)) as running, opened(running.port) as session:
        for place, (uidl, raw) in enumerate(session.raws(NAMES)):
            assert (uidl, raw) == (NAMES[place], content(place + 1))
            other = NAMES[-1 - place % 7]
            assert session.top(other).subject == other.removeprefix("u")
            assert session.raw(other) == content(other.removeprefix("u"))

    assert place == COUNT - 1


def test_each_message_can_be_deleted_as_it_comes() -> None:
    with scripted(maildrop()) as running, opened(running.port) as session:
        for uidl, _ in session.raws(NAMES):
            session.delete(uidl)
        session.finish()

    commands = [line for line in running.received if line]
    assert [line for line in commands if line.startswith(b"DELE")] == [b"DELE %d" % n for n in range(1, COUNT + 1)]
    assert commands[-1] == b"QUIT"


def test_two_runs_can_be_taken_in_turns() -> None:
    with scripted(maildrop()) as running, opened(running.port) as session:
        forth, back = session.raws(NAMES), session.raws(NAMES[::-1])
        for place in range(COUNT):
            assert next(forth) == (NAMES[place], content(place + 1))
            assert next(back) == (NAMES[-1 - place], content(COUNT - place))


def test_a_refused_message_leaves_the_rest_of_the_session_in_step() -> None:
    def second_is_busy(client: Client, line: str) -> bytes:
        return b"-ERR [SYS/TEMP] busy\r\n" if line == "RETR 2" else retr(client, line)

    with scripted(maildrop(retr=second_is_busy)) as running, opened(running.port) as session:
        fetching = session.raws(NAMES)
        assert next(fetching) == ("u1", content(1))
        with pytest.raises(BusyError):
            next(fetching)

        assert session.raw("u7") == content(7)
        assert not session.stream.broken


def test_deletions_are_carried_out_after_a_run_that_was_left_half_way() -> None:
    with scripted(maildrop()) as running, opened(running.port) as session:
        for uidl, _ in session.raws(NAMES):
            session.delete(uidl)
            break
        session.finish()

    assert [line for line in running.received if line][-2:] == [b"DELE 1", b"QUIT"]


def test_a_run_that_was_left_half_way_ends_without_reading_the_rest() -> None:
    with scripted(maildrop()) as running, opened(running.port) as session:
        fetching = session.raws(NAMES)
        next(fetching)
        session.finish()

    assert b"QUIT" not in running.received


def test_messages_are_asked_for_ahead_and_no_more_than_the_window() -> None:
    asked: list[int] = []

    def counted(client: Client, line: str) -> bytes:
        asked.append(int(line.split()[1]))
        return retr(client, line)

    with scripted(maildrop(retr=counted)) as running, opened(running.port) as session:
        fetching = session.raws(NAMES)
        next(fetching)
        taken = 1 + put_by(session)
        session.noop()
        assert len(asked) == min(taken + 32, COUNT)
        assert len(list(fetching)) == COUNT - 1

    assert asked == list(range(1, COUNT + 1))


def test_without_pipelining_nothing_is_asked_for_before_it_is_wanted() -> None:
    asked: list[str] = []

    def counted(client: Client, line: str) -> bytes:
        asked.append(line)
        return retr(client, line)

    with scripted(maildrop(pipelining=False, retr=counted)) as running, opened(running.port) as session:
        next(session.raws(NAMES))
        session.noop()

    assert asked == ["RETR 1"]


def test_large_messages_are_not_asked_for_ahead() -> None:
    asked: list[str] = []

    def counted(client: Client, line: str) -> bytes:
        asked.append(line)
        return retr(client, line)

    with scripted(maildrop(retr=counted, size=WINDOW_SIZE // 2)) as running, opened(running.port) as session:
        fetching = session.raws(NAMES)
        next(fetching)
        taken = 1 + put_by(session)
        session.noop()

    assert len(asked) == taken + 2


@pytest.mark.parametrize("after", [0, 1, 31, 32, 49])
def test_a_connection_that_ends_in_a_run_gives_what_came_whole(after: int) -> None:
    def cut(client: Client, line: str) -> bytes:
        if int(line.split()[1]) == after + 1:
            client.send(retr(client, line)[:-4])
            return b""
        return retr(client, line)

    got: list[bytes] = []
    with scripted(maildrop(retr=cut)) as running, opened(running.port) as session, pytest.raises(ServiceError):
        for _, raw in session.raws(NAMES):
            got.append(raw)

    assert got == [content(number) for number in range(1, after + 1)]
    assert session.stream.broken


def test_the_whole_run_is_refused_before_anything_is_fetched_if_a_name_is_unknown() -> None:
    with scripted(maildrop()) as running, opened(running.port) as session, pytest.raises(MessageNotFoundError):
        session.raws(["u1", "gone"])

    assert not [line for line in running.received if line.startswith(b"RETR")]


def test_a_message_refused_for_good_says_so() -> None:
    def gone(client: Client, line: str) -> bytes:
        return b"-ERR gone\r\n"

    with scripted(maildrop(retr=gone)) as running, opened(running.port) as session:
        with pytest.raises(CommandError, match="refused RETR: gone"):
            session.raw("u1")
        assert session.top("u1").subject == "1"
