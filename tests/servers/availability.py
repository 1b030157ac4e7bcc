"""Whether the real servers can run here, and what to do when they cannot."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
DOVECOT_PARTS = ("imap-login", "pop3-login", "lmtp")
DOVECOT_FOLDERS = (Path("/usr/lib/dovecot"), Path("/usr/libexec/dovecot"))


def program(name: str) -> str | None:
    """Return the path of a server's program, looking where normal users' PATH does not."""
    return shutil.which(name, path=SEARCH_PATH)


def dovecot_problem() -> str | None:
    """Say why Dovecot cannot run here, or return ``None``."""
    installed = program("dovecot") and all(
        any((folder / part).exists() for folder in DOVECOT_FOLDERS) for part in DOVECOT_PARTS
    )
    if installed:
        return None
    return (
        "Dovecot is not installed: run 'make servers' as root, "
        "or: apt-get install dovecot-imapd dovecot-pop3d dovecot-lmtpd"
    )


def postfix_problem() -> str | None:
    """Say why Postfix cannot run here, or return ``None``."""
    if not program("postfix"):
        return "Postfix is not installed: run 'make servers' as root, or: apt-get install postfix"
    if os.geteuid() != 0:
        return "Postfix starts only as root: run the tests as root to include it"
    return None


def mailutils_problem() -> str | None:
    """Say why GNU mailutils cannot run here, or return ``None``."""
    if not (program("imap4d") and program("pop3d")):
        packages = "mailutils-imap4d mailutils-pop3d"
        return f"GNU mailutils is not installed: run 'make servers' as root, or: apt-get install {packages}"
    if os.geteuid() != 0:
        return "GNU mailutils signs its users in only as root: run the tests as root to include it"
    return None


def postgresql_program(name: str) -> Path | None:
    """Return the path of a program of PostgreSQL's server, which Debian keeps out of everybody's PATH."""
    found = program(name)
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return Path(found) if found else versions[-1] if versions else None


def postgresql_problem() -> str | None:
    """Say why PostgreSQL cannot run here, or return ``None``."""
    if not (postgresql_program("postgres") and postgresql_program("initdb")):
        return "PostgreSQL is not installed: run 'make servers' as root, or: apt-get install postgresql"
    return None


def redis_problem() -> str | None:
    """Say why Redis cannot run here, or return ``None``."""
    if not program("redis-server"):
        return "Redis is not installed: run 'make servers' as root, or: apt-get install redis-server"
    return None


def require(problem: str | None) -> None:
    """Go on if there is no problem; else skip, or fail where the tests must be complete (``CI=true``)."""
    if problem:
        leave_out(problem)


def leave_out(problem: str) -> NoReturn:
    """Skip the test that asked, or fail it where the tests must be complete (``CI=true``)."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(problem, pytrace=False)
    pytest.skip(problem)
