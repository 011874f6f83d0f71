"""The database of headquarters: opened, written, read and upgraded, on SQLite and PostgreSQL.

The only module that knows there are two dialects. A write on SQLite takes the write lock
at BEGIN, so it never fails half-way for want of it; within one process writers queue on a
lock of our own, which hands over at once where SQLite's busy handler would poll.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain, count
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    Table,
    create_engine,
    event,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random

from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import meta
from sync.errors import DakaError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.pool import ConnectionPoolEntry

DIALECTS: Final = ("sqlite", "postgresql")
HQ_EPOCH_KEY: Final = "hq_epoch"
_WRITES: Final = "daka_writes"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_BUSY_TIMEOUT_MS: Final = 30_000
_ROWS_A_STATEMENT: Final = 100
_ROWS_A_READ: Final = 5_000
SQLITE_PRAGMAS: Final = (
    f"busy_timeout={_BUSY_TIMEOUT_MS}",
    "synchronous=FULL",  # a receipt promises that a power cut takes nothing back
    "foreign_keys=ON",
    "wal_autocheckpoint=4000",  # 16 MB: pages that many commits touch are written back once
    "cache_size=-16000",  # 16 MB a connection: the index of the journal's newest records
    "temp_store=MEMORY",
)
_HQ_EPOCH: Final = Question(select(meta.c.value).where(meta.c.key == HQ_EPOCH_KEY))
_stream_numbers = count()  # several may be read along with each other
_sqlite_writers: WeakKeyDictionary[Engine, threading.RLock] = WeakKeyDictionary()


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite database file."""
    return f"sqlite:///{path}"


def open_engine(url: str) -> Engine:
    """Return an engine for a SQLite or PostgreSQL URL; nothing is connected yet.

    Raises:
        DakaError: the URL is none, or names another database.
    """
    try:
        dialect = make_url(url).get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise DakaError(f"database_url {url!r} is no database URL: {error}") from error
    if dialect not in DIALECTS:
        raise DakaError(f"database_url names {dialect}; {' or '.join(DIALECTS)} can be used")
    engine = create_engine(url, pool_pre_ping=dialect == "postgresql")
    if dialect == "sqlite":
        _sqlite_writers[engine] = threading.RLock()
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _entry: ConnectionPoolEntry) -> None:
    from cloud_receiver.store.arrays import take_columns  # psycopg, only where there is one

    take_columns(connection)


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    # a new file only: bodies of 350 bytes fill pages of 8 KB better, which saves a third
    connection.execute("PRAGMA page_size=8192").close()
    _use_wal(connection)
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


@retry(
    retry=retry_if_exception_type(sqlite3.OperationalError),
    wait=wait_random(0.005, 0.05),
    stop=stop_after_delay(_BUSY_TIMEOUT_MS / 1000),
    reraise=True,
)
def _use_wal(connection: Any) -> None:
    """Switch a new file to WAL; SQLite does not wait here for others who are about to."""
    connection.execute("PRAGMA journal_mode=WAL").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a write transaction; commit at the end, roll back on any error."""
    lock = _sqlite_writers.get(engine)
    if lock is None:
        with engine.begin() as connection:
            yield connection
        return
    with (
        lock,
        engine.connect().execution_options(**{_WRITES: True}) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that is rolled back: one consistent look, no change."""
    with engine.connect() as connection:
        yield connection


def insert_ignore(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows of the same columns, leaving out those whose key is already there.

    Returns how many were inserted.
    """
    if not rows:
        return 0
    columns = list(rows[0])
    return insert_rows(
        connection, table, columns, [tuple(row[name] for name in columns) for row in rows]
    )


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> int:
    """Do what `insert_ignore` does, for many rows given as tuples in the order of `columns`.

    The fast way: nothing of SQLAlchemy is done once a row.
    """
    return _insert_fast(connection, table, columns, rows, "ON CONFLICT DO NOTHING")


def insert_new(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows of which none is there, the fast way: a quarter cheaper than looking for them.

    Raises:
        sqlalchemy.exc.IntegrityError: one was there.
    """
    _insert_fast(connection, table, columns, rows, "")


def upsert_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    keep: Sequence[str] = (),
) -> None:
    """Do what `upsert` does, the fast way; no key may be given twice."""
    keys = [column.name for column in table.primary_key]
    changed = [f"{name} = excluded.{name}" for name in columns if name not in {*keys, *keep}]
    action = f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join(changed)}"
    _insert_fast(connection, table, columns, rows, action)


def add_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows, or add their last column to the one that stands; no key may be given twice."""
    keys = ", ".join(column.name for column in table.primary_key)
    amount = columns[-1]
    action = (
        f"ON CONFLICT ({keys}) DO UPDATE SET {amount} = {table.name}.{amount} + excluded.{amount}"
    )
    _insert_fast(connection, table, columns, rows, action)


def stream(connection: Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """Yield the plain rows of a query without parameters, a portion at a time.

    The fast way to read a whole table: nothing of SQLAlchemy is done once a row.
    """
    plain = connection.connection.dbapi_connection
    assert plain is not None, "an open connection"
    if connection.dialect.name == "sqlite":
        cursor = plain.cursor()
    else:
        cursor = plain.cursor(name=f"daka_stream_{next(_stream_numbers)}", binary=True)
    try:
        cursor.execute(query)
        while rows := cursor.fetchmany(_ROWS_A_READ):
            yield from rows
    finally:
        cursor.close()


def _insert_fast(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    on_conflict: str,
) -> int:
    if not rows:
        return 0
    insert = f"INSERT INTO {table.name} ({', '.join(columns)})"
    if connection.dialect.name == "sqlite":
        row = f"({', '.join('?' * len(columns))})"
        inserted = 0
        for start in range(0, len(rows), _ROWS_A_STATEMENT):  # a third cheaper than one by one
            some = rows[start : start + _ROWS_A_STATEMENT]
            values = f"VALUES {', '.join([row] * len(some))} {on_conflict}"
            parameters = tuple(chain.from_iterable(some))
            inserted += connection.exec_driver_sql(f"{insert} {values}", parameters).rowcount
        return inserted
    # one statement with an array a column, where a statement a row would be slow; binary, for
    # as text every quote of a JSON document would be escaped, twice the work of all the rest
    types = _types_of(connection.dialect, table, tuple(columns))
    arrays = ", ".join(f"%b::{name}[]" for name in types)
    values = f"SELECT * FROM unnest({arrays}) {on_conflict}"  # noqa: S608 - our types
    from cloud_receiver.store.arrays import column_of

    by_column = tuple(map(column_of, types, zip(*rows, strict=True)))
    return connection.exec_driver_sql(f"{insert} {values}", by_column).rowcount


@lru_cache(maxsize=256)
def _types_of(dialect: Dialect, table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of columns' types."""
    return tuple(table.c[name].type.compile(dialect=dialect) for name in columns)


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    keep: Sequence[str] = (),
) -> None:
    """Insert rows by primary key, or replace the columns they name, except those in `keep`."""
    if not rows:
        return
    changed = tuple(name for name in rows[0] if name not in keep)
    connection.execute(_upserting(connection.dialect.name, table, changed), rows)


@lru_cache(maxsize=256)
def _upserting(dialect: str, table: Table, columns: tuple[str, ...]) -> Insert:
    """Return the statement that replaces columns; to build it takes longer than to run it."""
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    replaced = {name: statement.excluded[name] for name in columns if name not in keys}
    upserting: Insert = statement.on_conflict_do_update(index_elements=keys, set_=replaced)
    return upserting


def behind_writers(connection: Connection, table: Table) -> ColumnElement[bool]:
    """Return the condition that a row, and every row written before it, is here to be seen.

    PostgreSQL gives out serial numbers before the commit, so a lower number may appear after
    a higher one; whoever follows a table by its number must not run ahead of open writers.
    """
    if connection.dialect.name == "sqlite":
        return true()  # one writer at a time: numbers appear in order
    # as a query of its own it is answered once, not for each row
    oldest = "(SELECT age(pg_snapshot_xmin(pg_current_snapshot())::xid))"
    return literal_column(f"age({table.name}.xmin) > {oldest}", Boolean)


def try_turns(connection: Connection, names: Sequence[str]) -> set[str]:
    """Return those of some things whose turn is ours to the end of the transaction.

    Other processes have the rest. On SQLite whoever writes has everything.
    """
    if connection.dialect.name == "sqlite" or not names:
        return set(names)
    query = (
        "SELECT name FROM unnest(%s::text[]) AS name"
        " WHERE pg_try_advisory_xact_lock(hashtextextended(name, 2026))"
    )
    return {row[0] for row in connection.exec_driver_sql(query, (list(names),))}


def is_taken(connection: Connection, name: str) -> bool:
    """Tell whether another process has the turn of something."""
    if connection.dialect.name == "sqlite":
        return False
    query = (
        "SELECT true FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid() AND"
        " granted AND (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 2026)"
    )
    return connection.exec_driver_sql(query, (name,)).first() is not None


def wait_turn(connection: Connection, name: str, *, shared: bool = False) -> None:
    """Wait for the turn of something and keep it to the end of the transaction.

    Args:
        shared: beside others who ask so, but not beside one who has it alone.
    """
    if connection.dialect.name == "postgresql":
        lock = f"pg_advisory_xact_lock{'_shared' if shared else ''}"
        connection.exec_driver_sql(f"SELECT {lock}(hashtextextended(%s, 2026))", (name,))


def number_in_order(connection: Connection) -> None:
    """Let `behind_writers` know of this transaction before it takes a serial number.

    PostgreSQL names a transaction when it first writes, which is after the number was taken.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_current_xact_id()")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to the newest schema, making it when it is empty; safe to repeat.

    All pending migrations and the database's identity are one transaction; when several
    processes start together, one upgrades and the others wait.
    """
    from alembic import command  # a tenth of a second, for which only an upgrade has a use
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with write(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(2026)")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        insert_ignore(connection, meta, [{"key": HQ_EPOCH_KEY, "value": token_hex(8)}])


def hq_epoch(connection: Connection) -> str:
    """Return the identity of this database as boxes know it."""
    value = _HQ_EPOCH.ask_one(connection)
    assert isinstance(value, str), "the database has no hq_epoch: upgrade() was not called"
    return value


def rotate_hq_epoch(connection: Connection) -> str:
    """Give the database a new identity, so that every box refills it; return it."""
    value = token_hex(8)
    connection.execute(update(meta).where(meta.c.key == HQ_EPOCH_KEY).values(value=value))
    return value
