"""The world that discovery explores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import World, running_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An Internet on loopback, empty."""
    with running_world(tmp_path) as made:
        yield made
