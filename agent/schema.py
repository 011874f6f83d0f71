"""The tables of the outbox, as migrations; imported only when one is due.

sqlite-utils keeps the book of what was applied and commits each step with its entry. It
costs 5 MB, so the running agent loads this module only for an older file, and has a new one
made by ``python -m agent.schema OUTBOX``.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Final

from sqlite_utils import Database, Migrations

from agent.storage import SCHEMA_VERSION, connect, new_epoch, place
from sync.topics import Lane

MIGRATIONS: Final = Migrations("outbox")

_TABLES: Final = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE lane (
    lane TEXT PRIMARY KEY,
    head INTEGER NOT NULL,       -- the highest number given
    floor INTEGER NOT NULL,      -- records up to here have left the file, settled
    through INTEGER NOT NULL,    -- headquarters holds all up to here ...
    beyond TEXT NOT NULL,        -- ... and these ranges: JSON [[first, last], ...]
    hq_epoch TEXT                -- the headquarters database that said so
) WITHOUT ROWID;

CREATE TABLE record (
    lane TEXT NOT NULL,
    seq INTEGER NOT NULL,
    captured_utc_ms INTEGER NOT NULL,
    body TEXT NOT NULL,          -- JSON as it travels
    PRIMARY KEY (lane, seq)
) WITHOUT ROWID;

CREATE TABLE identity (          -- outlives its record, so that a re-read adds nothing
    key BLOB PRIMARY KEY,        -- local time of the event, then record_id: appends, not scatters
    captured_day INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE source (
    device TEXT NOT NULL,
    driver TEXT NOT NULL,
    source_id TEXT NOT NULL,
    cursor TEXT NOT NULL,        -- JSON only the driver understands
    complete_utc TEXT,           -- when the last complete pass began
    complete_heads TEXT NOT NULL,
    PRIMARY KEY (device, driver)
) WITHOUT ROWID;

CREATE TABLE quarantine (
    piece_no INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    source_id TEXT NOT NULL,
    position TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    raw BLOB NOT NULL,
    raw_bytes INTEGER NOT NULL,  -- of the whole, also where raw had to be cut
    raw_sha256 TEXT NOT NULL,
    captured_utc_ms INTEGER NOT NULL
);

CREATE TABLE rejection (         -- records headquarters keeps among its dead letters
    lane TEXT NOT NULL,
    seq INTEGER NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (lane, seq)
) WITHOUT ROWID;
"""


@MIGRATIONS()
def m001_outbox(db: Database) -> None:
    """Create the first tables."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)
    for lane in Lane:
        db.execute("INSERT INTO lane VALUES (?, 0, 0, 0, '[]', NULL)", [lane])
    for key, value in (("epoch", new_epoch()), ("captured", "0"), ("quarantined", "0")):
        db.execute("INSERT INTO meta VALUES (?, ?)", [key, value])


@MIGRATIONS()
def m002_record_places(db: Database) -> None:
    """Key records by one number, see `agent.storage.place`."""
    db.execute(
        "CREATE TABLE placed (place INTEGER PRIMARY KEY, captured_utc_ms INTEGER NOT NULL,"
        " body TEXT NOT NULL)"
    )
    for lane in Lane:
        db.execute(
            "INSERT INTO placed SELECT ? + seq, captured_utc_ms, body FROM record"
            " WHERE lane = ? ORDER BY seq",
            [place(lane, 0), lane],
        )
    db.execute("DROP TABLE record")
    db.execute("ALTER TABLE placed RENAME TO record")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to `SCHEMA_VERSION`; each step commits by itself and can be repeated."""
    MIGRATIONS.apply(Database(connection, recursive_triggers=False, use_counts_table=False))
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION:d}")


if __name__ == "__main__":
    connect(Path(sys.argv[1])).close()
