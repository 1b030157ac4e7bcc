"""How fast messages are fetched over POP3 from Dovecot, beside poplib, mpop, fetchmail and a socket read by nobody.

Interleaved rounds; the median of each; only the ratios mean something on another machine. Needs Dovecot.
Run it with ``python -m benchmarks.pop3``.
"""

from __future__ import annotations

import argparse
import gc
import os
import poplib
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from flask_mailbox.config import load_account
from flask_mailbox.pop3 import POP3Session
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.place import temporary_place

from .delay import delayed
from .mixed_messages import mixed_messages
from .parsing import Row

SMALL = b"From: a@example.org\r\nSubject: small\r\nMessage-ID: <%d@x>\r\n\r\n" + b"a line of text\r\n" * 20
Fetch = Callable[[int, str, str], int]


def ours(port: int, user: str, password: str) -> int:
    """Fetch all with flask-mailbox; return how many bytes came."""
    account = load_account({"address": user, "password": password, "pop3": f"pop3://localhost:{port}"})
    session = POP3Session.open(account)
    total = sum(len(raw) for _, raw in session.raws([entry.uidl for entry in session.entries()]))
    session.finish()
    return total


def with_poplib(port: int, user: str, password: str) -> int:
    """Fetch all with poplib, one after the other."""
    client = poplib.POP3("localhost", port)
    client.user(user)
    client.pass_(password)
    total = 0
    for line in client.uidl()[1]:
        lines = client.retr(int(line.split()[0]))[1]
        total += len(b"\r\n".join(lines)) + 2
    client.quit()
    return total


def raw_socket(port: int, user: str, password: str) -> int:
    """Fetch the same bytes with everything asked at once and nothing read into."""
    with socket.create_connection(("localhost", port)) as sock:
        file = sock.makefile("rb")
        file.readline()
        for command in (f"USER {user}", f"PASS {password}", "STAT"):
            sock.sendall(command.encode() + b"\r\n")
            answer = file.readline()
        count = int(answer.split()[1])
        total = 0
        for first in range(1, count + 1, 32):
            last = min(first + 31, count)
            sock.sendall(b"".join(b"RETR %d\r\n" % number for number in range(first, last + 1)))
            for _ in range(first, last + 1):
                size = int(file.readline().split()[1])
                total += len(file.read(size))
                while file.readline() != b".\r\n":
                    continue
        sock.sendall(b"QUIT\r\n")
    return total


def with_mpop(port: int, user: str, password: str) -> int:
    """Fetch all with mpop, a program in C, into one file."""
    with TemporaryDirectory(dir="/dev/shm") as folder:
        command = ["mpop", "--quiet", "--host=localhost", f"--port={port}", f"--user={user}", "--tls=off"]
        command += [f"--passwordeval=echo {password}", "--auth=user", "--keep=on"]
        command += [f"--delivery=mbox,{folder}/mbox", f"--uidls-file={folder}/uidls"]
        subprocess.run(command, check=True, capture_output=True)
        return (Path(folder) / "mbox").stat().st_size


def with_fetchmail(port: int, user: str, password: str) -> int:
    """Fetch all with fetchmail, a program in C, into one file."""
    with TemporaryDirectory(dir="/dev/shm") as folder:
        settings = Path(folder) / "fetchmailrc"
        settings.write_text(
            f"set no syslog\npoll localhost protocol POP3 service {port} auth password timeout 60\n"
            f'  user "{user}" password "{password}" keep fetchall sslproto "" bsmtp "{folder}/bsmtp"\n'
        )
        settings.chmod(0o600)
        command = ["fetchmail", "--silent", "--nodetach", "-f", str(settings), "-i", f"{folder}/ids"]
        environment = os.environ | {"FETCHMAILHOME": folder}
        subprocess.run([*command, "--pidfile", f"{folder}/pid"], check=True, capture_output=True, env=environment)
        return (Path(folder) / "bsmtp").stat().st_size


FETCHES: dict[str, Fetch] = {
    "flask-mailbox": ours,
    "poplib": with_poplib,
    "mpop": with_mpop,
    "fetchmail": with_fetchmail,
    "raw socket": raw_socket,
}
PROGRAMS = {"mpop", "fetchmail"}
"""Left out where they are not installed."""


def measure(rounds: int = 5, mixed: int = 1000) -> list[Row]:
    """Return a row for each workload and client: its median seconds, and how many times as fast ours is."""
    with temporary_place() as place, running_dovecot(place) as server:
        workloads = {
            "1,000 small": _filled(server, [SMALL % number for number in range(1000)]),
            f"{mixed:,} mixed": _filled(server, mixed_messages(mixed)),
            "100 small, 20 ms": _filled(server, [SMALL % number for number in range(100)]),
        }
        rows: list[Row] = []
        for task, user in workloads.items():
            with delayed(server.pop3, 0.020 if "ms" in task else 0.0) as slow:
                port = slow if "ms" in task else server.pop3
                rows += _measured(task, port, user, server.people.passwords[user], rounds)
        return rows


def _filled(server: Dovecot, messages: list[bytes]) -> str:
    user, _ = server.new_user()
    for message in messages:
        server.deliver(message, user)
    return user


def _measured(task: str, port: int, user: str, password: str, rounds: int) -> list[Row]:
    fetches = {name: fetch for name, fetch in FETCHES.items() if name not in PROGRAMS or shutil.which(name)}
    times: dict[str, list[float]] = {name: [] for name in fetches}
    for _ in range(rounds):
        for name, fetch in fetches.items():
            gc.collect()
            began = time.perf_counter()
            fetch(port, user, password)
            times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(found) for name, found in times.items()}
    return [Row(task, name, median, median / medians["flask-mailbox"]) for name, median in medians.items()]


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--mixed", type=int, default=1000)
    given = arguments.parse_args()
    for row in measure(given.rounds, given.mixed):
        print(f"{row.task:<18} {row.parser:<14} {row.seconds * 1000:9.1f} ms   ours is {row.ratio:5.2f} x as fast")


if __name__ == "__main__":
    main()
