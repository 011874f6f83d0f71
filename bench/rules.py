"""How fast rules decide: a back-test of years, one dirty day, and the ledger's verification.

Run ``python -m bench.rules [employee-days]``. The back-test counts runs, months, campaigns and
ranks from bare days and weighs the whole shipped set. Beside it stand a floor (read each needed
column once) and zen-engine in its fastest mode, a table over a list, given all facts ready.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import msgspec
import narwhals as nw
import polars as pl
import zen
from sqlalchemy import Engine, func, select, update

from bench.judge import enrol, journal, line, timed_both
from cloud_receiver.domain.backtest import PORTION_DAYS, by_people, facts_needed, totals
from cloud_receiver.domain.clauses import PERIODIC
from cloud_receiver.domain.decision_table import facts_of
from cloud_receiver.domain.histories import with_history
from cloud_receiver.domain.jdm import jdm
from cloud_receiver.domain.ledger import GENESIS, Entry, Head, post, verify
from cloud_receiver.domain.outcomes import Account, Explanation, Outcome, Text
from cloud_receiver.domain.rules import Rulebook, Total, decide
from cloud_receiver.domain.tallies import Tally
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.store import tables
from cloud_receiver.store.engine import open_engine, read, sqlite_url, upgrade, write
from cloud_receiver.store.journal import Entry as JournalEntry
from cloud_receiver.store.journal import append
from cloud_receiver.store.rulebook import shipped_rules
from sync.clock import SystemClock, utc_text
from sync.envelope import encode_body
from sync.identity import record_id
from sync.money import yuan_text
from sync.records import to_wire

EMPLOYEE_DAYS = 3_000_000
ZEN_DAYS = 20_000
ZEN_AT_ONCE = 1_000
ONE_DAY_RUNS = 500
FLUSH_PEOPLE, FLUSH_DAYS = 50, 30
WANTED_FLUSH_MS = 30
ENTRIES = 100_000
DAYS_A_PERSON = 100


def history(count: int) -> pl.DataFrame:
    """Return bare employee-days in order, mixed without chance; ten of thirty in a campaign."""
    number = pl.col("number")
    person, day = number // DAYS_A_PERSON, number % DAYS_A_PERSON
    zero = pl.lit(0, pl.Int64)
    is_late = (number % 11 == 0) | ((person % 50 == 0) & (number % 2 == 0))
    late = pl.when(is_late).then(number * 31 % 90).otherwise(zero)
    scenes = pl.lit(pl.Series(["supermarket", "community", "convenience"]))
    campaign = pl.format("C{}-{}", person // 200, day // 30)
    return pl.select(number=pl.int_range(count, dtype=pl.Int64)).select(
        employee_id=pl.format("E{}", person.cast(pl.String).str.zfill(6)),
        work_date=(pl.date(2026, 3, 1) + pl.duration(days=day)).dt.strftime("%Y-%m-%d"),
        store_id=pl.format("S{}", person // 20),
        scene=scenes.gather(person % 3),
        team=pl.lit(""),
        campaign_id=pl.when(day % 30 < 10).then(campaign).otherwise(pl.lit("")),
        scheduled=number % 7 != 0,
        final=number % 50 != 0,
        arrived=pl.lit(value=True),
        on_leave=number % 131 == 0,
        full_attendance=(late == 0) & (number % 17 != 0),
        late_min=late,
        early_min=pl.when(number % 17 == 0).then(pl.lit(5, pl.Int64)).otherwise(zero),
        missing_card=number % 97 == 0,
        absent=number % 301 == 0,
        stay_min=number % 90,
        overtime_min=number % 90,
        target_met=number * 7919 % 100 < 40,
        achievement_bp=number * 7919 % 20_000,
        sales_fen=number * 7919 % 200_000,
        target_fen=pl.lit(100_000, pl.Int64),
        feedback_count=(number % 4 == 0).cast(pl.Int64),
        feedback_sum_milli=pl.when(number % 4 == 0).then(number * 37 % 100_001).otherwise(zero),
        subsidy_fen=8_000 + number % 5 * 1_000,
    )


def backtest(book: Rulebook, frame: pl.DataFrame) -> dict[str, Total]:
    """Count what days owe to the days before them, then weigh every rule."""
    counted = (with_history(nw.from_native(some)).to_native() for some in by_people(frame))
    return totals(book, counted)


def floor(frame: pl.DataFrame) -> None:
    """Read every column once, as a sum of its bytes or numbers."""
    for portion in frame.iter_slices(PORTION_DAYS):
        portion.lazy().select(
            pl.col(pl.String).str.len_bytes().sum(), pl.col(pl.Int64, pl.Boolean).sum()
        ).collect()


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s


def bench_history(book: Rulebook, count: int) -> None:
    frame = history(count)
    before_mb = peak_mb()
    floor_s = min(seconds(lambda: floor(frame)) for _ in range(3))
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    found = backtest(book, frame)
    took_s, cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
    print(f"{count:,} employee-days x {len(found)} rules: {took_s:.2f} s, {cpu_s:.2f} s of CPU "
          f"({count / took_s / 1e6:.2f} M/s; wanted <= 5 s for 3 M), floor {floor_s:.2f} s")  # fmt: skip
    print(f"  memory peak {peak_mb():.0f} MB, of which before the run {before_mb:.0f} MB")
    for rule_id, total in found.items():
        print(f"  {rule_id}: {total.days:,} days, {yuan_text(total.amount_fen)} yuan")
    zen_rate, zen_cpu_rate = bench_zen(book, frame.head(ZEN_DAYS))
    print(f"  against zen-engine: {count / took_s / zen_rate:.0f} x by the wall, "
          f"{count / cpu_s / zen_cpu_rate:.0f} x by processor time (wanted >= 20 x)")  # fmt: skip


def bench_zen(book: Rulebook, frame: pl.DataFrame) -> tuple[float, float]:
    """Return employee-days a second of zen-engine for the same day rules, facts given.

    By the wall and by processor time.
    """
    rules = [rule for _, _, some in book.stretches() for rule in some.rules]
    assert all(rule.grain not in PERIODIC for rule in rules)
    engine = zen.ZenEngine()
    days = with_history(nw.from_native(frame)).to_native()
    work = []
    for rule in rules:
        graph = jdm(rule)
        table = graph["nodes"][1]["content"]
        table |= {"executionMode": "loop", "inputField": "days", "outputPath": "said"}
        decision = engine.create_decision(json.dumps(graph))
        rows = days.select(sorted(facts_of(rule))).to_dicts()  # no more than it reads
        assert len(decision.evaluate({"days": rows[:3]})["result"]["said"]) == 3
        work.append((decision, rows))
    took_s, cpu_s = timed_both(lambda: [
        decision.evaluate({"days": rows[start : start + ZEN_AT_ONCE]})
        for decision, rows in work
        for start in range(0, len(rows), ZEN_AT_ONCE)
    ])  # fmt: skip
    rate, cpu_rate = len(days) / took_s, len(days) / cpu_s
    print(f"  zen-engine, {len(rules)} tables over lists of {ZEN_AT_ONCE}: {rate:,.0f} days/s "
          f"by the wall, {cpu_rate:,.0f} by processor time")  # fmt: skip
    return rate, cpu_rate


def bench_one_day(book: Rulebook) -> None:
    facts = {
        "employee_id": "E1", "work_date": "2026-11-02", "store_id": "S1", "scene": "community",
        "final": True, "scheduled": True, "late_min": 20, "subsidy_fen": 10_000,
        "target_met": True,
    }  # fmt: skip
    first_ms = seconds(lambda: decide(book, [facts])) * 1000
    runs_ms = [seconds(lambda: decide(book, [facts])) * 1000 for _ in range(ONE_DAY_RUNS)]
    floor_ms = median(seconds(lambda: pl.DataFrame([facts]).to_dicts()) * 1000 for _ in range(100))
    print(f"one dirty day through decide(): p50 {median(runs_ms):.2f} ms, "
          f"p99 {quantiles(runs_ms, n=100)[98]:.2f} ms, floor (a frame and back) {floor_ms:.2f} ms, "
          f"first (compiles) {first_ms:.0f} ms")  # fmt: skip


def bench_flush() -> None:
    """Time what a refund takes from the journal to the entry that takes the award back."""
    with TemporaryDirectory() as folder:
        engine = open_engine(sqlite_url(Path(folder) / "hq.sqlite"))
        upgrade(engine)
        now = SystemClock.of_this_boot().now_utc()
        dates = [(now - timedelta(days=n)).date().isoformat() for n in range(FLUSH_DAYS, 0, -1)]
        enrol(engine, FLUSH_PEOPLE, dates, utc_ms(now))
        journal(engine, FLUSH_PEOPLE, dates, now)
        evaluator = Evaluator(engine, SystemClock.of_this_boot())
        while evaluator.flush():
            pass
        with write(engine) as connection:  # the month before was told long ago
            connection.execute(update(tables.notice).values(state="sent"))
        before = _booked(engine)
        took = []
        for number in range(FLUSH_PEOPLE):
            sold = line(f"E{number:05}", "S000", f"{dates[-1]}T12:00:00", utc_text(now))
            back = replace(sold, line_kind="refund", amount_fen=-(10**6))
            entry = JournalEntry(record_id(back), "sale", "S000", "box", "e", "sale",
                                 10**6 + number, encode_body(to_wire(back)), utc_ms(now))  # fmt: skip
            with write(engine) as connection:
                append(connection, [entry])
            took.append(timed_both(evaluator.flush))
        assert _booked(engine) >= before + FLUSH_PEOPLE, "each refund must take an award back"
        engine.dispose()
    wall_ms = sorted(wall_s * 1000 for wall_s, _ in took)
    cpu_ms = median(cpu_s * 1000 for _, cpu_s in took)
    print(f"live flush of one changed day, a refund to its entry in the ledger: p50 "
          f"{median(wall_ms):.1f} ms, max {wall_ms[-1]:.1f} ms of {FLUSH_PEOPLE}, p50 {cpu_ms:.1f} ms "
          f"of CPU (wanted <= {WANTED_FLUSH_MS} ms)")  # fmt: skip


def _booked(engine: Engine) -> int:
    with read(engine) as connection:
        return connection.scalar(select(func.count()).select_from(tables.ledger)) or 0


def bench_verification() -> None:
    text = Text("迟到扣减", "Late arrival")
    facts: dict[str, int | bool | str] = {"late_min": 20, "subsidy_fen": 10_000}
    why = Explanation(text, text, facts, "", -1000, (), None, {"punches": ("r" * 40,) * 2}, text)
    outcomes = [
        Outcome(
            rule_id="late_standard", rule_version=1, row_id="late", employee_id=f"E{number:06d}",
            work_date="2026-11-02", store_id="S1", account=Account.SUBSIDY, amount_fen=-1000,
            explanation=why,
        )
        for number in range(ENTRIES)
    ]  # fmt: skip
    entries: list[Entry] = []
    post_s = seconds(lambda: entries.extend(post(outcomes, [], GENESIS, 0)))
    head = Head(entries[-1].entry_no, entries[-1].hash)
    verify_s = seconds(lambda: verify(entries, head))
    assert verify(entries, head) == (ENTRIES, "")
    print(f"ledger: {ENTRIES / post_s:,.0f} entries/s chained, {ENTRIES / verify_s:,.0f} verified")


def peak_mb() -> float:
    """Return the highest memory of this process so far (Linux counts it in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    always = [msgspec.structs.replace(one, effective_from="2020-01-01") for one in shipped_rules()]
    book = Rulebook(always)
    missing = set(facts_needed(book)) - set(history(1).columns) - set(Tally._fields)
    assert not missing, f"the history lacks {missing}"
    bench_history(book, int(sys.argv[1]) if sys.argv[1:] else EMPLOYEE_DAYS)
    bench_one_day(book)
    bench_flush()
    bench_verification()


if __name__ == "__main__":
    main()
