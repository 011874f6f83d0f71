"""How fast rules decide: ten years of history, one dirty day, and the ledger's verification.

Run ``python bench/rules.py [employee-days]``. The floor of the back-test is the least any
program could do with the same frame on the same machine: read each needed column once.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from statistics import median, quantiles

import narwhals as nw
import polars as pl

from cloud_receiver.domain.ledger import GENESIS, Entry, Head, post, verify
from cloud_receiver.domain.outcomes import Account, Explanation, Outcome, Text
from cloud_receiver.domain.rules import Rulebook, RuleSet, Total, decide
from cloud_receiver.store.rulebook import shipped_rules
from sync.money import yuan_text

EMPLOYEE_DAYS = 3_000_000
PORTION = 500_000  # employee-days at once: memory stays the same however long the history
ONE_DAY_RUNS = 500
ENTRIES = 100_000


def history(count: int) -> pl.DataFrame:
    """Return employee-days with every fact the shipped rules read, mixed without chance."""
    number = pl.int_range(count, dtype=pl.Int64)
    scenes = ["supermarket", "community", "convenience"]
    frame = pl.select(number=number)
    return frame.select(
        employee_id=pl.format("E{}", pl.col("number") // 100),
        work_date=pl.format("2026-{}-{}", 10 + pl.col("number") % 3, 10 + pl.col("number") % 19),
        scene=pl.lit(pl.Series(scenes)).gather(pl.col("number") % 3),
        final=pl.col("number") % 50 != 0,
        scheduled=pl.col("number") % 7 != 0,
        full_attendance=pl.col("number") % 5 != 0,
        target_met=pl.col("number") * 7919 % 100 < 40,
        late_min=pl.when(pl.col("number") % 5 == 0)
        .then(pl.col("number") * 31 % 90)
        .otherwise(pl.lit(0, pl.Int64)),
        clean_streak_days=pl.col("number") % 23,
        achievement_bp=pl.col("number") * 7919 % 20_000,
        subsidy_fen=8_000 + pl.col("number") % 5 * 1_000,
    )


def backtest(rules: RuleSet, frame: pl.DataFrame) -> dict[str, Total]:
    """Return what each rule would have done, a portion of the history at a time."""
    totals = {rule.id: Total(days=0, amount_fen=0) for rule in rules.rules}
    for portion in frame.iter_slices(PORTION):
        for rule_id, more in rules.totals(nw.from_native(portion.lazy())).items():
            so_far = totals[rule_id]
            totals[rule_id] = Total(so_far.days + more.days, so_far.amount_fen + more.amount_fen)
    return totals


def floor(frame: pl.DataFrame) -> None:
    """Read every column once, as a sum of its bytes or numbers."""
    for portion in frame.iter_slices(PORTION):
        portion.lazy().select(
            pl.col(pl.String).str.len_bytes().sum(), pl.col(pl.Int64, pl.Boolean).sum()
        ).collect()


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s


def bench_history(rules: RuleSet, count: int) -> None:
    frame = history(count)
    before_mb = peak_mb()
    floor_s = min(seconds(lambda: floor(frame)) for _ in range(3))
    start_s = time.perf_counter()
    totals = backtest(rules, frame)
    took_s = time.perf_counter() - start_s
    print(f"{count:,} employee-days x {len(rules.rules)} rules: {took_s:.2f} s "
          f"({count / took_s / 1e6:.1f} M/s), floor {floor_s:.2f} s, ratio {took_s / floor_s:.1f}")  # fmt: skip
    print(f"  memory peak {peak_mb():.0f} MB, of which before the run {before_mb:.0f} MB")
    for rule_id, total in totals.items():
        print(f"  {rule_id}: {total.days:,} days, {yuan_text(total.amount_fen)} yuan")


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
    book = Rulebook(list(shipped_rules()))
    bench_history(book.in_force("2026-11-02"), int(sys.argv[1]) if sys.argv[1:] else EMPLOYEE_DAYS)
    bench_one_day(book)
    bench_verification()


if __name__ == "__main__":
    main()
