"""One test run's ground: its temporary folder, its certificates, its users."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .certificates import write_certificates
from .people import People, invited
from .ports import free_ports

MAIL_PORTS = ("smtp", "submission", "submissions")


@dataclass(frozen=True)
class Place:
    """Where the servers of one test run live, and how the two Postfix instances find each other."""

    folder: Path
    ca_file: Path
    people: People
    postfix_ports: dict[str, dict[str, int]]


@contextmanager
def temporary_place() -> Iterator[Place]:
    """Make the ground for servers and remove it at the end.

    The folder's path is short, since a unix socket's path must fit into 108 bytes, and open to the servers' users.
    """
    folder = Path(tempfile.mkdtemp(prefix="fm-", dir="/tmp"))
    try:
        folder.chmod(0o755)
        ports = free_ports(2 * len(MAIL_PORTS))
        yield Place(
            folder=folder,
            ca_file=write_certificates(folder / "etc/ssl/mail"),
            people=invited(),
            postfix_ports={
                "mail.test": dict(zip(MAIL_PORTS, ports[:3], strict=True)),
                "other.test": dict(zip(MAIL_PORTS, ports[3:], strict=True)),
            },
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def owned_folder(folder: Path, user: str) -> Path:
    """Make a folder that belongs to a system user (when run as root)."""
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    return folder
