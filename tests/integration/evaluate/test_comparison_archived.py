"""Results of another system are laid beside days that are in the archive as beside all others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from cloud_receiver.store import archive_run, tables
from cloud_receiver.store.archive_files import FACTS
from cloud_receiver.store.comparison import Comparison, compare
from tests.integration.evaluate.old_months import FIRST, LATE_ON, fill

CLEAN_ON, FREE_ON, ONLINE_ON, LAST = "2027-01-05", "2026-12-05", "2027-05-01", "2027-05-10"


@pytest.fixture
def old(hq: Any) -> Any:
    """Three closed months, and what another system said of five days."""
    fill(hq)
    said = (
        (FIRST, "Normal", 0), (LATE_ON, "Late", 19), (FREE_ON, "Normal", None),
        (CLEAN_ON, "Normal", None), (ONLINE_ON, "Normal", 0),
    )  # fmt: skip
    rows = [
        {"origin": "dingtalk", "employee_id": "E1", "work_date": date, "status": status,
         "late_min": late_min, "raw": "{}", "file": "a.xlsx", "line": line, "author": "hr",
         "created_utc_ms": 1}
        for line, (date, status, late_min) in enumerate(said, start=2)
    ]  # fmt: skip
    hq.writing(lambda c: c.execute(insert(tables.imported_result), rows))
    return hq


def _compared(hq: Any) -> Comparison:
    found = hq.reading(lambda c: compare(c, FIRST, LAST))
    assert isinstance(found, Comparison)
    return found


def test_archived_days_are_compared_as_if_they_had_never_left(old: Any, tmp_path: Path) -> None:
    before = _compared(old)
    assert (before.agreed, before.unjudged, before.archived) == (2, 1, 0)
    first = before.disagreements[0]
    assert (first.work_date, first.our_late_min) == (LATE_ON, 20)
    list(archive_run.run(old.engine, tmp_path, old.now_utc_ms, 2))
    assert _compared(old) == before


def test_a_file_that_is_lost_is_told(old: Any, tmp_path: Path) -> None:
    list(archive_run.run(old.engine, tmp_path, old.now_utc_ms, 2))
    (lost,) = (tmp_path / FACTS / "month=2026-12").glob("*.parquet")
    lost.unlink()
    found = _compared(old)
    assert (found.agreed, found.archived) == (2, 2)
    assert lost.name in found.trouble
