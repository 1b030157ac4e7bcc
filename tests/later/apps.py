"""Apps that send later, to the embedded server or to a scripted one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from flask_mailbox import Mailbox, Message

from ..apps import mailbox_app

BOB = "bob@demo.test"


def letter(subject: str = "Hello", *recipients: str, **changes: Any) -> Message:
    """Return a small message to Bob, or to whom is named."""
    return Message(subject, recipients=list(recipients or (BOB,)), body="x", **changes)


def scripted_settings(port: int, **config: Any) -> dict[str, Any]:
    """Return the settings of an app whose SMTP server listens on a loopback port."""
    return {"MAILBOX_SMTP": f"smtp://127.0.0.1:{port}", "MAILBOX_SENDER": "ann@demo.test", **config}


@contextmanager
def later_app(config: dict[str, Any], **more: Any) -> Iterator[tuple[Flask, Mailbox]]:
    """Give an app and its mailbox in an app context; at the end its threads and sessions end."""
    host, mailbox = mailbox_app({**config, **more})
    with host.app_context():
        later = mailbox.state.later
        try:
            yield host, mailbox
        finally:
            later.workers.close(5)
            if later.stored is not None:
                later.stored.store.close()  # type: ignore[attr-defined]
            mailbox.state.pool.close()
