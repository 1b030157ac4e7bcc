"""What the JSON API adds to the library: CPU for a page, and memory and time to the first byte for a large attachment.

Needs Dovecot. Run it with ``python -m benchmarks.http``; no network server is between the client and the app, so the
figures are the app's own.
"""

from __future__ import annotations

import argparse
import functools
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from flask import Flask

from flask_mailbox import ANYONE, Mailbox
from tests.servers.dovecot import running_dovecot
from tests.servers.place import temporary_place

from . import imap
from .alone import resident
from .parsing import Peak, Row

API, LIBRARY = "through the API", "the library alone"
ATTACHMENT = 100
"""Megabytes."""


def app_of(box: imap.Mailbox) -> tuple[Flask, Mailbox]:
    """Return an app that publishes the mailbox."""
    app = Flask("benchmark")
    app.config.update(
        MAILBOX_ADDRESS=box.user,
        MAILBOX_PASSWORD=box.password,
        MAILBOX_IMAP=f"imap://localhost:{box.port}",
        MAILBOX_MAX_MESSAGE_SIZE=2**31,
    )
    mailbox = Mailbox(app)
    app.register_blueprint(mailbox.imap_blueprint(authorize=ANYONE), url_prefix="/api")
    return app, mailbox


def inbox_url(app: Flask) -> str:
    """Return where the inbox is published."""
    folders: Any = app.test_client().get("/api/folders").json
    return next(f"/api/folders/{each['id']}" for each in folders if each["path"] == "INBOX")


def measure(rounds: int = 60, large: int = 100_000) -> list[Row]:
    """Return the CPU seconds of a page by the library and through the API, and those to the first byte of a file."""
    with temporary_place() as place, running_dovecot(place) as server:
        box = imap.filled(server, (imap.SMALL % (number, number, number) for number in range(large)))
        app, mailbox = app_of(box)
        url = f"{inbox_url(app)}/messages?limit=50"
        client = app.test_client()

        def library() -> None:
            with app.app_context(), mailbox.imap() as session:
                assert len(session.folder("INBOX").page(limit=50)) == 50

        def api() -> None:
            assert client.get(url).status_code == 200

        costs = _interleaved({API: api, LIBRARY: library}, rounds, time.thread_time)
        with app.app_context():
            mailbox.state.pool.close()
    task = f"CPU, 50 newest of {large:,}"
    whole, alone = costs[API], costs[LIBRARY]
    rows = [Row(task, name, seconds, seconds / whole) for name, seconds in costs.items()]
    rows.append(Row(task, "flask-mailbox's API adds (3 ms at most)", whole - alone, 1.0))
    return rows + _first_bytes()


def measure_memory() -> list[Peak]:
    """Return the memory of a process that sends a large attachment to a client."""
    found = downloaded(ATTACHMENT)
    return [Peak(f"download of {ATTACHMENT} MB", API, found["peak"], found["before"])]


def _first_bytes() -> list[Row]:
    found = downloaded(ATTACHMENT)
    task = f"first byte of {ATTACHMENT} MB"
    return [Row(task, name, found[name], found[name] / found[API]) for name in (API, LIBRARY)]


@functools.cache
def downloaded(megabytes: int) -> dict[str, float]:
    """Return what ``download`` measured in a process of its own, from a mailbox with one large attachment."""
    with temporary_place() as place, running_dovecot(place) as server:
        box = imap.filled(server, [imap.with_attachment(megabytes)])
        child = [sys.executable, "-m", "benchmarks.http", "--child", str(box.port), box.user, box.password]
        found: dict[str, float] = json.loads(subprocess.run(child, check=True, capture_output=True).stdout)
    return found


def _interleaved(works: dict[str, Callable[[], None]], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Return the median seconds of each work by a clock."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            gc.collect()
            began = clock()
            work()
            times[name].append(clock() - began)
    return {name: statistics.median(found) for name, found in times.items()}


def download(port: int, user: str, password: str) -> dict[str, float]:
    """Fetch the attachment through the API; return the megabytes before and at most, and seconds to first bytes."""
    app, mailbox = app_of(imap.Mailbox(port, user, password))
    url = inbox_url(app)
    client = app.test_client()
    rows: Any = client.get(f"{url}/messages").json
    identifier = rows["messages"][0]["id"]
    before = resident()

    def library() -> None:
        with app.app_context(), mailbox.imap() as session:
            session.folder("INBOX").open_part(int(identifier.split("-")[1]), "2").read(1)

    def api() -> None:
        response = client.get(f"{url}/messages/{identifier}/parts/2")
        assert next(iter(response.response))
        response.close()

    firsts = _interleaved({API: api, LIBRARY: library}, 5, time.perf_counter)
    response = client.get(f"{url}/messages/{identifier}/parts/2")
    size = sum(map(len, response.response))
    response.close()
    return {"before": before, "peak": resident(), "bytes": size, **firsts}


def main() -> None:
    """Print all measurements; or, as a child, download once."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=60)
    arguments.add_argument("--messages", type=int, default=100_000)
    arguments.add_argument("--child", nargs=3, metavar=("PORT", "USER", "PASSWORD"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.child:
        print(json.dumps(download(int(given.child[0]), *given.child[1:])))
        return
    for row in measure(given.rounds, given.messages):
        print(f"{row.task:<28} {row.parser:<40} {row.seconds * 1000:8.2f} ms")
    for peak in measure_memory():
        print(f"{peak.task:<28} {peak.client:<40} {peak.peak:5.0f} MB, {peak.before:.0f} MB before it began")


if __name__ == "__main__":
    main()
