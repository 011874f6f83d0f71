"""The floor under every rate that ends in SQLite: the same rows, nothing else, in the same run."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

ROWS_A_COMMIT = 3200  # about what headquarters commits at once when a box drains
_BODY = "x" * 330  # the length of a punch as JSON


def rate(rows: int) -> float:
    """Return rows a second into one table with a unique key, WAL and synchronous=FULL."""
    with TemporaryDirectory(prefix="daka-floor-") as folder:
        database = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE t (no INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT)")
        began_s = perf_counter()
        for start in range(0, rows, ROWS_A_COMMIT):
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                "INSERT INTO t (id, body) VALUES (?, ?)",
                (
                    (f"{number:032d}", _BODY)
                    for number in range(start, min(start + ROWS_A_COMMIT, rows))
                ),
            )
            database.execute("COMMIT")
        seconds = perf_counter() - began_s
        database.close()
    return rows / seconds
