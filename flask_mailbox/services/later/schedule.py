"""When a message is tried again that failed for the time being."""

from __future__ import annotations

import random

WAITS = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""Seconds before each further attempt: short ones for a server that restarts, long ones for greylisting."""

ASKED_TO_WAIT = 1800.0
"""Seconds to wait at least where a server asked for a pause: there every further attempt prolongs it."""


def wait_after(attempts: int) -> float | None:
    """Return the seconds to wait after so many attempts, a fifth more or less by chance; ``None`` after the last."""
    if attempts > len(WAITS):
        return None
    return WAITS[attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
