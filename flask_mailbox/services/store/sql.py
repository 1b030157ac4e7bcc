"""A store in a database (SQLAlchemy): a SQLite file, or PostgreSQL for many processes.

Each method is one statement that commits by itself; what has to be atomic is an ``UPDATE`` that names how the row has
to be, so no lock is ever held between two of them.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from ...errors import ConfigurationError, StoreError
from .entry import FINAL, Entry, State

SQLITE_WAIT = 30
"""Seconds to wait for another process that is writing to the file."""

SET_UP_TRIES, SET_UP_PAUSE = 100, 0.05
"""How often, and after how many seconds, a new file is tried again that others are just opening."""

_tables = sa.MetaData()

_outbox = sa.Table(
    "mailbox_outbox",
    _tables,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("account", sa.String(255), nullable=False),
    sa.Column("key", sa.String(255)),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("due", sa.Double, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("updated", sa.Double, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(400), nullable=False),
    sa.Column("lease", sa.Double, nullable=False),
    sa.Column("content_begun", sa.Boolean, nullable=False),
    sa.Column("published", sa.Double, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("account", "key", name="mailbox_outbox_key"),
    sa.Index("mailbox_outbox_due", "state", "due"),
    sa.Index("mailbox_outbox_updated", "state", "updated"),
)


_ALL_BUT_CONTENT = tuple(
    sa.literal(b"").label("message") if column is _outbox.c.message else column for column in _outbox.columns
)


class SQLStore:
    """Entries in the table ``mailbox_outbox``; see ``Store`` for what each method does.

    The table is made when it is first needed.
    """

    durable = True

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._lock = threading.Lock()
        self._is_ready = False
        _stores.add(self)

    @classmethod
    def open(cls, where: Any) -> SQLStore:
        """Return the store at a URL or behind an engine.

        :raises ConfigurationError: If the URL is none, or its driver is not installed.
        """
        return cls(where if isinstance(where, sa.Engine) else _engine(where))

    def insert(self, entry: Entry) -> bool:
        values = _plain({column.name: getattr(entry, column.name) for column in _outbox.columns})
        try:
            with self._connected() as connection:
                connection.execute(_outbox.insert(), values)
        except IntegrityError:
            return False
        return True

    def get(self, entry_id: str) -> Entry | None:
        return next(iter(self._entries(_outbox.c.id == entry_id, limit=1)), None)

    def by_key(self, account: str, key: str) -> Entry | None:
        return next(iter(self._entries(_outbox.c.account == account, _outbox.c.key == key, limit=1)), None)

    def change(self, entry_id: str, expected: dict[str, Any], **values: Any) -> bool:
        as_expected = [_outbox.c[name] == value for name, value in _plain(expected).items()]
        return self._write(_outbox.update().where(_outbox.c.id == entry_id, *as_expected).values(_plain(values))) == 1

    def due(self, now: float, limit: int, without: Collection[str] = ()) -> list[str]:
        return self._ids(*_waiting(without), _outbox.c.due <= _finite(now), limit=limit)

    def next_due(self, without: Collection[str] = ()) -> float | None:
        first = sa.select(sa.func.min(_outbox.c.due)).where(*_waiting(without))
        with self._connected() as connection:
            return connection.execute(first).scalar()

    def waiting(self, limit: int) -> int:
        some = sa.select(_outbox.c.id).where(_outbox.c.state == str(State.QUEUED)).limit(limit).subquery()
        with self._connected() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(some)).scalar() or 0

    def has_room(self, size: int, entry: Entry) -> bool:
        return self.waiting(size) < size

    def in_state(self, state: State, limit: int) -> list[Entry]:
        return self._entries(_outbox.c.state == str(state), limit=limit, columns=_ALL_BUT_CONTENT)

    def unpublished(self, now: float, before: float, limit: int) -> list[str]:
        waits = (_outbox.c.state == str(State.QUEUED), _outbox.c.due <= now, _outbox.c.published < _finite(before))
        return self._ids(*waits, limit=limit)

    def purge(self, before: float, limit: int) -> int:
        is_old = (_outbox.c.state.in_(map(str, FINAL)), _outbox.c.updated < before)
        old = sa.select(_outbox.c.id).where(*is_old).limit(limit)
        return self._write(_outbox.delete().where(_outbox.c.id.in_(old)))

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._engine.dispose()

    def drop_inherited(self) -> None:
        """In a forked child: leave the parent's connections alone, and open new ones."""
        self._lock = threading.Lock()
        self._engine.dispose(close=False)

    def _entries(
        self, *where: sa.ColumnElement[bool], limit: int, columns: tuple[Any, ...] = tuple(_outbox.columns)
    ) -> list[Entry]:
        with self._connected() as connection:
            rows = connection.execute(sa.select(*columns).where(*where).limit(limit)).mappings().all()
        return [Entry(**{**row, "state": State(row["state"])}) for row in rows]

    def _ids(self, *where: sa.ColumnElement[bool], limit: int) -> list[str]:
        first = sa.select(_outbox.c.id).where(*where).order_by(_outbox.c.due).limit(limit)
        with self._connected() as connection:
            return list(connection.execute(first).scalars())

    def _write(self, statement: sa.Update | sa.Delete) -> int:
        with self._connected() as connection:
            return connection.execute(statement).rowcount

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        """Yield a connection to a database that has the table.

        :raises StoreError: If the database cannot be used; its own words may quote mail, and are left out.
        """
        try:
            self._make_ready()
            with self._engine.connect() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            kind = type(getattr(error, "orig", None) or error).__name__
            url = self._engine.url.render_as_string(hide_password=True)
            raise StoreError(f"The database of MAILBOX_STORE ({url}) cannot be used: {kind}.") from error

    def _make_ready(self) -> None:
        with self._lock:
            if not self._is_ready:
                try:
                    _tables.create_all(self._engine)
                except SQLAlchemyError:
                    if not sa.inspect(self._engine).has_table(_outbox.name):  # another process may have been faster
                        raise
                self._is_ready = True


def _waiting(without: Collection[str]) -> list[sa.ColumnElement[bool]]:
    waits: list[sa.ColumnElement[bool]] = [_outbox.c.state == str(State.QUEUED)]
    return [*waits, _outbox.c.account.not_in(without)] if without else waits


def _engine(where: Any) -> sa.Engine:
    try:
        url = sa.make_url(where)
        options: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
        if url.get_backend_name() == "sqlite":
            if url.database in (None, "", ":memory:"):
                raise ConfigurationError(
                    "MAILBOX_STORE names a SQLite database in memory, which every thread would have of its own: "
                    "name a file, such as sqlite:////var/lib/app/mail.sqlite."
                )
            options["connect_args"] = {"timeout": SQLITE_WAIT}
        engine = sa.create_engine(url, **options)
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigurationError(
            "MAILBOX_STORE takes a URL of SQLAlchemy's, such as sqlite:////var/lib/app/mail.sqlite or "
            "postgresql+psycopg://user:password@host/database, or an engine."
        ) from error
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The database of MAILBOX_STORE needs the module '{error.name}': install it with pip."
        ) from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, record: ConnectionPoolEntry) -> None:
    """Let readers and a writer work side by side, and lose nothing that was written when the power fails.

    Who changes the journal of a new file waits for nobody, but is refused where others open it at that moment.
    """
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        for left in reversed(range(SET_UP_TRIES)):
            try:
                connection.execute(f"PRAGMA {pragma}").close()
                break
            except sqlite3.OperationalError:
                if not left:
                    raise
                time.sleep(SET_UP_PAUSE)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as drivers know them: a state is its word."""
    return {name: str(value) if isinstance(value, State) else value for name, value in values.items()}


def _finite(moment: float) -> float:
    """Return a time that every database takes."""
    return min(moment, 1e12)


_stores: weakref.WeakSet[SQLStore] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for store in list(_stores):
        store.drop_inherited()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
