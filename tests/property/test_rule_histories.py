"""Runs and counts kept up day by day are those computed for a whole history at once."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import narwhals as nw
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_receiver.domain.histories import with_history
from cloud_receiver.domain.tallies import AT_FIRST, DayMark, Standing, Tally, tallies

FIRST = date(2026, 11, 20)
marks = st.builds(
    DayMark,
    scheduled=st.booleans(),
    full_attendance=st.booleans(),
    on_leave=st.booleans(),
    late_min=st.integers(0, 2),
    early_min=st.integers(0, 1),
    missing_card=st.booleans(),
    absent=st.booleans(),
    overtime_min=st.sampled_from([0, 30, 600]),
)
people = st.lists(st.lists(marks, min_size=1, max_size=25), min_size=1, max_size=3)


def _dated(run: list[DayMark]) -> list[tuple[str, DayMark]]:
    return [((FIRST + timedelta(days=n)).isoformat(), day) for n, day in enumerate(run)]


@settings(max_examples=60, deadline=None)
@given(people, st.integers(0, 30))
def test_day_by_day_and_all_at_once_count_alike(runs: list[list[DayMark]], cut: int) -> None:
    rows = [
        {"employee_id": f"E{who}", "work_date": day, **msgspec.structs.asdict(mark)}
        for who, run in enumerate(runs)
        for day, mark in _dated(run)
    ]
    frame = pl.DataFrame(rows)
    at_once = with_history(nw.from_native(frame)).to_native().select(Tally._fields).rows()
    lazily = with_history(nw.from_native(frame.lazy())).collect().to_native()
    assert sorted(lazily.select(Tally._fields).rows()) == sorted(at_once)
    day_by_day = [one for run in runs for one in tallies(AT_FIRST, _dated(run))]
    assert [tuple(one) for one in day_by_day] == at_once
    first, rest = _dated(runs[0])[:cut], _dated(runs[0])[cut:]
    before = tallies(AT_FIRST, first)
    if before and first[-1][1].scheduled:  # a rest day shows no run to go on from
        month = first[-1][0][:7]
        worked_min = sum(day.overtime_min for date, day in first if date[:7] == month)
        assert (
            tallies(Standing(first[-1][0], before[-1], worked_min), rest)
            == day_by_day[cut : len(runs[0])]
        )
