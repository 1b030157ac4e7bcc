"""What the configuration of the queue says, and what is wrong with it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa

from flask_mailbox import ConfigurationError

from ..apps import mailbox_app
from .apps import letter, scripted_settings


def mistake(**config: Any) -> str:
    with pytest.raises(ConfigurationError) as raised:
        mailbox_app(config)
    return str(raised.value)


def without(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Let a module be not installed."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else find_spec(name))


def test_celery_needs_a_store() -> None:
    assert "which needs MAILBOX_STORE" in mistake(MAILBOX_QUEUE="celery")


def test_another_queue_is_none() -> None:
    assert "takes 'thread' or 'celery'" in mistake(MAILBOX_QUEUE="rq")


@pytest.mark.parametrize("size", [0, -1, "many", 1.5])
def test_the_size_is_a_whole_number(size: object) -> None:
    assert "MAILBOX_QUEUE_SIZE" in mistake(MAILBOX_QUEUE_SIZE=size)


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_store_is_a_database_that_keeps(url: str) -> None:
    assert "MAILBOX_STORE" in mistake(MAILBOX_STORE=url)


def test_a_store_that_is_neither_is_not_shown() -> None:
    said = mistake(MAILBOX_STORE=["s3cr3t"])

    assert "a URL of SQLAlchemy's, or an engine" in said
    assert "s3cr3t" not in said


def test_a_missing_driver_is_named() -> None:
    assert "'pymysql'" in mistake(MAILBOX_STORE="mysql+pymysql://me:s3cr3t@localhost/x")


@pytest.mark.parametrize(
    ("module", "config"),
    [
        ("sqlalchemy", {"MAILBOX_STORE": "sqlite:///x"}),
        ("celery", {"MAILBOX_STORE": "sqlite:///x", "MAILBOX_QUEUE": "celery"}),
    ],
)
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, module: str, config: dict[str, str]) -> None:
    without(monkeypatch, module)
    extra = {"sqlalchemy": "store", "celery": "celery"}[module]

    assert f"pip install 'flask-mailbox[{extra}]'" in mistake(**config)


def test_an_engine_may_be_given() -> None:
    engine = sa.create_engine("sqlite:///x")
    host, _ = mailbox_app({"MAILBOX_STORE": engine})

    assert host.extensions["mailbox"].later.stored.durable


def test_the_store_is_not_shown_with_the_settings() -> None:
    host, _ = mailbox_app({"MAILBOX_STORE": "sqlite:///s3cr3t"})

    assert "s3cr3t" not in repr(host.extensions["mailbox"].settings)


def test_an_app_without_a_store_does_not_load_the_database_library() -> None:
    program = (
        "import sys, flask, flask_mailbox; flask_mailbox.Mailbox(flask.Flask('x')); print('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)

    assert done.stdout.strip() == "False"


def test_a_queue_without_the_apps_celery_says_what_is_missing(tmp_path: object) -> None:
    config = scripted_settings(1, MAILBOX_QUEUE="celery", MAILBOX_STORE=f"sqlite:///{tmp_path}/x.sqlite")
    host, mailbox = mailbox_app(config)

    with host.app_context(), pytest.raises(ConfigurationError, match=r"set app\.extensions\['celery'\]"):
        mailbox.send_later(letter())
    assert host.extensions["mailbox"].later.stored.store.waiting(1) == 0
    host.extensions["mailbox"].later.stored.store.close()
