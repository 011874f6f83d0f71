"""How fast the ledger is booked and proven, through the database.

    python -m bench.ledger [--entries 100000] [--url postgresql+psycopg://...]

Booking is `apply_outcomes` with outcomes, balances, feed and notices, a portion of the evaluator
a transaction and, as on a quiet day, a hundred employee-days; its floor is the same entries put
into a table of the same columns, nothing else. Verification is `verify_ledger`: read, hash,
compare; its floors are reading the same rows, and SHA-256 over the same bytes in memory.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec
from sqlalchemy import Engine, delete

from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.outcomes import Account, Explanation, Outcome, Text
from cloud_receiver.store.dirty import MAX_DAYS
from cloud_receiver.store.engine import (
    insert_rows,
    open_engine,
    read,
    sqlite_url,
    stream,
    upgrade,
    write,
)
from cloud_receiver.store.ledger import apply_outcomes
from cloud_receiver.store.tables import ledger
from cloud_receiver.store.verification import verify_ledger

ENTRIES = 100_000
QUIET_DAYS = 100
ROUNDS = 3
WANTED_VERIFIED_S = 100_000
COLUMNS = ", ".join(Entry._fields)
TEXT = Text("迟到扣减", "Late arrival")
MESSAGE = Text(
    "2026-11-02 您今日迟到20分钟,扣减10%补贴(10.00元)", "20 minutes late: 10% not granted"
)


def said(number: int) -> Outcome:
    """Return what a rule says of one employee-day, as large as real ones are."""
    who, date = (
        f"E{number % 5000:06d}",
        f"2026-{1 + number // 5000 % 12:02d}-{1 + number // 60000:02d}",
    )
    facts: dict[str, int | bool | str] = {
        "final": True, "late_min": 20, "scene": "community", "scheduled": True, "subsidy_fen": 10_000,
    }  # fmt: skip
    return Outcome(
        rule_id="late_standard", rule_version=1, row_id="late", employee_id=who, work_date=date,
        store_id="S1", account=Account.SUBSIDY, amount_fen=-1000,
        explanation=Explanation(TEXT, TEXT, facts, "subsidy_fen 10000 x 1000 / 10000 = 1000 fen",
                                -1000, (), None, {"punches": ("r" * 32, "s" * 32)}, MESSAGE),
    )  # fmt: skip


class Took(NamedTuple):
    """How long something took, by the wall and by the processor."""

    wall_s: float
    cpu_s: float

    def rates(self, count: int) -> str:
        """Return entries a second by both."""
        return f"{count / self.wall_s:>9,.0f}/s wall {count / self.cpu_s:>9,.0f}/s CPU"


def took(work: Callable[[], object]) -> Took:
    """Return how long a piece of work takes."""
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - start_s, time.process_time() - start_cpu_s)


def best(work: Callable[[], object]) -> Took:
    """Return the shortest of some rounds."""
    return min(took(work) for _ in range(ROUNDS))


def book(engine: Engine, first: int, count: int, days_a_flush: int) -> None:
    """Book entries as the evaluator does, a flush a transaction."""
    for start in range(first, first + count, days_a_flush):
        outcomes = [
            said(number) for number in range(start, min(start + days_a_flush, first + count))
        ]
        days = {one.day for one in outcomes}
        with write(engine) as connection:
            apply_outcomes(connection, days, outcomes, 1_793_600_000_000 + start)


def put(engine: Engine, rows: list[tuple[object, ...]], rows_a_flush: int) -> None:
    """Insert finished rows, as many a transaction."""
    for start in range(0, len(rows), rows_a_flush):
        with write(engine) as connection:
            insert_rows(connection, ledger, Entry._fields, rows[start : start + rows_a_flush])


def hashed(rows: list[bytes]) -> None:
    """Hash what verification hashes, already encoded."""
    for one in rows:
        sha256(one).hexdigest()


def bench(engine: Engine, count: int) -> None:
    half = count // 2
    booked = {
        flush: took(lambda flush=flush, first=first: book(engine, first, half, flush))
        for flush, first in ((MAX_DAYS, 0), (QUIET_DAYS, half))
    }
    query = f"SELECT {COLUMNS} FROM ledger ORDER BY entry_no"
    with read(engine) as connection:
        assert verify_ledger(connection) == (2 * half, "")
        verified = best(lambda: verify_ledger(connection))
        read_alone = best(lambda: sum(1 for _ in stream(connection, query)))
        rows = list(stream(connection, query))
    encode = msgspec.json.Encoder().encode
    contents = [encode(row[:-1]) for row in rows]
    hashed_alone = best(lambda: hashed(contents))
    print(f"{engine.dialect.name}: {2 * half:,} entries")
    for flush, mine in booked.items():
        with write(engine) as connection:
            connection.execute(delete(ledger))
        floor = took(lambda flush=flush: put(engine, rows[:half], flush))
        print(f"  booked {flush:>5} a flush {mine.rates(half)}   floor (rows alone) "
              f"{floor.rates(half)}   {mine.wall_s / floor.wall_s:.1f} x the floor's time")  # fmt: skip
    print(f"  verified            {verified.rates(2 * half)}   wanted >= {WANTED_VERIFIED_S:,}/s")
    for name, floor in (("read", read_alone), ("SHA-256", hashed_alone)):
        print(
            f"    floor, {name:<12} {floor.rates(2 * half)}   {verified.cpu_s / floor.cpu_s:.1f} x its CPU"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--url", help="an empty PostgreSQL database; default: SQLite in a new file")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        engine = open_engine(given.url or sqlite_url(Path(folder) / "hq.sqlite"))
        upgrade(engine)
        bench(engine, given.entries)
        engine.dispose()


if __name__ == "__main__":
    main()
