"""An app that sends to a scripted server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask_mailbox import Mailbox

from ..apps import mailbox_of


@contextmanager
def sender_to(port: int, **config: object) -> Iterator[Mailbox]:
    """Give the mailbox of an app whose SMTP server listens on a loopback port."""
    settings = {"MAILBOX_SMTP": f"smtp://127.0.0.1:{port}", "MAILBOX_SENDER": "ann@demo.test"}
    with mailbox_of({**settings, **config}) as mailbox:
        yield mailbox
