"""PostgreSQL for the store of what is sent later: a private instance, a fresh database for each test."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from .availability import postgresql_program
from .place import Place, owned_folder
from .ports import free_ports
from .process import START_SECONDS, last_lines, running, wait_for

USER = "postgres"


@dataclass(frozen=True)
class PostgreSQL:
    """A running server that trusts everybody on loopback."""

    folder: Path
    port: int

    @property
    def log(self) -> str:
        """The end of its log."""
        return last_lines(self.folder.parent / "postgresql.out")

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """Give the URL of an empty database, and drop it with all its connections afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        self._order(f"CREATE DATABASE {name}")
        try:
            yield f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{name}"
        finally:
            self._order(f"DROP DATABASE {name} WITH (FORCE)")

    def accepts(self) -> bool:
        """Whether it takes orders: its port opens a moment earlier."""
        try:
            self._order("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _order(self, statement: str) -> None:
        where = f"host=127.0.0.1 port={self.port} user={USER} dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_postgresql(place: Place) -> Iterator[PostgreSQL]:
    """Run PostgreSQL for the length of a ``with`` block; it refuses to be root, and runs as its own user then."""
    folder = owned_folder(place.folder / "postgresql", USER)
    (port,) = free_ports(1)
    initdb = [str(postgresql_program("initdb")), "-D", str(folder), "-U", USER, "-A", "trust", "-E", "UTF8"]
    subprocess.run(
        [*_as_its_user(), *initdb, "--locale=C", "--no-sync"], check=True, capture_output=True, timeout=60, cwd="/"
    )
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
    }
    command = [*_as_its_user(), str(postgresql_program("postgres")), "-D", str(folder)]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    output = place.folder / "postgresql.out"
    with running(command, ports=[port], output=output, log=output):
        server = PostgreSQL(folder, port)
        assert wait_for(server.accepts, START_SECONDS), server.log
        yield server


def _as_its_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
