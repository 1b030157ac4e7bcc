"""The worker that a page shows handles each message once, over POP3 and over IMAP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_mailbox import ReceivedMessage
from flask_mailbox.devserver import MailServer

from .blocks import blocks, run

ANN = "ann@demo.test"


@pytest.fixture
def worker(mailserver: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The names of the page's blocks, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    for key, value in mailserver.config(ANN).items():
        monkeypatch.setenv(f"FLASK_{key}", value if isinstance(value, str) else json.dumps(value))
    names: dict[str, Any] = {"__name__": "worker"}
    for block in blocks("docs/howto/process-new-mail.md", "python"):
        run(block, names)
    yield names
    names["app"].extensions["mailbox"].pool.close()


def deliver(server: MailServer, *subjects: str) -> None:
    for subject in subjects:
        server.deliver(f"From: bob@demo.test\r\nSubject: {subject}\r\n\r\nHi\r\n".encode(), ANN)


def test_each_message_is_handled_once(
    worker: dict[str, Any], mailserver: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(mailserver, "One", "Two")
    worker["work"]()
    deliver(mailserver, "Three")
    worker["work"]()

    assert capsys.readouterr().out.count("new:") == 3
    assert len(mailserver.messages(ANN)) == 3


def test_a_worker_that_fails_goes_on_with_the_message_it_failed_at(
    worker: dict[str, Any], mailserver: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled: list[str] = []

    def fail_once_at_two(message: ReceivedMessage) -> None:
        if message.subject == "Two" and "failed" not in handled:
            handled.append("failed")
            raise ValueError
        handled.append(message.subject)

    monkeypatch.setitem(worker, "handle", fail_once_at_two)
    deliver(mailserver, "One", "Two")
    with pytest.raises(ValueError):
        worker["work"]()
    worker["work"]()

    assert handled == ["One", "failed", "Two"]


def test_over_imap_a_cursor_goes_on_where_it_stopped(
    worker: dict[str, Any], mailserver: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with worker["app"].app_context(), worker["mailbox"].imap() as imap:
        cursor = imap.folder("INBOX").cursor()
    deliver(mailserver, "One")
    cursor = next(worker["follow"](cursor))
    deliver(mailserver, "Two")
    next(worker["follow"](cursor))

    assert capsys.readouterr().out == "new: One from bob@demo.test\nnew: Two from bob@demo.test\n"
