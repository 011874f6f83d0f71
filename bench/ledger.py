"""How fast the ledger is booked and proven, through the database.

    python -m bench.ledger [--entries 100000] [--url postgresql+psycopg://...]

Booking is `apply_outcomes`, a hundred employee-days a flush, with outcomes, balances and
notices; its floor is the same entries put into a table of the same columns, nothing else.
Verification is `verify_ledger`: read, hash, compare; its floor is reading the same rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, delete

from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.outcomes import Account, Explanation, Outcome, Text
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
DAYS_A_FLUSH = 100
ROUNDS = 3
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


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s


def book(engine: Engine, count: int) -> None:
    """Book entries as the evaluator does, a flush a transaction."""
    for start in range(0, count, DAYS_A_FLUSH):
        outcomes = [said(number) for number in range(start, min(start + DAYS_A_FLUSH, count))]
        days = {one.day for one in outcomes}
        with write(engine) as connection:
            apply_outcomes(connection, days, outcomes, 1_793_600_000_000 + start)


def put(engine: Engine, rows: list[tuple[object, ...]]) -> None:
    """Insert finished rows, as many a transaction."""
    for start in range(0, len(rows), DAYS_A_FLUSH):
        with write(engine) as connection:
            insert_rows(connection, ledger, Entry._fields, rows[start : start + DAYS_A_FLUSH])


def bench(engine: Engine, count: int) -> None:
    book_s = seconds(lambda: book(engine, count))
    with read(engine) as connection:
        query = f"SELECT {COLUMNS} FROM ledger ORDER BY entry_no"
        verify_s = min(seconds(lambda: verify_ledger(connection)) for _ in range(ROUNDS))
        floor_s = min(
            seconds(lambda: sum(1 for _ in stream(connection, query))) for _ in range(ROUNDS)
        )
        assert verify_ledger(connection) == (count, "")
        rows = list(stream(connection, query))
    with write(engine) as connection:
        connection.execute(delete(ledger))
    put_s = seconds(lambda: put(engine, rows))
    print(f"{engine.dialect.name}: {count:,} entries")
    print(
        f"  booked   {count / book_s:>10,.0f}/s   floor {count / put_s:>10,.0f}/s   ratio {book_s / put_s:.1f}"
    )
    print(
        f"  verified {count / verify_s:>10,.0f}/s   floor {count / floor_s:>10,.0f}/s   ratio {verify_s / floor_s:.1f}"
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
