"""The keys of what is sent later: ``MAILBOX_QUEUE``, ``MAILBOX_QUEUE_SIZE`` and ``MAILBOX_STORE``."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError

from .coercion import Positive, shown

KINDS = ("thread", "celery")
SIZE = 1000


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """How mail is sent later.

    :param kind: ``thread`` or ``celery``: who sends it.
    :param size: How many messages may wait.
    :param store: A URL of SQLAlchemy's or an engine; ``None`` keeps what waits in memory.
    """

    kind: str = "thread"
    size: int = SIZE
    store: Any = field(default=None, repr=False)


def load_queue(own: Mapping[str, Any]) -> tuple[QueueSettings, list[str]]:
    """Return the settings, and a sentence for each mistake.

    :param own: The app's keys in lower case, without ``MAILBOX_``.
    """
    problems: list[str] = []
    kind = own.get("queue", "thread")
    store = own.get("store")
    size = SIZE
    try:
        size = int(Positive(whole=True, most=10_000_000).deserialize(own.get("queue_size", SIZE)))
    except ValidationError as error:
        problems.append(f"MAILBOX_QUEUE_SIZE {' '.join(map(str, error.messages))}")
    if kind not in KINDS:
        problems.append(f"MAILBOX_QUEUE is {shown(kind)}, and takes 'thread' or 'celery'.")
    if store is not None and not isinstance(store, str) and not hasattr(store, "connect"):
        problems.append("MAILBOX_STORE takes a URL of SQLAlchemy's, or an engine.")
    if store is not None and not _is_installed("sqlalchemy"):
        problems.append("MAILBOX_STORE needs SQLAlchemy. Install the extra: pip install 'flask-mailbox[store]'")
    if kind == "celery" and store is None:
        problems.append(
            "MAILBOX_QUEUE is 'celery', which needs MAILBOX_STORE: the messages wait there, and the broker only gets "
            "their ids. Name a database, such as postgresql+psycopg://user:password@host/database."
        )
    if kind == "celery" and not _is_installed("celery"):
        problems.append("MAILBOX_QUEUE needs Celery. Install the extra: pip install 'flask-mailbox[celery]'")
    return QueueSettings(str(kind), size, store), problems


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
