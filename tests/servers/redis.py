"""Redis as a broker for Celery: a private instance that keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .availability import program
from .place import Place
from .ports import free_ports
from .process import last_lines, running


@dataclass(frozen=True)
class Redis:
    """A running Redis on loopback."""

    folder: Path
    port: int

    @property
    def log(self) -> str:
        """The end of its log."""
        return last_lines(self.folder / "redis.out")

    @property
    def url(self) -> str:
        """Its URL as Celery takes it."""
        return f"redis://127.0.0.1:{self.port}/0"


@contextmanager
def running_redis(place: Place) -> Iterator[Redis]:
    """Run Redis for the length of a ``with`` block."""
    (port,) = free_ports(1)
    command = [str(program("redis-server")), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir"]
    output = place.folder / "redis.out"
    with running([*command, str(place.folder)], ports=[port], output=output, log=output):
        yield Redis(place.folder, port)
