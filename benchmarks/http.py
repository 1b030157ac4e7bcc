"""What the JSON API adds to the library: CPU for a page, and memory and time to the first byte for a large attachment.

Needs Dovecot. Run it with ``python -m benchmarks.http``; no network server is between the client and the app, so the
figures are the app's own.
"""

from __future__ import annotations

import argparse
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
from .parsing import Row


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
    """Return the CPU seconds of a page by the library and through the API."""
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

        costs = _interleaved({"through the API": api, "the library alone": library}, rounds)
        with app.app_context():
            mailbox.state.pool.close()
    task = f"CPU, 50 newest of {large:,}"
    return [Row(task, name, seconds, seconds / costs["through the API"]) for name, seconds in costs.items()]


def _interleaved(works: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            gc.collect()
            began = time.thread_time()
            work()
            times[name].append(time.thread_time() - began)
    return {name: statistics.median(found) for name, found in times.items()}


def download(port: int, user: str, password: str) -> dict[str, float]:
    """Fetch the attachment by the library, then through the API; return seconds to first bytes, and megabytes."""
    app, mailbox = app_of(imap.Mailbox(port, user, password))
    url = inbox_url(app)
    client = app.test_client()
    rows: Any = client.get(f"{url}/messages").json
    began = time.perf_counter()
    with app.app_context(), mailbox.imap() as session:
        part = session.folder("INBOX").open_part(int(rows["messages"][0]["id"].split("-")[1]), "2")
        part.read(1)
        library = time.perf_counter() - began
        while part.read(1024 * 1024):
            pass
    began = time.perf_counter()
    response = client.get(f"{url}/messages/{rows['messages'][0]['id']}/parts/2")
    pieces = iter(response.response)
    size = len(next(pieces))
    api = time.perf_counter() - began
    size += sum(map(len, pieces))
    response.close()
    return {"library": library, "api": api, "megabytes": resident(), "bytes": size}


def main() -> None:
    """Print both measurements; or, as a child, download once."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=60)
    arguments.add_argument("--attachment", type=int, default=100, help="megabytes")
    arguments.add_argument("--child", nargs=3, metavar=("PORT", "USER", "PASSWORD"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.child:
        print(json.dumps(download(int(given.child[0]), *given.child[1:])))
        return
    for row in measure(given.rounds):
        print(f"{row.task:<28} {row.parser:<20} {row.seconds * 1000:8.2f} ms")
    with temporary_place() as place, running_dovecot(place) as server:
        box = imap.filled(server, [imap.with_attachment(given.attachment)])
        child = [sys.executable, "-m", "benchmarks.http", "--child", str(box.port), box.user, box.password]
        found = json.loads(subprocess.run(child, check=True, capture_output=True).stdout)
    print(
        f"{found['bytes'] / 1e6:.0f} MB through the API: process peak {found['megabytes']:.0f} MB, first byte after "
        f"{found['api'] * 1000:.0f} ms (the library's after {found['library'] * 1000:.0f} ms)"
    )


if __name__ == "__main__":
    main()
