"""How fast messages are sent, beside Flask-Mail, flask-mailman and Postfix's own source, into Postfix's sink.

The workloads: small texts, texts with 1 MB attached, and small texts over a round trip of 20 ms. ``send`` is one call
a message, as a web app does it; ``connect`` holds a connection. Interleaved rounds; the median of each; only the
ratios mean something on another machine. Needs Postfix's ``smtp-sink``. Run it with ``python -m benchmarks.sending``.
"""

from __future__ import annotations

import argparse
import gc
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import Any

import flask_mail
from flask import Flask

from flask_mailbox import Mailbox, Message

from .delay import delayed
from .parsing import Row

ANN, BOB = "ann@example.com", "bob@example.org"
TEXT = "Hello Bob,\n\nthis is a short message of a few lines.\n\nAnn\n" * 3
DATA = bytes(range(256)) * 4096

Send = Callable[[int, int, bytes], None]


def ours_send(port: int, count: int, data: bytes) -> None:
    """One call a message; the pool keeps the connection."""
    host = Flask("benchmark")
    host.config.update(MAILBOX_SMTP=f"smtp://127.0.0.1:{port}", MAILBOX_SENDER=ANN)
    mailbox = Mailbox(host)
    for _ in range(count):
        with host.app_context():
            message = Message("Hello", recipients=[BOB], body=TEXT)
            if data:
                message.attach("data.bin", "application/octet-stream", data)
            mailbox.send(message).raise_for_refused()
    with host.app_context():
        mailbox.state.pool.close()


def flask_mail_send(port: int, count: int, data: bytes) -> None:
    """Flask-Mail, one call a message."""
    host, mail = _flask_mail(port)
    with host.app_context():
        for _ in range(count):
            mail.send(_theirs(data))


def flask_mail_connect(port: int, count: int, data: bytes) -> None:
    """Flask-Mail, one connection held."""
    host, mail = _flask_mail(port)
    with host.app_context(), mail.connect() as connection:
        for _ in range(count):
            connection.send(_theirs(data))


def flask_mailman_connection(port: int, count: int, data: bytes) -> None:
    """flask-mailman, one connection held."""
    module: Any = import_module("flask_mailman")
    host = Flask("benchmark")
    host.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port, MAIL_USE_TLS=False, MAIL_BACKEND="smtp")
    mail = module.Mail(host)
    with host.app_context(), mail.get_connection() as connection:
        for _ in range(count):
            message = module.EmailMessage("Hello", TEXT, ANN, [BOB], connection=connection)
            if data:
                message.attach("data.bin", data, "application/octet-stream")
            message.send()


def smtp_source(port: int, count: int, data: bytes) -> None:
    """Postfix's own source, one session of one message each, then another."""
    size = str(len(data) * 4 // 3 or len(TEXT))
    command = [_program("smtp-source"), "-d", "-s", "1", "-l", size, "-m", str(count), f"inet:127.0.0.1:{port}"]
    subprocess.run(command, check=True, capture_output=True)


def _flask_mail(port: int) -> tuple[Flask, flask_mail.Mail]:
    host = Flask("benchmark")
    host.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port, MAIL_DEFAULT_SENDER=ANN)
    return host, flask_mail.Mail(host)


def _theirs(data: bytes) -> flask_mail.Message:
    message = flask_mail.Message("Hello", recipients=[BOB], body=TEXT)
    if data:
        message.attach("data.bin", "application/octet-stream", data)
    return message


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing. On Debian: apt install postfix")
    return found


@contextmanager
def sink() -> Iterator[int]:
    """Run Postfix's sink and give its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [_program("smtp-sink"), "-u", "nobody", f"inet:127.0.0.1:{port}", "1000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("smtp-sink did not start.")


SENDERS: dict[str, Send] = {
    "flask-mailbox send": ours_send,
    "Flask-Mail send": flask_mail_send,
    "Flask-Mail connect": flask_mail_connect,
    "flask-mailman held": flask_mailman_connection,
    "smtp-source": smtp_source,
}


def measure(rounds: int = 5, texts: int = 500, files: int = 20, far: int = 20) -> list[Row]:
    """Return a row for each workload and sender: its median seconds, and how many times as fast ours is.

    :param texts: Small messages a round.
    :param files: Messages with 1 MB attached a round.
    :param far: Small messages over a round trip of 20 ms a round.
    """
    rows: list[Row] = []
    with sink() as near:
        for task, count, data, slow in (
            (f"{texts} texts", texts, b"", False),
            (f"{files} x 1 MB", files, DATA, False),
            (f"{far} texts, 20 ms", far, b"", True),
        ):
            with delayed(near, 0.020) if slow else nullcontext(near) as port:
                rows += _measured(task, port, count, data, rounds)
    return rows


def _measured(task: str, port: int, count: int, data: bytes, rounds: int) -> list[Row]:
    times: dict[str, list[float]] = {name: [] for name in SENDERS}
    for _ in range(rounds):
        for name, send in SENDERS.items():
            gc.collect()
            began = time.perf_counter()
            try:
                send(port, count, data)
            except ImportError:
                continue
            times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(found) for name, found in times.items() if found}
    return [Row(task, name, median, median / medians["flask-mailbox send"]) for name, median in medians.items()]


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--texts", type=int, default=500)
    given = arguments.parse_args()
    for row in measure(given.rounds, given.texts):
        print(f"{row.task:<18} {row.parser:<20} {row.seconds * 1000:9.1f} ms   ours is {row.ratio:5.2f} x as fast")


if __name__ == "__main__":
    main()
