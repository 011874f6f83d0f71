"""The compiled form: the same integers on every engine, for one day and for many."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import msgspec
import narwhals as nw
import polars as pl
import pytest

from cloud_receiver.domain.clauses import PERIODIC
from cloud_receiver.domain.documents import Grant, Row
from cloud_receiver.domain.facts import CATALOGUE, FactType, FactValue
from cloud_receiver.domain.histories import periods, with_history
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.domain.rules import Rulebook, RuleSet, decide
from cloud_receiver.domain.scores import Missing, Scoring
from cloud_receiver.store.rulebook import shipped_rules

EVERY = list(shipped_rules())
BOOK = Rulebook(EVERY)
SHIPPED = [rule for rule in EVERY if rule.grain not in PERIODIC]
STICKY = msgspec.structs.replace(
    next(rule for rule in EVERY if rule.id == "target_instant"), id="sticky", sticky_days=7
)
NEUTRAL = Scoring(missing=Missing.NEUTRAL, sales_cap=None, min_feedbacks=5)
TYPES = {
    FactType.INT: pl.Int64,
    FactType.BOOL: pl.Boolean,
    FactType.TEXT: pl.String,
}


def random_history(seed: int, people: int = 12, days: int = 28) -> pl.DataFrame:
    """Return days of some people in order, the later ones in a campaign."""
    chance = random.Random(seed)
    rows = []
    for number in range(people):
        for day in range(1, days + 1):
            is_clean = chance.random() < 0.8
            rows.append(
                {
                    "employee_id": f"E{number:02d}", "work_date": f"2026-{11 if day < 20 else 12}-{day:02d}",
                    "store_id": f"S{number % 3}", "scene": "community", "team": "",
                    "campaign_id": "c" if day > 9 else "", "scheduled": chance.random() < 0.8,
                    "full_attendance": is_clean, "on_leave": chance.random() < 0.1,
                    "late_min": 0 if is_clean else chance.randint(0, 40), "early_min": 0,
                    "overtime_min": chance.choice([0, 45, 240]),
                    "missing_card": chance.random() < 0.05, "absent": False,
                    "sales_fen": chance.randint(-9, 20_000),
                    "target_fen": chance.choice([0, 10_000]) if number else 0,
                    "feedback_count": chance.choice([0, 0, 0, 1]),
                    "feedback_sum_milli": chance.randint(0, 100_000),
                }
            )  # fmt: skip
    return pl.DataFrame(rows)


def _random_days(count: int, seed: int) -> list[dict[str, FactValue]]:
    chance = random.Random(seed)
    return [
        {
            "employee_id": f"E{number:05d}",
            "work_date": f"2026-11-{chance.randint(1, 28):02d}",
            "store_id": "S1",
            "scene": chance.choice(["supermarket", "community", "convenience", ""]),
            "final": chance.random() < 0.9,
            "scheduled": chance.random() < 0.9,
            "full_attendance": chance.random() < 0.5,
            "target_met": chance.random() < 0.5,
            "late_min": chance.choice([0, 0, 1, 15, 16, 20, 21, 30, 31, 60, 61, 400]),
            "clean_streak_days": chance.randint(0, 31),
            "stay_min": chance.choice([0, 59, 60, 61]),
            "target_lost_days": chance.choice([0, 0, 6, 7, 8]),
            "achievement_bp": chance.randint(0, 20_000),
            "subsidy_fen": chance.choice([0, 1, 9_999, 10_000, 10_005, 10**13]),
        }
        for number in range(count)
    ]


def _frame(rows: list[dict[str, FactValue]], names: tuple[str, ...]) -> pl.DataFrame:
    schema = {name: TYPES[CATALOGUE[name].type] for name in names}
    known = [{name: row.get(name, CATALOGUE[name].default) for name in names} for row in rows]
    return pl.DataFrame(known, schema=schema)


def _in_duckdb(database: duckdb.DuckDBPyConnection, native: pl.DataFrame) -> Any:
    """Return the same rows as a DuckDB table."""
    schema = native.schema
    kinds = {pl.Int64: "BIGINT", pl.Boolean: "BOOLEAN", pl.String: "VARCHAR"}
    columns = [f"{name} {kinds[type(kind)]}" for name, kind in schema.items()]
    database.execute(f"CREATE OR REPLACE TABLE days ({', '.join(columns)})")
    marks = ", ".join("?" * len(columns))
    database.executemany(f"INSERT INTO days VALUES ({marks})", native.rows())
    return nw.from_native(database.table("days"))


def test_duckdb_and_polars_come_to_the_same_integers() -> None:
    rules = RuleSet([*SHIPPED, STICKY])
    native = _frame(_random_days(500, seed=7), rules.facts)
    on_polars = rules.apply(nw.from_native(native)).to_native()
    with duckdb.connect() as database:
        relation = nw.to_native(rules.apply(_in_duckdb(database, native)))
        assert sorted(relation.fetchall()) == sorted(on_polars.rows())
        assert relation.columns == on_polars.columns


def _whole_history(days: Any, scoring: Scoring) -> tuple[Any, Any]:
    """Return days with runs and counts, and campaigns with every period and rank rule."""
    days = with_history(days)
    return days, BOOK.closing("2026-11-28").apply(periods(days, scoring))


@pytest.mark.parametrize("scoring", [Scoring(), NEUTRAL], ids=["reweight", "neutral"])
def test_runs_counts_scores_and_ranks_are_the_same_on_duckdb_and_polars(scoring: Scoring) -> None:
    native = random_history(seed=len(scoring.missing))
    in_memory = [one.to_native() for one in _whole_history(nw.from_native(native), scoring)]
    lazily = [
        one.collect().to_native()
        for one in _whole_history(
            nw.from_native(native.sample(fraction=1, shuffle=True, seed=1).lazy()), scoring
        )
    ]
    with duckdb.connect() as database:
        relations = _whole_history(_in_duckdb(database, native), scoring)
        for mine, lazy, other in zip(in_memory, lazily, map(nw.to_native, relations), strict=True):
            assert other.columns == mine.columns == lazy.columns
            assert sorted(other.fetchall()) == sorted(mine.rows()) == sorted(lazy.rows())
    assert in_memory[1].filter(pl.col("row_0") > 0).height, "somebody must be chosen"


def test_floor_division_of_negatives_is_kept_out_of_every_formula() -> None:
    """Engines differ on it; a base below 0 counts as 0 before anything is divided."""
    days = pl.DataFrame({"sales_fen": [-1, -10_005, 0, 10_005], "subsidy_fen": [10_000] * 4})
    rule = msgspec.structs.replace(
        next(rule for rule in SHIPPED if rule.id == "target_instant"),
        rows=(Row("share", {}, Grant(rate_bp=1000, of="sales_fen"), Text("提成", "share")),),
    )
    rules = RuleSet([rule])
    columns = {
        "employee_id": pl.lit("E"),
        "work_date": pl.lit("2026-11-02"),
        "target_met": pl.lit(value=True),
    }
    native = days.with_columns(**columns).select(rules.facts)
    assert rules.apply(nw.from_native(native)).to_native()["net_0"].to_list() == [0, 0, 0, 1001]
    with duckdb.connect() as database:
        other = nw.to_native(rules.apply(_in_duckdb(database, native)))
        assert sorted(other.select("net_0").fetchall()) == [(0,), (0,), (0,), (1001,)]


def test_every_number_between_facts_and_amounts_is_int64() -> None:
    rules = RuleSet(SHIPPED)
    frame = rules.apply(nw.from_native(_frame(_random_days(20, seed=1), rules.facts)))
    computed = {name: kind for name, kind in frame.schema.items() if name not in rules.facts}
    assert len(computed) == 5 * len(SHIPPED)
    assert set(computed.values()) == {nw.Int64}


def test_one_day_and_many_days_are_decided_alike() -> None:
    book = Rulebook(SHIPPED)
    days = _random_days(60, seed=3)
    together = decide(book, days)
    one_by_one = [outcome for day in days for outcome in decide(book, [day])]
    assert sorted(one_by_one, key=lambda one: one.outcome_key) == together


def test_threads_that_decide_at_once_do_not_mix_their_days() -> None:
    book = Rulebook(SHIPPED)
    parts = [_random_days(5, seed) for seed in range(24)]
    alone = [decide(book, part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda part: decide(book, part), parts)) == alone
