"""The real servers as fixtures: each starts once a test run, when the first test asks for it."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from .availability import (
    dovecot_problem,
    mailutils_problem,
    postfix_problem,
    postgresql_problem,
    redis_problem,
    require,
)
from .dovecot import Dovecot, running_dovecot
from .others import OtherServer, running_mailutils, running_pymap
from .place import Place, temporary_place
from .postfix import Postfix, running_postfix
from .postgresql import PostgreSQL, running_postgresql
from .redis import Redis, running_redis

REAL_SERVERS = {"dovecot", "mailutils", "postfix", "other_host", "postgresql_url", "redis"}


@pytest.fixture(scope="session")
def server_place() -> Iterator[Place]:
    """The temporary folder of this run's servers, with certificates and users."""
    with temporary_place() as place:
        yield place


@pytest.fixture(scope="session")
def dovecot(request: pytest.FixtureRequest) -> Iterator[Dovecot]:
    """A running Dovecot with users of ``mail.test`` and ``other.test``."""
    require(dovecot_problem())
    with running_dovecot(request.getfixturevalue("server_place")) as server:
        yield server


@pytest.fixture(scope="session")
def postfix(request: pytest.FixtureRequest) -> Iterator[Postfix]:
    """A running Postfix for ``mail.test`` that delivers to Dovecot."""
    require(postfix_problem())
    place, store = request.getfixturevalue("server_place"), request.getfixturevalue("dovecot")
    with running_postfix(place, store, "mail.test", other_domain="other.test") as server:
        yield server


@pytest.fixture(scope="session")
def other_host(request: pytest.FixtureRequest) -> Iterator[Postfix]:
    """A second Postfix, for ``other.test``: the other end of mail that crosses between servers."""
    require(postfix_problem())
    place, store = request.getfixturevalue("server_place"), request.getfixturevalue("dovecot")
    with running_postfix(place, store, "other.test", other_domain="mail.test") as server:
        yield server


@pytest.fixture(scope="session")
def mailutils(request: pytest.FixtureRequest) -> Iterator[OtherServer]:
    """GNU mailutils, for IMAP and POP3."""
    require(mailutils_problem())
    with running_mailutils(request.getfixturevalue("server_place")) as server:
        yield server


@pytest.fixture(scope="session")
def pymap(request: pytest.FixtureRequest) -> Iterator[OtherServer]:
    """pymap, for IMAP."""
    with running_pymap(request.getfixturevalue("server_place")) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql(request: pytest.FixtureRequest) -> Iterator[PostgreSQL]:
    """A running PostgreSQL."""
    require(postgresql_problem())
    with running_postgresql(request.getfixturevalue("server_place")) as server:
        yield server


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database in PostgreSQL."""
    server: PostgreSQL = request.getfixturevalue("postgresql")
    with server.new_database() as url:
        yield url


@pytest.fixture(scope="session")
def redis(request: pytest.FixtureRequest) -> Iterator[Redis]:
    """A running Redis."""
    require(redis_problem())
    with running_redis(request.getfixturevalue("server_place")) as server:
        yield server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that asks for a real server."""
    for item in items:
        if {"dovecot", "mailutils", "postfix", "other_host", "postgresql_url", "redis"} & set(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker("real_server")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the servers' logs beside the failure of a test that used them."""
    report = yield
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Dovecot | OtherServer | Postfix | PostgreSQL | Redis):
                report.sections.append((f"log of {name}", value.log))
    return report
