"""Sending on Celery: the message lies in the store, a task carries its id and nothing else.

A task that comes twice does nothing the second time, and one that never comes is published again: what counts is the
store. Celery is an extra; this module is imported only where ``MAILBOX_QUEUE`` is ``celery``.
"""

from __future__ import annotations

import logging
import math
import time
import weakref
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from celery import Celery, Task, bootsteps, shared_task
from celery.signals import celeryd_init
from flask import Flask, current_app
from kombu.exceptions import OperationalError

from ...errors import ConfigurationError, StoreError
from ..store import Entry, Outbox, State
from .sender import recover

if TYPE_CHECKING:
    from .queue import LaterQueue

logger = logging.getLogger("flask_mailbox")

SEND = "flask_mailbox.send"
SWEEP = "flask_mailbox.sweep"

SWEEP_SECONDS = 30.0
"""Seconds between looks for messages whose task was lost, or whose worker was killed."""

ON_ITS_WAY = 300.0
"""Seconds for which a task that was given to the broker is believed to be on its way; what is due later than that is
published by a sweep, since brokers do not keep tasks well for long (Redis delivers them again after an hour)."""

ONE_TRY = {"max_retries": 1, "interval_start": 0.0, "interval_step": 0.1}
"""How to publish: the call does not wait for a broker that is away, since the store keeps the message. (Without retries
Celery would wait for the connection, for six seconds.)"""

SWEPT_AT_ONCE = 500
STORE_SECONDS = 10.0

_apps: weakref.WeakSet[Flask] = weakref.WeakSet()


def serve(app: Flask) -> None:
    """Let the tasks of this process send for an app."""
    _apps.add(app)


def publish(app: Flask, outbox: Outbox, entry_id: str) -> None:
    """Give the task for a message to the broker; if that fails, a sweep does it later, from the store.

    :raises ConfigurationError: If the app has no Celery.
    """
    celery = celery_of(app)
    entry = outbox.store.get(entry_id)
    if entry is None or entry.state is not State.QUEUED:
        return
    wait = max(0.0, entry.due - time.time())
    if wait > ON_ITS_WAY:
        return
    try:
        celery.tasks[SEND].apply_async((entry_id,), countdown=wait or None, retry_policy=ONE_TRY)
    except (OperationalError, OSError) as error:
        logger.warning("Message %s waits in the store: the broker took no task (%s).", entry_id, type(error).__name__)
        return
    expected = {"state": State.QUEUED, "published": entry.published}
    outbox.store.change(entry_id, expected, published=max(time.time(), entry.due))


@shared_task(  # type: ignore[untyped-decorator]
    name=SEND, bind=True, acks_late=True, reject_on_worker_lost=True, ignore_result=True, max_retries=None
)
def send(self: Task, entry_id: str) -> None:
    """Send one message, if nobody else does; try again later what fails for the time being."""
    app, context = _flask_of(self.app)
    with context:
        later: LaterQueue = app.extensions["mailbox"].later
        outbox = _stored(later)
        try:
            entry = _claimed(outbox, entry_id)
            if entry is not None and later.sender.send(outbox, entry) is not None:
                publish(app, outbox, entry_id)
        except StoreError as error:
            raise self.retry(exc=error, countdown=STORE_SECONDS) from error


@shared_task(name=SWEEP, bind=True, ignore_result=True)  # type: ignore[untyped-decorator]
def sweep(self: Task, everything: bool = False) -> None:
    """Look after what killed workers left, publish tasks that were lost, and forget what is old.

    :param everything: Publish anew whatever is due, as a worker asks that starts: the broker may have given tasks to
        one that was killed before it could say so.
    """
    app, context = _flask_of(self.app)
    with context:
        outbox = _stored(app.extensions["mailbox"].later)
        recover(outbox)
        outbox.purge()
        now = time.time()
        before = math.inf if everything else now - ON_ITS_WAY
        for entry_id in outbox.store.unpublished(now, before, SWEPT_AT_ONCE):
            publish(app, outbox, entry_id)


def _claimed(outbox: Outbox, entry_id: str) -> Entry | None:
    """Take a message in hand; a task that comes again, since its worker was killed, looks what that one left."""
    entry = outbox.claim(entry_id)
    if entry is None:
        left = outbox.store.get(entry_id)
        if left is not None and left.state is State.SENDING:
            recover(outbox)
            entry = outbox.claim(entry_id)
    return entry


def _stored(later: LaterQueue) -> Outbox:
    if later.stored is None:
        raise ConfigurationError("A task to send mail came to an app without MAILBOX_STORE.")
    return later.stored


def celery_of(app: Flask) -> Celery:
    """Return the app's Celery.

    :raises ConfigurationError: If it has none.
    """
    celery: Celery | None = app.extensions.get("celery")
    if celery is None:
        raise ConfigurationError(
            "MAILBOX_QUEUE is 'celery', and the app has no Celery: make one, and set app.extensions['celery'] to it."
        )
    return celery


def _flask_of(celery: Celery) -> tuple[Flask, AbstractContextManager[Any]]:
    """Return the app that a task is for, and its context if none is pushed."""
    if current_app:
        return current_app._get_current_object(), nullcontext()  # type: ignore[attr-defined]
    name = celery.main
    for app in list(_apps):
        own: Celery | None = app.extensions.get("celery")
        if own is not None and own.main == name:
            return app, app.app_context()
    raise ConfigurationError(
        "A task to send mail came to a worker that knows no app for it: import the module that makes the Flask app and "
        "sets app.extensions['celery']."
    )


class Sweeper(bootsteps.StartStopStep):  # type: ignore[misc]
    """A part of each worker that has sweeps made, from its start and again after each loss of the broker."""

    requires = frozenset({"celery.worker.consumer.tasks:Tasks"})

    def start(self, consumer: Any) -> None:
        """Sweep now, and from time to time."""
        _order_sweep(consumer.app, everything=True)
        self._timer = consumer.timer.call_repeatedly(SWEEP_SECONDS, _order_sweep, (consumer.app,))

    def stop(self, consumer: Any) -> None:
        """End with the connection."""
        self._timer.cancel()


def _order_sweep(celery: Celery, *, everything: bool = False) -> None:
    try:
        celery.tasks[SWEEP].apply_async((everything,), retry_policy=ONE_TRY, expires=SWEEP_SECONDS)
    except (OperationalError, OSError) as error:
        logger.warning("No sweep now: the broker took no task (%s).", type(error).__name__)


def _add_sweeper(instance: Any, **_: Any) -> None:
    instance.app.steps["consumer"].add(Sweeper)


celeryd_init.connect(_add_sweeper, weak=False)
