"""Small Flask apps for the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask

from flask_mailbox import Mailbox


def mailbox_app(config: Mapping[str, Any]) -> tuple[Flask, Mailbox]:
    """Return an app with a mailbox; impatient, so that failures end soon."""
    host = Flask("host")
    host.config.update(MAILBOX_CONNECT_TIMEOUT=2, MAILBOX_READ_TIMEOUT=2, MAILBOX_OPERATION_TIMEOUT=4)
    host.config.update(config)
    return host, Mailbox(host)


@contextmanager
def mailbox_of(config: Mapping[str, Any]) -> Iterator[Mailbox]:
    """Give the mailbox of an app in an app context, and end its sessions afterwards."""
    host, mailbox = mailbox_app(config)
    with host.app_context():
        yield mailbox
        mailbox.state.pool.close()
