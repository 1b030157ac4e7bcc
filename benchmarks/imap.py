"""How fast a mailbox is read over IMAP from Dovecot, beside its peers and a raw socket.

The workloads: the 50 newest of a large folder, the same page for a web request over a round trip of 20 ms, a set of
mixed messages to objects with every attachment decoded, and one large attachment to a file. Interleaved rounds; the
median of each; only the ratios mean something on another machine. Needs Dovecot; peers that are not installed are
left out. Run it with ``python -m benchmarks.imap``.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Sequence
from typing import Any

from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.place import temporary_place

from .delay import delayed
from .mailboxes import SMALL, Mailbox, filled, with_attachment
from .mixed_messages import mixed_messages
from .parsing import Row
from .readers import FILES, OBJECTS, PAGES, REQUESTS, Client, here

WORKLOADS = ("page", "request", "objects", "attachment")


def measure(
    rounds: int = 7, large: int = 100_000, mixed: int = 1000, attachment: int = 100, only: Sequence[str] = WORKLOADS
) -> list[Row]:
    """Return a row for each workload and client: its median seconds, and how many times as fast ours is.

    :param large: Messages of the large folder.
    :param mixed: Mixed messages to objects.
    :param attachment: Megabytes of the attachment.
    :param only: Which of ``WORKLOADS``.
    """
    with temporary_place() as place, running_dovecot(place) as server:
        rows: list[Row] = []
        if "page" in only or "request" in only:
            folder = filled(server, (SMALL % (number, number, number) for number in range(large)))
            if "page" in only:
                rows += measured(f"50 newest of {large:,}", here(PAGES), folder, large, rounds)
            if "request" in only:
                rows += measured_requests(server, folder, large, rounds)
        if "objects" in only:
            box = filled(server, mixed_messages(mixed))
            rows += measured(f"{mixed:,} mixed to objects", here(OBJECTS), box, mixed, max(3, rounds // 2))
        if "attachment" in only:
            box = filled(server, [with_attachment(attachment)])
            rows += measured(f"{attachment} MB to a file", here(FILES), box, 1, 3)
        return rows


def measured_requests(server: Dovecot, folder: Mailbox, large: int, rounds: int) -> list[Row]:
    """Let a web app read the newest page over a round trip of 20 ms."""
    with delayed(server.imap, 0.020) as slow:
        far = Mailbox(slow, folder.user, folder.password)
        return measured("the same, pooled, 20 ms", here(REQUESTS), far, large, rounds)


def measured(task: str, clients: dict[str, Client], box: Mailbox, total: Any, rounds: int) -> list[Row]:
    """Open the clients, let each work in every round, and return a row for each."""
    opened = {name: client(box, total) for name, client in clients.items()}
    works = {name: next(iterator) for name, iterator in opened.items()}
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            gc.collect()
            began = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - began)
    for iterator in opened.values():
        next(iterator, None)
    medians = {name: statistics.median(found) for name, found in times.items()}
    return [Row(task, name, median, median / medians["flask-mailbox"]) for name, median in medians.items()]


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--large", type=int, default=100_000)
    arguments.add_argument("--mixed", type=int, default=1000)
    arguments.add_argument("--attachment", type=int, default=100)
    arguments.add_argument("--only", nargs="+", choices=WORKLOADS, default=WORKLOADS)
    given = arguments.parse_args()
    for row in measure(given.rounds, given.large, given.mixed, given.attachment, given.only):
        print(f"{row.task:<28} {row.parser:<20} {row.seconds * 1000:9.1f} ms   ours is {row.ratio:5.2f} x as fast")


if __name__ == "__main__":
    main()
