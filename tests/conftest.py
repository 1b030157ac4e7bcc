"""Fixtures that all tests share."""

from .servers.fixtures import (  # noqa: F401 - pytest finds fixtures and hooks by their names here
    dovecot,
    mailutils,
    other_host,
    postfix,
    postgresql,
    postgresql_url,
    pymap,
    pytest_collection_modifyitems,
    pytest_runtest_makereport,
    redis,
    server_place,
)
