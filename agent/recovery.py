"""How the outbox comes up after whatever happened to it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent import storage
from agent.outbox import Outbox, read_counts
from agent.room import Limits
from agent.storage import Ballast, StorageError, StorageFullError


@dataclass(frozen=True, slots=True)
class Opened:
    """An outbox ready for use.

    Attributes:
        set_aside: where the damaged file was moved; None when it was sound.
        damage: what was wrong with it, empty when nothing was.
    """

    outbox: Outbox
    set_aside: Path | None = None
    damage: str = ""


def open_outbox(path: Path, limits: Limits, now_utc: datetime) -> Opened:
    """Open the outbox; after an unclean stop check it first and set a damaged one aside.

    A fresh file has a new epoch and no cursors, so every device is read again in full.

    Raises:
        StorageFullError: the disk has no room even to open it.
        StorageError: a newer agent wrote it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        damage = _damage_of(path)
        if damage is None:
            return Opened(_open(path, limits))
    except sqlite3.Error as error:
        if not storage.is_broken(error):
            raise StorageError(f"{path} cannot be opened: {error}") from error
        damage = str(error)
    moved = storage.set_aside(path, now_utc)
    return Opened(_open(path, limits), moved, damage)


def _open(path: Path, limits: Limits) -> Outbox:
    try:
        return _connected(path, limits)
    except StorageFullError:
        Ballast(path.with_name("ballast")).release()
        return _connected(path, limits)


def _connected(path: Path, limits: Limits) -> Outbox:
    try:
        return Outbox(path, storage.connect(path), limits)
    except sqlite3.Error as error:
        if storage.is_full(error):
            raise StorageFullError(
                f"the disk of {path.parent} is full ({error}); free space on this disk"
            ) from error
        raise


def _damage_of(path: Path) -> str | None:
    """Return what is wrong with the file; None when it is sound, new or was closed cleanly."""
    if not path.exists():
        return None
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if "meta" not in tables:
            return storage.find_damage(connection)
        clean = connection.execute("SELECT value FROM meta WHERE key = 'clean'").fetchone()
        if clean == ("1",):
            return None
        damage = storage.find_damage(connection)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if damage or version != storage.SCHEMA_VERSION:  # its records stand elsewhere
            return damage
        return _miscount(connection)
    finally:
        connection.close()


def _miscount(connection: sqlite3.Connection) -> str | None:
    """Check that the counters tell of the records that are there."""
    try:
        counts = read_counts(connection)
    except (AssertionError, ValueError, KeyError) as error:
        return f"counters: {error}"
    for lane, state in counts.lanes.items():
        least = storage.place(lane, 0)
        row = connection.execute(
            "SELECT count(*), coalesce(min(place) - ?, ?), coalesce(max(place) - ?, ?)"
            " FROM record WHERE place BETWEEN ? AND ?",
            (least, state.floor + 1, least, state.head, least, storage.last_place(lane)),
        ).fetchone()
        if row != (state.head - state.floor, state.floor + 1, state.head):
            return f"lane {lane}: {row} records, first, last do not fit {state}"
    return None
