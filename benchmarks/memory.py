"""How much memory reading takes, each client in a process of its own: its peak, and what it has before it begins.

The figures are resident megabytes as Linux counts them (``VmHWM``). Needs Dovecot. Run it with
``python -m benchmarks.memory``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from tests.servers.dovecot import running_dovecot
from tests.servers.place import temporary_place

from .alone import TASKS
from .mailboxes import Mailbox, filled, with_attachment
from .mixed_messages import mixed_messages
from .parsing import Peak


def measure(mixed: int = 1000, attachment: int = 100) -> list[Peak]:
    """Return the largest size of each client's process.

    :param attachment: Megabytes.
    """
    with temporary_place() as place, running_dovecot(place) as server:
        boxes = {
            "objects": (f"{mixed:,} mixed to objects", filled(server, mixed_messages(mixed)), mixed),
            "attachment": (f"{attachment} MB to a file", filled(server, [with_attachment(attachment)]), 1),
        }
        return [
            Peak(name, client, *in_a_child(task, client, box, total))
            for task, (name, box, total) in boxes.items()
            for client in TASKS[task]
        ]


def in_a_child(task: str, client: str, box: Mailbox, total: int) -> tuple[float, float]:
    """Return the megabytes of a process after and before the work of one client."""
    work = [task, client, str(box.port), box.user, box.password, str(total)]
    done = subprocess.run([sys.executable, "-m", "benchmarks.alone", *work], check=True, capture_output=True)
    peak, before = json.loads(done.stdout)
    return peak, before


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--mixed", type=int, default=1000)
    arguments.add_argument("--attachment", type=int, default=100)
    given = arguments.parse_args()
    for row in measure(given.mixed, given.attachment):
        print(f"{row.task:<24} {row.client:<24} peak {row.peak:7.1f} MB, of it {row.before:5.1f} MB before it began")


if __name__ == "__main__":
    main()
