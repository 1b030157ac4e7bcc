"""How fast messages are sent, beside Flask-Mail, flask-mailman, redmail, aiosmtplib and Postfix's own source.

The workloads: small texts and texts with 1 MB attached into Postfix's ``smtp-sink``; small texts through a Postfix that
asks for STARTTLS and AUTH, on loopback, over a round trip of 20 ms, and from eight threads over the same. ``send`` is
one call a message, as a web app does it; ``connect`` and ``held`` keep a connection. Interleaved rounds; the median of
each; only the ratios mean something on another machine. Needs Postfix and Dovecot; peers that are not installed are
left out. Run it with ``python -m benchmarks.sending``, with ``--full`` for the full numbers of messages.
"""

from __future__ import annotations

import argparse
import gc
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.servers.dovecot import running_dovecot
from tests.servers.place import temporary_place
from tests.servers.postfix import running_postfix

from .delay import delayed
from .parsing import Row
from .senders import SENDERS, Target, Work, program

OURS = "flask-mailbox send"
DATA = bytes(range(256)) * 4096
ROUND_TRIP = 0.020


@contextmanager
def sink() -> Iterator[Target]:
    """Run Postfix's sink, which takes everything and keeps nothing."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [program("smtp-sink"), "-u", "nobody", f"inet:127.0.0.1:{port}", "1000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield Target(port)
        finally:
            process.terminate()


@contextmanager
def submission() -> Iterator[Target]:
    """Run a Postfix that takes mail from its users by STARTTLS and AUTH, queues it, and throws it away."""
    with (
        temporary_place() as place,
        running_dovecot(place) as dovecot,
        running_postfix(place, dovecot, "mail.test", other_domain="other.test") as postfix,
    ):
        etc = str(postfix.folder / "etc")
        subprocess.run([program("postconf"), "-c", etc, "-e", "virtual_transport=discard:"], check=True)
        subprocess.run([program("postfix"), "-c", etc, "reload"], check=True, capture_output=True)
        user, password = postfix.new_user()
        yield Target(postfix.submission, user, user, user, password, postfix.ca_file)


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("smtp-sink did not start.")


def measure(rounds: int = 3, *, full: bool = False, only: str = "") -> list[Row]:
    """Return a row for each workload and sender: its median seconds, and how many times as fast our ``send`` is.

    :param full: 2,000 texts and 200 with 1 MB a round, not a tenth of them.
    :param only: Leave out the workloads whose names do not contain this.
    """
    texts, files = (2000, 200) if full else (400, 20)
    near = [(f"{texts:,} texts", Work(texts)), (f"{files} x 1 MB", Work(files, DATA))]
    rows: list[Row] = []
    with sink() as to:
        for task, work in near:
            rows += _measured(task, to, work, rounds) if only in task else []
    with submission() as to:
        task = "200 texts, TLS, AUTH"
        rows += _measured(task, to, Work(200), rounds) if only in task else []
        with delayed(to.port, ROUND_TRIP) as port:
            far = replace(to, port=port)
            for task, work in (
                ("40 texts, TLS, AUTH, 20 ms", Work(40)),
                ("8 threads x 25, 20 ms", Work(200, threads=8)),
            ):
                rows += _measured(task, far, work, rounds) if only in task else []
    return rows


def _measured(task: str, to: Target, work: Work, rounds: int) -> list[Row]:
    times: dict[str, list[float]] = {name: [] for name in SENDERS}
    for _ in range(rounds):
        for name, send in SENDERS.items():
            gc.collect()
            began = time.perf_counter()
            try:
                send(to, work)
            except ImportError:
                continue
            times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(found) for name, found in times.items() if found}
    return [Row(task, name, median, median / medians[OURS]) for name, median in medians.items()]


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--full", action="store_true", help="2,000 texts and 200 with 1 MB a round")
    arguments.add_argument("--only", default="", help="workloads whose names contain this")
    given = arguments.parse_args()
    for row in measure(given.rounds, full=given.full, only=given.only):
        print(f"{row.task:<28} {row.parser:<24} {row.seconds * 1000:9.1f} ms   ours is {row.ratio:5.2f} x as fast")


if __name__ == "__main__":
    main()
