"""A process that sends later, and is killed: an app of its own, alone or as a worker of Celery.

``python -m tests.later.victim DELAY SUBJECT…`` queues messages, whose subjects are their keys, and waits for their end.
A file ``STEP`` in the folder ``VICTIM_FOLDER`` kills the process that comes to this step: once, or each if it says so.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import task_prerun
from flask import Flask

from flask_mailbox import Mailbox
from flask_mailbox.services.later import schedule
from flask_mailbox.signals import message_sending, message_sent

from .apps import letter, scripted_settings

FOLDER = Path(os.environ["VICTIM_FOLDER"])
EACH = "each"

schedule.WAITS = (0.1, 0.1)

app = Flask("victim")
app.config.update(
    scripted_settings(
        int(os.environ["VICTIM_PORT"]),
        MAILBOX_STORE=os.environ["VICTIM_STORE"],
        MAILBOX_QUEUE=os.environ["VICTIM_QUEUE"],
    )
)
mailbox = Mailbox(app)
celery = app.extensions["celery"] = Celery("victim", broker=os.environ.get("VICTIM_BROKER"))


def die_at(step: str) -> None:
    """Kill this process if a test wants that."""
    try:
        if (FOLDER / step).read_text() != EACH:
            (FOLDER / step).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


@task_prerun.connect(weak=False)
def before_claim(task: Any = None, **_: Any) -> None:
    if task.name == "flask_mailbox.send":
        die_at("before claim")


@message_sending.connect
def after_claim(sender: Flask, **_: Any) -> None:
    die_at("after claim")


@message_sent.connect
def after_answer(sender: Flask, **_: Any) -> None:
    die_at("before the status is noted")


if __name__ == "__main__":
    with app.app_context():
        tickets = [
            mailbox.send_later(letter(subject), key=subject, delay=float(sys.argv[1])) for subject in sys.argv[2:]
        ]
        sys.stdout.write("queued\n")
        sys.stdout.flush()
        for ticket in tickets:
            ticket.wait(20)
