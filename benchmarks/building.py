"""How fast messages are built, beside Flask-Mail, flask-mailman, redmail and the standard library.

Interleaved rounds; the median of each; only the ratios mean something on another machine. Libraries that are not
installed are left out. Run it with ``python -m benchmarks.building``.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from importlib import import_module
from typing import Any

import flask_mail
from flask import Flask

from flask_mailbox import Message
from flask_mailbox.message import build

from .parsing import Row

Builder = Callable[[], object]

ANN, BOB = "ann@example.com", "bob@example.org"
TEXT = "Hello Bob,\n\nthis is a short message of a few lines.\n\nAnn\n" * 3
HTML = "<p>你好，<b>Bob</b>：</p><p>this is a short message with ünïcödé.</p>" * 5
DATA = random.Random(7).randbytes(1024 * 1024)


def ours(*, html: bool = False, attachment: bool = False) -> Builder:
    def run() -> object:
        message = Message("Hello 你好" if html else "Hello", recipients=[BOB], sender=ANN, body=TEXT)
        message.html = HTML if html else None
        if attachment:
            message.attach("data.bin", "application/octet-stream", DATA)
        return build(message)

    return run


def theirs(*, html: bool = False, attachment: bool = False) -> Builder:
    def run() -> object:
        message = flask_mail.Message("Hello 你好" if html else "Hello", recipients=[BOB], sender=ANN, body=TEXT)
        message.html = HTML if html else None
        if attachment:
            message.attach("data.bin", "application/octet-stream", DATA)
        return message.as_bytes()

    return run


def standard(*, html: bool = False, attachment: bool = False) -> Builder:
    def run() -> object:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = ANN, BOB, "Hello 你好" if html else "Hello"
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="example.com")
        message.set_content(TEXT)
        if html:
            message.add_alternative(HTML, subtype="html")
        if attachment:
            message.add_attachment(DATA, maintype="application", subtype="octet-stream", filename="data.bin")
        return message.as_bytes()

    return run


def mailman(module: Any) -> Callable[..., Builder]:
    def make(*, html: bool = False, attachment: bool = False) -> Builder:
        def run() -> object:
            message = module.EmailMultiAlternatives("Hello 你好" if html else "Hello", TEXT, ANN, [BOB])
            if html:
                message.attach_alternative(HTML, "text/html")
            if attachment:
                message.attach("data.bin", DATA, "application/octet-stream")
            return message.message().as_bytes()

        return run

    return make


def red(module: Any) -> Callable[..., Builder]:
    sender = module.EmailSender(host="localhost", port=0)

    def make(*, html: bool = False, attachment: bool = False) -> Builder:
        def run() -> object:
            message = sender.get_message(
                subject="Hello 你好" if html else "Hello",
                sender=ANN,
                receivers=[BOB],
                text=TEXT,
                html=HTML if html else None,
                attachments={"data.bin": DATA} if attachment else None,
            )
            return message.as_bytes()

        return run

    return make


def peers() -> dict[str, Callable[..., Builder]]:
    """Return the libraries that are there, ours first."""
    found: dict[str, Callable[..., Builder]] = {"flask-mailbox": ours, "Flask-Mail": theirs, "email": standard}
    for name, make in (("flask_mailman", mailman), ("redmail", red)):
        try:
            found[name] = make(import_module(name))
        except ImportError:
            continue
    return found


TASKS: dict[str, tuple[dict[str, bool], int]] = {
    "a small text": ({}, 200),
    "text and HTML": ({"html": True}, 100),
    "1 MB attached": ({"attachment": True}, 3),
}


def measure(rounds: int = 7) -> list[Row]:
    """Return a row for each task and library: its median seconds, and how many times as fast ours is."""
    host = Flask("benchmark")
    flask_mail.Mail(host)
    rows: list[Row] = []
    with host.app_context():
        for mailman_module in ("flask_mailman",):
            try:
                import_module(mailman_module).Mail(host)
            except ImportError:
                continue
        for task, (options, repeat) in TASKS.items():
            builders = {name: make(**options) for name, make in peers().items()}
            times = {name: [] for name in builders}  # type: dict[str, list[float]]
            for _ in range(rounds):
                for name, builder in builders.items():
                    times[name].append(_timed(builder, repeat))
            medians = {name: statistics.median(found) for name, found in times.items()}
            rows += [Row(task, name, median, median / medians["flask-mailbox"]) for name, median in medians.items()]
    return rows


def _timed(builder: Builder, repeat: int) -> float:
    gc.collect()
    began = time.perf_counter()
    for _ in range(repeat):
        builder()
    return (time.perf_counter() - began) / repeat


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7)
    for row in measure(arguments.parse_args().rounds):
        print(f"{row.task:<16} {row.parser:<16} {row.seconds * 1000:9.3f} ms   ours is {row.ratio:5.1f} x as fast")


if __name__ == "__main__":
    main()
