"""How fast a client learns what changed in a large folder, beside imapclient and the raw bytes of QRESYNC.

A folder of 100,000 messages was known; since then 100 flags were set, 100 messages came and 50 went. Interleaved
rounds; the median of each. Needs Dovecot. Run it with ``python -m benchmarks.catchup``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import imapclient
from imapclient.response_parser import parse_fetch_response

from flask_mailbox.imap import IMAPSession
from tests.servers.dovecot import running_dovecot
from tests.servers.place import temporary_place

from .imap import measured
from .mailboxes import SMALL, Mailbox, RawIMAP, filled
from .parsing import Row


@dataclass(frozen=True)
class Before:
    """The folder as it was known.

    :param cursor: Ours; the numbers are what others keep.
    """

    cursor: str
    uidvalidity: int
    modseq: int


def ours_by_qresync(box: Mailbox, before: Before) -> Iterator[Callable[[], object]]:
    session = IMAPSession.open(box.account)
    yield lambda: _counts(session, before)
    session.finish()


def ours_by_condstore(box: Mailbox, before: Before) -> Iterator[Callable[[], object]]:
    session = IMAPSession.open(box.account)
    wire = session.client.wire
    wire.capabilities = tuple(each for each in wire.capabilities if each != "QRESYNC")
    yield lambda: _counts(session, before)
    session.finish()


def _counts(session: IMAPSession, before: Before) -> tuple[int, int, int]:
    changes = session.folder("INBOX").changes(before.cursor)
    counts = len(changes.new), len(changes.changed), len(changes.vanished)
    assert counts == (100, 100, 50)
    return counts


def imapclient_by_condstore(box: Mailbox, before: Before) -> Iterator[Callable[[], object]]:
    client = imapclient.IMAPClient("localhost", box.port, ssl=False)
    client.login(box.user, box.password)

    def work() -> object:
        client.select_folder("INBOX", readonly=True)
        # fetch() takes no ranges, and a hundred thousand uids make a line that servers refuse
        _, data = client._imap.uid("FETCH", "1:*", "(FLAGS)", f"(CHANGEDSINCE {before.modseq})")
        return parse_fetch_response(data), set(client.search("ALL"))

    yield work
    client.logout()


def raw_qresync(box: Mailbox, before: Before) -> Iterator[Callable[[], object]]:
    with closing(RawIMAP(box)) as raw:
        raw.ask(b"1 ENABLE QRESYNC\r\n", b"1 OK")
        command = b"2 EXAMINE INBOX (QRESYNC (%d %d))\r\n" % (before.uidvalidity, before.modseq)
        yield lambda: raw.ask(command, b"\r\n2 OK")


def known(box: Mailbox) -> Before:
    """Look at the folder, then change it."""
    session = IMAPSession.open(box.account)
    cursor = session.folder("INBOX").cursor()
    changes = session.folder("INBOX").changes(cursor)
    session.finish()
    with closing(RawIMAP(box)) as raw:
        raw.ask(b"1 SELECT INBOX\r\n", b"\r\n1 OK")
        raw.ask(b"2 UID STORE 1000:1099 +FLAGS.SILENT (\\Flagged)\r\n", b"2 OK")
        raw.ask(b"3 UID STORE 5000:5049 +FLAGS.SILENT (\\Deleted)\r\n", b"3 OK")
        raw.ask(b"4 EXPUNGE\r\n", b"4 OK")
        message = SMALL % (1, 1, 1)
        for _ in range(100):
            raw.ask(b"9 APPEND INBOX {%d+}\r\n%b\r\n" % (len(message), message), b"9 OK")
    return Before(cursor, changes.known.uidvalidity, changes.known.modseq)


def measure(rounds: int = 9, large: int = 100_000) -> list[Row]:
    """Return a row for each client: its median seconds, and how many times as fast ours is."""
    with temporary_place() as place, running_dovecot(place) as server:
        box = filled(server, (SMALL % (number, number, number) for number in range(large)))
        before = known(box)
        with_qresync = {
            "flask-mailbox": ours_by_qresync,
            "raw QRESYNC": raw_qresync,
            "imapclient, CONDSTORE": imapclient_by_condstore,
        }
        with_condstore = {"flask-mailbox": ours_by_condstore, "imapclient, CONDSTORE": imapclient_by_condstore}
        rows = measured(f"changes in {large:,}", with_qresync, box, before, rounds)
        return rows + measured("the same without QRESYNC", with_condstore, box, before, rounds)


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--large", type=int, default=100_000)
    given = arguments.parse_args()
    for row in measure(given.rounds, given.large):
        print(f"{row.task:<28} {row.parser:<24} {row.seconds * 1000:9.1f} ms   ours is {row.ratio:5.2f} x as fast")


if __name__ == "__main__":
    main()
