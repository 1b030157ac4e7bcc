"""The page on Celery: its app and its worker, started as the page says."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_mailbox.devserver import MailServer

from ..servers.process import running, wait_for
from ..servers.redis import Redis
from .blocks import ROOT, blocks

SECONDS = 20
WORKER = ["-m", "celery", "-A", "wsgi:celery", "worker", "--pool=solo", "--without-gossip", "--without-mingle"]


@pytest.fixture
def shown_app(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The page's app, with its worker beside it."""
    (block,) = blocks("docs/howto/celery.md", "python")
    (tmp_path / "wsgi.py").write_text(block.text, "utf-8")
    with MailServer({"me@163.com": "the authorization code", "ann@example.com": "x"}, profile="163") as server:
        for key, value in {**server.config("me@163.com"), "BROKER": redis.url}.items():
            monkeypatch.setenv(f"FLASK_{key}", value if isinstance(value, str) else json.dumps(value))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(ROOT))))
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "wsgi", raising=False)
        log = tmp_path / "worker.log"
        with running([sys.executable, *WORKER], ports=[], output=log, log=log):
            made: Any = importlib.import_module("wsgi")
            yield made.app
            made.celery.close()
            state = made.app.extensions["mailbox"]
            state.later.workers.close(5)
            state.later.stored.store.close()
            state.pool.close()


def test_a_worker_sends_what_the_app_queued_once(shown_app: Flask) -> None:
    client = shown_app.test_client()
    first = client.post("/invite/ann@example.com").json
    second = client.post("/invite/ann@example.com").json

    assert first == second
    assert wait_for(lambda: client.get(f"/sent/{first['id']}").json["state"] == "sent", SECONDS)  # type: ignore[index]
    assert client.get("/sent/nothing").status_code == 404
