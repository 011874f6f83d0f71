"""The outbox's file: how it is opened, checked, set aside, and how a full disk is survived.

Settings and their reasons: docs/adr/0004. One connection writes; readers open read-only.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sync.errors import DakaError
from sync.topics import Lane

SCHEMA_VERSION: Final = 2
PAGE_BYTES: Final = 4096
CHECKPOINT_PAGES: Final = 200
BALLAST_BYTES: Final = CHECKPOINT_PAGES * PAGE_BYTES * 5 // 4 + 512 * 1024
"""Enough for one checkpoint and one chunk of deletions on an otherwise full disk."""
MAX_SET_ASIDE: Final = 2
LANE_NUMBERS: Final = {Lane.PUNCH: 1, Lane.SALE: 2, Lane.BULK: 3}
"""As they stand in the file: a number never changes its meaning."""
FORSAKEN: Final = "forsaken"
"""Where the outbox keeps the epoch it gave up last."""
_PLACE_BITS: Final = 48
_FULL: Final = frozenset(
    {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_TRUNCATE"}
)
_BROKEN: Final = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})


class StorageError(DakaError):
    """The outbox cannot be used; the message says why and what to do."""


class StorageFullError(StorageError):
    """There is no room for new records: stop reading, the sources keep their own."""


def new_epoch() -> str:
    """Return a new identity for an outbox; the numbers it gives belong to it."""
    return secrets.token_hex(8)


def place(lane: Lane, seq: int) -> int:
    """Return the key of a record in the file: one number, so that records are only appended.

    A key of lane and number would cost a fifth more to write.
    """
    assert 0 <= seq < 1 << _PLACE_BITS, f"number {seq} of lane {lane}"
    return LANE_NUMBERS[lane] << _PLACE_BITS | seq


def last_place(lane: Lane) -> int:
    """Return the highest key a record of a lane can have."""
    return place(lane, (1 << _PLACE_BITS) - 1)


def seq_at(place_of_record: int) -> int:
    """Return the number of a record in its lane."""
    return place_of_record & (1 << _PLACE_BITS) - 1


def is_full(error: sqlite3.Error) -> bool:
    """Tell whether SQLite failed for want of room."""
    return getattr(error, "sqlite_errorname", "") in _FULL


def is_broken(error: sqlite3.Error) -> bool:
    """Tell whether SQLite says that the file is no sound database."""
    name: str = getattr(error, "sqlite_errorname", "")
    return any(name.startswith(broken) for broken in _BROKEN)


def connect(path: Path) -> sqlite3.Connection:
    """Open the writing connection; creates the file and brings its tables up to date.

    The connection may be handed to the one thread that will use it.

    Raises:
        sqlite3.Error: classed by `is_full` and `is_broken`.
        StorageError: the file is from a newer version of Daka.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        # auto_vacuum first: on a file already in WAL mode it would stay off for ever
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES:d}")
        connection.execute("PRAGMA journal_size_limit = 1048576")
        connection.execute("PRAGMA temp_store = MEMORY")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StorageError(
                f"{path} has schema {version}, this agent knows {SCHEMA_VERSION}: update the agent"
            )
        if version < SCHEMA_VERSION:
            from agent.schema import migrate

            migrate(connection)
            # into the file itself: one without tables was never an outbox, not a broken one
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a connection that only reads, beside a running agent or without one.

    Raises:
        StorageError: there is no outbox at `path`, or not one of this version.
    """
    if not path.exists():
        raise StorageError(f"no outbox at {path}: has the agent run with this data_dir?")
    # after a clean stop there is no write-ahead log, and a reader must not create one
    at_rest = "" if path.with_name(path.name + "-wal").exists() else "&immutable=1"
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro{at_rest}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION:
        connection.close()
        raise StorageError(
            f"{path} has schema {version}, this command knows {SCHEMA_VERSION}; is it just being made?"
        )
    return connection


def find_damage(connection: sqlite3.Connection) -> str | None:
    """Return what `quick_check` finds wrong, None for a sound file."""
    try:
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if finding == "ok" else str(finding)


def set_aside(path: Path, now_utc: datetime) -> Path:
    """Rename a damaged outbox, keeping it for rescue, and return its new name.

    Of earlier ones only the newest stays, `MAX_SET_ASIDE` in all.
    """
    mark = f".corrupt.{now_utc:%Y%m%dT%H%M%SZ}"
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(path.name + mark + suffix))
    kept = sorted(
        found
        for found in path.parent.glob(f"{path.name}.corrupt.*")
        if not found.name.endswith(("-wal", "-shm"))
    )
    for old in kept[:-MAX_SET_ASIDE]:
        for part in path.parent.glob(f"{old.name}*"):
            part.unlink()
    return path.with_name(path.name + mark)


def free_bytes(folder: Path) -> int:
    """Return the room left on the disk of `folder`."""
    return shutil.disk_usage(folder).free


class Ballast:
    """A file that only takes room, to be thrown overboard when the disk is full."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def aboard(self) -> bool:
        """Tell whether the room is reserved."""
        return self._path.exists()

    def release(self) -> None:
        """Give the room back to the disk."""
        self._path.unlink(missing_ok=True)

    def restore(self) -> bool:
        """Reserve the room again; False when the disk has none to give."""
        if self.aboard:
            return True
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
        except OSError:
            self.release()
            return False
        return True
