"""What the tests of sending later share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flask_mailbox.devserver import MailServer
from flask_mailbox.services.later import schedule

from .apps import later_app


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts last a hundredth."""
    monkeypatch.setattr(schedule, "WAITS", tuple(wait / 100 for wait in schedule.WAITS[:2]))
    monkeypatch.setattr(schedule, "ASKED_TO_WAIT", schedule.ASKED_TO_WAIT / 100_000)


@pytest.fixture
def mailbox(mailserver: MailServer) -> Iterator[object]:
    """Ann's mailbox, whose queue is in memory."""
    with later_app(mailserver.config("ann@demo.test")) as (_, mailbox):
        yield mailbox
