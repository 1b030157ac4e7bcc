"""One client's work in a process that imports little else: prints its largest size after and before, in megabytes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .mailboxes import Mailbox
from .readers import FILES, OBJECTS, Client, here

TASKS: dict[str, dict[str, Client]] = {"objects": here(OBJECTS), "attachment": here(FILES)}


def resident() -> float:
    """Return the largest size that this process ever had, in megabytes."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main(task: str, client: str, port: str, user: str, password: str, total: str) -> None:
    """Do the work once."""
    opened = TASKS[task][client](Mailbox(int(port), user, password), int(total))
    work = next(opened)
    before = resident()
    work()
    print(json.dumps([resident(), before]))


if __name__ == "__main__":
    main(*sys.argv[1:])
