"""Who hears of a watched folder: one watcher, or several that share its connection."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from .events import Event, Failed


class Listener(Protocol):
    """Takes events; ``is_crowded`` says whether so many wait to be read that nothing more should be told now."""

    def hear(self, event: Event) -> None:
        """Take an event."""

    def is_crowded(self) -> bool:
        """Whether to be left alone for now."""


class Audience:
    """The listeners of one folder; once ``over`` it takes in nobody any more.

    :param stays: Seconds for which a folder is watched after the last listener left.

    ``left_at`` says when that was, on the monotonic clock.
    """

    def __init__(self, listener: Listener, stays: float = 0.0) -> None:
        self.stays = stays
        # Changed under _lock only.
        self._lock = threading.Lock()
        self._listeners: list[Listener] = [listener]
        self.left_at = 0.0
        self.over = False

    @property
    def has_listeners(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def join(self, listener: Listener) -> bool:
        """Take a listener in, unless it is over."""
        with self._lock:
            if not self.over:
                self._listeners.append(listener)
            return not self.over

    def leave(self, listener: Listener) -> None:
        """Let a listener go."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
                self.left_at = time.monotonic()

    def end_if_left(self, *, at_once: bool = False) -> bool:
        """Take in nobody any more if the last listener left that long ago, and return whether it is over.

        :param at_once: However long ago that was.
        """
        with self._lock:
            if not self._listeners and (at_once or time.monotonic() >= self.left_at + self.stays):
                self.over = True
            return self.over

    def hear(self, event: Event) -> None:
        """Tell all listeners an event; after a failure it is over."""
        with self._lock:
            listeners = tuple(self._listeners)
            self.over |= isinstance(event, Failed)
        for listener in listeners:
            listener.hear(event)

    def is_crowded(self) -> bool:
        """Whether one of the listeners wants to be left alone for now: nothing is told to some of them only."""
        with self._lock:
            return any(listener.is_crowded() for listener in self._listeners)
