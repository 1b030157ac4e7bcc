"""Threads that attend to watched folders: a few, and some in place of those that hang on a silent server."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

HANGS_SECONDS = 0.5
"""A thread whose job takes longer may have another one in its place, while there is more to do."""

REST_SECONDS = 10.0
"""A thread ends that had nothing to do for so long."""

Job = Callable[[], None]


class Workers:
    """A group of threads, started as there is work for them.

    :param name: The name of its threads.
    :param count: How many may be at work together.
    :param most: How many there may be with those that took the place of others.
    """

    def __init__(self, name: str, count: int, most: int) -> None:
        self._name = name
        self._count = count
        self._most = most
        # Guarded by _changed.
        self._changed = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._threads: set[threading.Thread] = set()
        self._busy: dict[threading.Thread, float] = {}  # since when each has its job in hand
        self._ending = False

    @property
    def threads(self) -> int:
        """How many threads it has now."""
        return len(self._threads)

    def submit(self, job: Job) -> None:
        """Have a job done; jobs never raise."""
        with self._changed:
            self._jobs.append(job)
            self._grow()
            self._changed.notify()

    def relieve(self) -> bool:
        """Start threads in place of those that hang, and return whether jobs wait, so that it is worth asking again."""
        if not self._jobs:
            return False
        with self._changed:
            self._grow()
            return bool(self._jobs)

    def stop(self) -> list[threading.Thread]:
        """Let the threads end after what they have to do, and return them."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
            return list(self._threads)

    def _grow(self) -> None:
        now = time.monotonic()
        hanging = sum(now - since > HANGS_SECONDS for since in self._busy.values())
        allowed = min(self._count + hanging, self._most)
        while len(self._threads) < min(allowed, len(self._busy) + len(self._jobs)):
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system has no thread to give: asked again at the next look
                return
            self._threads.add(thread)

    def _run(self) -> None:
        me = threading.current_thread()
        while (job := self._next(me)) is not None:
            job()

    def _next(self, me: threading.Thread) -> Job | None:
        """Wait for the next job of a thread; ``None`` if it is to end."""
        with self._changed:
            self._busy.pop(me, None)
            if not self._jobs and not self._ending:
                self._changed.wait_for(lambda: self._jobs or self._ending, REST_SECONDS)
            if not self._jobs:
                self._threads.discard(me)
                return None
            self._busy[me] = time.monotonic()
            return self._jobs.popleft()
