"""Fixtures that all tests share."""

from .servers.fixtures import (  # noqa: F401 - pytest finds fixtures and hooks by their names here
    dovecot,
    other_host,
    postfix,
    postgresql,
    postgresql_url,
    pytest_collection_modifyitems,
    pytest_runtest_makereport,
    redis,
    server_place,
)
