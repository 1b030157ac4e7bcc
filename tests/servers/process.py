"""Starting a server in the foreground, waiting for its ports, stopping it by its process id."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .ports import is_open

START_SECONDS = 15.0
STOP_SECONDS = 10.0


def wait_for(predicate: Callable[[], object], seconds: float = 10.0, *, interval: float = 0.02) -> bool:
    """Ask until the answer is true, at most for so many seconds; return the last answer's truth."""
    end = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > end:
            return False
        time.sleep(interval)
    return True


@contextmanager
def running(
    command: Sequence[str],
    *,
    ports: Sequence[int],
    output: Path,
    log: Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run a server for the length of a ``with`` block, from the moment all its ports answer.

    :param output: Where its standard output and error go.
    :param log: Its own log, quoted with the output if it does not start.
    """
    with output.open("wb") as sink:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            cwd=cwd,
            env=environment,
        )
    guard = start_guard(process.pid)
    try:
        ready = wait_for(lambda: process.poll() is not None or all(map(is_open, ports)), START_SECONDS)
        if process.poll() is not None or not ready:
            said = f"{last_lines(output)}\n{last_lines(log)}"
            raise RuntimeError(f"{command[0]} did not start within {START_SECONDS:.0f} s:\n{said}")
        yield
    finally:
        stop(process, guard)


def start_guard(group: int) -> subprocess.Popen[bytes]:
    """Start what ends a process group as soon as its own standard input ends: when we say so, or when we are killed."""
    script = 'read -r _; kill -s TERM -- "-$1" 2>/dev/null'
    return subprocess.Popen(
        ["/bin/sh", "-c", script, "guard", str(group)], stdin=subprocess.PIPE, start_new_session=True
    )


def stop(process: subprocess.Popen[bytes], guard: subprocess.Popen[bytes]) -> None:
    """End a server politely, then whatever is left of its process group, which holds its children and nobody else."""
    guard.communicate(timeout=STOP_SECONDS)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait(STOP_SECONDS)


def last_lines(file: Path, count: int = 60) -> str:
    """Return the end of a log, or nothing if there is none."""
    if not file.exists():
        return ""
    return "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
