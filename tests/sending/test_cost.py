"""What a message costs, in calls: they are the same on every machine, however busy it is."""

from __future__ import annotations

import sys
from types import FrameType

from flask_mailbox import Message

from ..scripted import scripted
from ..smtp.scripts import PIPELINING, smtp_script
from .apps import sender_to

MESSAGES = 20
MOST_CALLS = 450
"""Of Python functions and built-in ones for one message; about 390 are needed, and 550 once were."""


def test_a_small_text_over_a_kept_connection_costs_few_calls() -> None:
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    with scripted(smtp_script(offers=PIPELINING)) as running, sender_to(running.port) as mailbox:
        mailbox.send(Message("x", recipients=["bob@demo.test"], body="x"))
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            for _ in range(MESSAGES):
                mailbox.send(Message("x", recipients=["bob@demo.test"], body="x"))
        finally:
            sys.setprofile(before)

    assert running.connections == 1
    assert calls / MESSAGES < MOST_CALLS
