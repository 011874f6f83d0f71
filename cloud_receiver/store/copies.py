"""A whole copy of headquarters' database as a file, and a database made from such a file.

SQLite: the online backup; the copy is a database itself. PostgreSQL: `pg_dump`'s custom format,
taken of the very snapshot that was counted and verified. What a restore replaces is set aside
under another name, never deleted.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import URL, Connection, func, inspect, make_url, select, text

from cloud_receiver.store.engine import hq_epoch, open_engine, read, sqlite_url
from cloud_receiver.store.tables import journal, ledger
from cloud_receiver.store.verification import verify_all
from sync.errors import DakaError

_DEBIAN_PROGRAMS: Final = Path("/usr/lib/postgresql")
_SET_ASIDE: Final = "replaced_"
_WHO_ELSE: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What a database holds, by which a copy of it is recognised."""

    revision: str
    hq_epoch: str
    journal_rows: int
    journal_last_no: int
    ledger_rows: int
    ledger_last_hash: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy in a file, and what it holds."""

    file: Path
    holding: Holding


def holding_of(connection: Connection) -> Holding:
    """Return what a database holds; every row is counted.

    Raises:
        DakaError: its ledger does not hold.
    """
    for trouble in verify_all(connection).troubles[:1]:
        raise DakaError(f"the ledger does not hold: {trouble}; see daka-hq ledger verify")
    rows, last_no = connection.execute(
        select(func.count(), func.coalesce(func.max(journal.c.entry_no), 0)).select_from(journal)
    ).one()
    last_hash = select(ledger.c.hash).order_by(ledger.c.entry_no.desc()).limit(1)
    return Holding(
        revision=str(connection.scalar(text("SELECT version_num FROM alembic_version"))),
        hq_epoch=hq_epoch(connection),
        journal_rows=rows,
        journal_last_no=last_no,
        ledger_rows=connection.scalar(select(func.count()).select_from(ledger)) or 0,
        ledger_last_hash=connection.scalar(last_hash) or "",
    )


def copy_database(url: str, folder: Path) -> Copy:
    """Copy a database, which may be in use, into a file in `folder` and check the copy.

    Raises:
        DakaError: the copy could not be made or does not hold.
    """
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        return _copy_sqlite(_file_of(place), folder / "hq.db")
    engine = open_engine(url)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
            file = folder / "hq.pgdump"
            aside = f"--exclude-schema={_SET_ASIDE}*"
            _run(place, "pg_dump", ["-Fc", f"--snapshot={snapshot}", aside, f"--file={file}"])
            _run(place, "pg_restore", ["--file=/dev/null", str(file)], connects=False)
            return Copy(file, holding_of(connection))
    finally:
        engine.dispose()


def _copy_sqlite(source_file: Path, file: Path) -> Copy:
    with (
        closing(sqlite3.connect(f"file:{source_file}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(file)) as target,
    ):
        source.backup(target)
    return Copy(file, check_file(file))


def check_file(file: Path) -> Holding:
    """Return what a SQLite copy holds.

    Raises:
        DakaError: a page of it is damaged, or its ledger does not hold.
    """
    engine = open_engine(sqlite_url(file))
    try:
        with read(engine) as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
            if said != "ok":
                raise DakaError(f"{file} is damaged: {said}")
            return holding_of(connection)
    finally:
        engine.dispose()


@contextmanager
def replaced(url: str, file: Path, stamp: str, *, replace: bool) -> Iterator[str]:
    """Put a copy where the database is; yield the name under which the old one was set aside.

    When the body raises, the old one is put back. The name is empty when there was none.

    Raises:
        DakaError: there is a database and `replace` was not said, or it is in use.
    """
    place = make_url(url)
    manner = _replaced_sqlite if place.get_backend_name() == "sqlite" else _replaced_postgresql
    with manner(place, file, stamp, replace=replace) as aside:
        yield aside


@contextmanager
def _replaced_sqlite(place: URL, file: Path, stamp: str, *, replace: bool) -> Iterator[str]:
    target = _file_of(place)
    aside = target.with_name(f"{target.name}.{_SET_ASIDE}{stamp}") if target.exists() else None
    if aside is not None:
        _require(target.name, replace=replace)
        _close_down(target)
        target.rename(aside)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        yield str(aside or "")
    except BaseException:
        for suffix in ("", "-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        if aside is not None:
            aside.rename(target)
        raise


def _close_down(file: Path) -> None:
    """Bring all of a database into its one file; impossible while anybody has it open."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise _in_use(str(file)) from error
        except sqlite3.DatabaseError:
            return  # damaged, which is why it is replaced


@contextmanager
def _replaced_postgresql(place: URL, file: Path, stamp: str, *, replace: bool) -> Iterator[str]:
    engine = open_engine(place.render_as_string(hide_password=False))
    try:
        with engine.begin() as connection:
            is_there = inspect(connection).has_table("meta")
            if is_there:
                _require(str(place.database), replace=replace)
                if connection.scalar(_WHO_ELSE):
                    raise _in_use(str(place.database))
        aside = f"{_SET_ASIDE}{stamp}" if is_there else ""
        if aside:
            with engine.begin() as connection:
                connection.exec_driver_sql(f"ALTER SCHEMA public RENAME TO {aside}")
                connection.exec_driver_sql("CREATE SCHEMA public")
        try:
            arguments = ["--no-owner", "--exit-on-error", "--single-transaction", str(file)]
            _run(place, "pg_restore", arguments)
            yield aside
        except BaseException:
            engine.dispose()
            with engine.begin() as connection:
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
                again = (
                    f"ALTER SCHEMA {aside} RENAME TO public" if aside else "CREATE SCHEMA public"
                )
                connection.exec_driver_sql(again)
            raise
    finally:
        engine.dispose()


def _require(name: str, *, replace: bool) -> None:
    if not replace:
        raise DakaError(
            f"there is a database {name}; with --replace it is set aside under another name"
        )


def _in_use(name: str) -> DakaError:
    return DakaError(f"{name} is in use: stop headquarters on every machine, then restore")


def _file_of(place: URL) -> Path:
    assert place.database, "a SQLite database of headquarters is a file"
    return Path(place.database)


def _run(place: URL, program: str, arguments: Sequence[str], *, connects: bool = True) -> None:
    """Run a program of PostgreSQL; the password goes by the environment, which `ps` does not show.

    Raises:
        DakaError: it is not installed, or it failed.
    """
    where = URL.create(
        "postgresql", place.username, None, place.host, place.port, place.database, place.query
    )
    command = [_program(program), *arguments]
    if connects:
        command.append(f"--dbname={where.render_as_string()}")
    environment = {**os.environ, **({"PGPASSWORD": str(place.password)} if place.password else {})}
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL, arguments of our own
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DakaError(f"{program} failed: {done.stderr.strip() or done.returncode}")


def _program(name: str) -> str:
    """Return a program of PostgreSQL, the newest: an older one refuses a newer server."""
    found = sorted(_DEBIAN_PROGRAMS.glob(f"*/bin/{name}"), key=lambda one: float(one.parts[-3]))
    program = str(found[-1]) if found else shutil.which(name)
    if program is None:
        raise DakaError(f"{name} is not installed: apt-get install postgresql-client")
    return program
