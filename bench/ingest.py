"""How fast headquarters takes batches in: decode, identity, commit; one core, no network.

    python -m bench.ingest [--records 100000] [--runs 3]

The floor is the same rows written by `sqlite3` alone, in the same run, with the same PRAGMAs
and as many rows a commit. Beside the wall time stands the processor time, which a busy
machine disturbs less.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from sqlalchemy import select

from cloud_receiver.ingest import take_in
from cloud_receiver.mail import Message, sort_mail
from cloud_receiver.store.engine import SQLITE_PRAGMAS, open_engine, read, sqlite_url, upgrade
from cloud_receiver.store.journal import Entry
from cloud_receiver.store.tables import journal
from sync import topics
from sync.envelope import MAX_BATCH_RECORDS, encode_batch, encode_body
from sync.identity import record_id
from sync.records import Punch, to_wire
from sync.topics import Lane

WINDOW_BATCHES = 8  # a box has at most so many batches under way: the size of its commits
FIRST = datetime(2026, 11, 23, 8)
PUNCH = Punch(
    device_serial="OIN7040057022500123",
    user_id="1007",
    device_time="2026-11-23T08:59:59",
    state_code=255,
    verify_code=1,
    occurrence=0,
    workcode="",
    store_id="s001",
    driver="zkteco",
    received_at_utc="2026-11-23T01:00:02.120Z",
    boot_id="0b0fb2c0-5c5c-4d5e-9a5c-8d8a2f1f6c11",
    boottime_ms=123456789,
    clock_offset_ms=-120,
)


def punches(count: int) -> list[Punch]:
    """Return `count` different touches, one every seven seconds, as a terminal holds them."""
    return [
        replace(
            PUNCH,
            user_id=str(1000 + number % 500),
            device_time=(FIRST + timedelta(seconds=7 * number)).strftime("%Y-%m-%dT%H:%M:%S"),
        )
        for number in range(count)
    ]


def messages_of(records: Sequence[Punch]) -> list[Message]:
    """Return the messages a box sends for these records."""
    bodies = [encode_body(to_wire(record)) for record in records]
    topic = topics.up("bench", "box-1", Lane.PUNCH)
    return [
        Message(topic, encode_batch("box-1", "e1", Lane.PUNCH, start + 1, bodies[start:end]))
        for start in range(0, len(bodies), MAX_BATCH_RECORDS)
        for end in [start + MAX_BATCH_RECORDS]
    ]


def groups(messages: Sequence[Message]) -> list[Sequence[Message]]:
    """Return the messages in the portions that are committed together."""
    return [
        messages[start : start + WINDOW_BATCHES]
        for start in range(0, len(messages), WINDOW_BATCHES)
    ]


@dataclass(frozen=True, slots=True)
class Spent:
    """What some work took."""

    wall_s: float
    cpu_s: float


def spent(work: Callable[[], object]) -> Spent:
    """Return what `work` takes."""
    wall_s, cpu_s = perf_counter(), process_time()
    work()
    return Spent(perf_counter() - wall_s, process_time() - cpu_s)


def identify(records: Sequence[Punch]) -> None:
    """Compute identities from built records, as a box does."""
    for record in records:
        record_id(record)


def decode(messages: Sequence[Message]) -> None:
    """Decode, check and identify, a commit's worth at a time."""
    for group in groups(messages):
        sort_mail("bench", group)


def take_all_in(folder: Path, messages: Sequence[Message]) -> Spent:
    """Return what headquarters needs for these messages, from bytes to commits."""
    engine = open_engine(sqlite_url(folder / "hq.db"))
    upgrade(engine)
    taken = spent(lambda: [take_in(engine, "bench", group, 0) for group in groups(messages)])
    engine.dispose()
    return taken


def floor(folder: Path) -> Spent:
    """Return what bare `sqlite3` needs for the rows that `take_all_in` left."""
    engine = open_engine(sqlite_url(folder / "hq.db"))
    columns = [journal.c[name] for name in Entry._fields]
    with read(engine) as connection:
        rows = [tuple(row) for row in connection.execute(select(*columns).order_by("entry_no"))]
        ddl = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'journal' AND sql IS NOT NULL"
        )
        statements = [row[0] for row in ddl]
    engine.dispose()
    bare = sqlite3.connect(folder / "floor.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    for pragma in SQLITE_PRAGMAS:
        bare.execute(f"PRAGMA {pragma}")
    for statement in statements:
        bare.execute(statement)
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT INTO journal ({', '.join(Entry._fields)}) VALUES ({marks})"
    a_commit = WINDOW_BATCHES * MAX_BATCH_RECORDS

    def write_all() -> None:
        for start in range(0, len(rows), a_commit):
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany(insert, rows[start : start + a_commit])
            bare.execute("COMMIT")

    written = spent(write_all)
    bare.close()
    return written


def main(count: int, runs: int) -> None:
    """Print medians over `runs`, each step measured in each run."""
    records = punches(count)
    messages = messages_of(records)
    found: dict[str, list[Spent]] = {}
    for _ in range(runs):
        with TemporaryDirectory(prefix="daka-ingest-") as folder:
            steps = {
                "identity of built records": spent(lambda: identify(records)),
                "decode, check and identify": spent(lambda: decode(messages)),
                "the same and commit": take_all_in(Path(folder), messages),
                "floor: bare sqlite3 commit": floor(Path(folder)),
            }
        for name, one in steps.items():
            found.setdefault(name, []).append(one)
    print(
        f"{count} punches, {MAX_BATCH_RECORDS} a batch, {WINDOW_BATCHES} batches a commit,"
        f" median of {runs}"
    )
    walls = {name: statistics.median(one.wall_s for one in all_) for name, all_ in found.items()}
    cpus = {name: statistics.median(one.cpu_s for one in all_) for name, all_ in found.items()}
    base_s = walls["floor: bare sqlite3 commit"]
    for name, wall_s in walls.items():
        print(
            f"{name:28} {count / wall_s:10,.0f} records/s  {wall_s / count * 1e6:6.2f} us wall"
            f"  {cpus[name] / count * 1e6:6.2f} us cpu  {wall_s / base_s:5.2f} x floor"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    main(asked.records, asked.runs)
