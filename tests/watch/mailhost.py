"""Runs the embedded server in a process of its own: ``python -m tests.watch.mailhost COUNT`` makes so many users.

It says where it is in a line of JSON, then answers each line: an address gets a message, and its uid is told; an empty
line asks how many IMAP connections are open.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flask_mailbox.devserver import MailServer

PASSWORD = "secret"
ROOT = Path(__file__).parents[2]


class MailHost:
    """The other side of such a process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin: IO[str] = process.stdin
        self._stdout: IO[str] = process.stdout
        place = json.loads(self._stdout.readline())
        self.imap: int = place["imap"]
        self.imaps: int = place["imaps"]
        self.ca_file = Path(place["ca_file"])

    def deliver(self, address: str) -> int:
        """Let a message arrive and return its uid."""
        return self._ask(address)

    @property
    def connections(self) -> int:
        """How many IMAP connections are open."""
        return self._ask("")

    def end(self) -> None:
        """Let the process end."""
        self._stdin.close()

    def _ask(self, line: str) -> int:
        self._stdin.write(f"{line}\n")
        self._stdin.flush()
        return int(self._stdout.readline())


def address_of(number: int) -> str:
    """Return the address of a user."""
    return f"user{number}@demo.test"


@contextmanager
def running_mailhost(count: int) -> Iterator[MailHost]:
    """Run the process with so many users for a block."""
    command = [sys.executable, "-m", "tests.watch.mailhost", str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        host = MailHost(process)
        try:
            yield host
        finally:
            host.end()
            process.wait(30)


def serve(count: int) -> None:
    """Serve until the other side closes."""
    users = {address_of(number): PASSWORD for number in range(count)}
    with MailServer(users) as server:
        place = {"imap": server.imap, "imaps": server.imaps, "ca_file": str(server.ca_file)}
        print(json.dumps(place), flush=True)  # noqa: T201 - the other side reads it
        for line in sys.stdin:
            address = line.strip()
            told = server.deliver(b"Subject: x\r\n\r\n", address) if address else server.connections["imap"][1]
            print(told, flush=True)  # noqa: T201


if __name__ == "__main__":
    serve(int(sys.argv[1]))
