"""The compiled form: the same integers on every engine, for one day and for many."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import duckdb
import narwhals as nw
import polars as pl

from cloud_receiver.domain.facts import CATALOGUE, FactType, FactValue
from cloud_receiver.domain.rules import Rulebook, RuleSet, decide
from cloud_receiver.store.rulebook import shipped_rules

SHIPPED = list(shipped_rules())
TYPES = {
    FactType.INT: (pl.Int64, "BIGINT"),
    FactType.BOOL: (pl.Boolean, "BOOLEAN"),
    FactType.TEXT: (pl.String, "VARCHAR"),
}


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
            "achievement_bp": chance.randint(0, 20_000),
            "subsidy_fen": chance.choice([0, 1, 9_999, 10_000, 10_005, 10**13]),
        }
        for number in range(count)
    ]


def _frame(rows: list[dict[str, FactValue]], names: tuple[str, ...]) -> pl.DataFrame:
    schema = {name: TYPES[CATALOGUE[name].type][0] for name in names}
    return pl.DataFrame([{name: row[name] for name in names} for row in rows], schema=schema)


def test_duckdb_and_polars_come_to_the_same_integers() -> None:
    rules = RuleSet(SHIPPED)
    days = _random_days(500, seed=7)
    native = _frame(days, rules.facts)
    on_polars = rules.apply(nw.from_native(native)).to_native()
    with duckdb.connect() as database:
        columns = [f"{name} {TYPES[CATALOGUE[name].type][1]}" for name in native.columns]
        database.execute(f"CREATE TABLE days ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        database.executemany(f"INSERT INTO days VALUES ({marks})", native.rows())
        relation = nw.to_native(rules.apply(nw.from_native(database.table("days"))))
        assert sorted(relation.fetchall()) == sorted(on_polars.rows())
        assert relation.columns == on_polars.columns


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
