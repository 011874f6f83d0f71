"""The same compiled rules on a local Spark, which needs Java."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl
import pytest

from cloud_receiver.domain.histories import periods, with_history
from cloud_receiver.domain.revision import Change
from cloud_receiver.domain.rules import Rulebook
from cloud_receiver.domain.scores import Scoring
from cloud_receiver.store import archive_files
from cloud_receiver.store.rulebook import shipped_rules
from tests.unit.cloud_receiver.domain.test_rule_frames import NEUTRAL, random_history

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.filterwarnings("ignore")
BOOK = Rulebook(list(shipped_rules()))
GIVEN: dict[str, Any] = {
    "final": True, "target_met": True, "achievement_bp": 10_000, "subsidy_fen": 9_999,
    "stay_min": 60,
}  # fmt: skip


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """A Spark of this process alone."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("daka")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.ansi.enabled": "true",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def _decided(days: Any, scoring: Scoring) -> list[Any]:
    days = with_history(days)
    by_day = BOOK.in_force("2026-11-28").apply(days)
    return [by_day, BOOK.closing("2026-12-28").apply(periods(days, scoring))]


@pytest.mark.parametrize("scoring", [Scoring(), NEUTRAL], ids=["reweight", "neutral"])
def test_spark_comes_to_the_same_integers_as_polars(spark: SparkSession, scoring: Scoring) -> None:
    days = random_history(seed=5, people=6).with_columns(
        *[pl.lit(value).alias(name) for name, value in GIVEN.items()]
    )
    days = days.with_columns(pl.col(pl.Int32).cast(pl.Int64))
    rows = spark.createDataFrame(days.rows(), schema=days.columns)
    ours = _decided(nw.from_native(days), scoring)
    theirs = _decided(nw.from_native(rows), scoring)
    for mine, other in zip(ours, theirs, strict=True):
        found = nw.to_native(other)
        assert found.columns == mine.columns
        assert sorted(map(tuple, found.collect())) == sorted(mine.to_native().rows())


def test_spark_reads_the_archive_and_comes_to_the_same(spark: SparkSession, tmp_path: Path) -> None:
    days = random_history(seed=7, people=5).with_columns(
        *[pl.lit(value).alias(name) for name, value in GIVEN.items()],
        pl.lit("Normal").alias("status"),
    )
    days = days.with_columns(pl.col(pl.Int32).cast(pl.Int64))
    parts = []
    for (month,), own in days.group_by(pl.col("work_date").str.slice(0, 7), maintain_order=True):
        rows = [_row(day) for day in own.sort("employee_id", "work_date").to_dicts()]
        written = archive_files.write(tmp_path, archive_files.FACTS, str(month), 1, rows)
        parts.append({"kind": archive_files.FACTS, **asdict(written)})
    archive_files.put_manifest(tmp_path, parts)
    files = [str(path) for path in archive_files.listed(tmp_path, archive_files.FACTS)]
    assert len(files) > 1, "months stand in files of their own"
    archived = spark.read.parquet(*files).select(*days.columns)
    ours = _decided(nw.from_native(days.sort("employee_id", "work_date")), NEUTRAL)
    theirs = _decided(nw.from_native(archived), NEUTRAL)
    for mine, other in zip(ours, theirs, strict=True):
        found = nw.to_native(other)
        assert sorted(map(tuple, found.collect())) == sorted(mine.to_native().rows())


def _row(facts: dict[str, Any]) -> tuple[Any, ...]:
    evidence: dict[str, Any] = {key: [] for key in ("punches", "sales", "points", "findings")}
    row = Change(facts["work_date"], facts, evidence, None).row(now_utc_ms=0)
    return tuple(row[name] for name in archive_files.COLUMNS[archive_files.FACTS])
