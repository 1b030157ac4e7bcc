"""How much memory reading takes, each client in a process of its own: its peak, and what it has before it begins.

The figures are resident megabytes as Linux counts them (``VmHWM``). Needs Dovecot. Run it with
``python -m benchmarks.memory``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from tests.servers.dovecot import running_dovecot
from tests.servers.place import temporary_place

from . import imap
from .mixed_messages import mixed_messages

TASKS = {
    "objects": {"flask-mailbox": "ours_objects", "imap_tools": "imap_tools_objects"},
    "attachment": {
        "flask-mailbox": "ours_attachment",
        "imapclient": "imapclient_attachment",
        "imap_tools": "imap_tools_attachment",
    },
}


def main() -> None:
    """Fill the mailboxes, run every client, print the table; or, as a child, do one client's work."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--mixed", type=int, default=1000)
    arguments.add_argument("--attachment", type=int, default=100)
    arguments.add_argument("--child", nargs=4, metavar=("CLIENT", "PORT", "USER", "TOTAL"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.child:
        work_alone(*given.child)
        return
    with temporary_place() as place, running_dovecot(place) as server:
        boxes = {
            "objects": (imap.filled(server, mixed_messages(given.mixed)), given.mixed),
            "attachment": (imap.filled(server, [imap.with_attachment(given.attachment)]), 1),
        }
        for task, clients in TASKS.items():
            box, total = boxes[task]
            for name, client in clients.items():
                before, peak = in_a_child(client, box, total)
                print(f"{task:<12} {name:<16} peak {peak:7.1f} MB, of it {before:5.1f} MB before it began")


def in_a_child(client: str, box: imap.Mailbox, total: int) -> tuple[float, float]:
    """Return the megabytes of a process before and after the work of one client."""
    child = ["--child", client, str(box.port), f"{box.user} {box.password}", str(total)]
    done = subprocess.run([sys.executable, "-m", "benchmarks.memory", *child], check=True, capture_output=True)
    before, peak = json.loads(done.stdout)
    return before, peak


def work_alone(client: str, port: str, user: str, total: str) -> None:
    """Do the work once and print the memory before and after it."""
    box = imap.Mailbox(int(port), *user.split(" "))
    opened = getattr(imap, client)(box, int(total))
    work = next(opened)
    before = resident()
    work()
    print(json.dumps([before, resident()]))


def resident() -> float:
    """Return the largest size that this process ever had, in megabytes."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
