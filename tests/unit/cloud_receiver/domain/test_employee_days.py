"""Facts of a day, streaks over days, and what must be written anew."""

from __future__ import annotations

import json

import pytest

from cloud_receiver.domain.attendance import Policy, Tap
from cloud_receiver.domain.employee_day import (
    Assessment,
    DayInputs,
    Sales,
    assess,
)
from cloud_receiver.domain.revision import Change, StoredDay, revise
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.tallies import AT_FIRST, NOTHING, DayMark, Standing, Tally, tallies
from cloud_receiver.domain.workday import Shift, local_to_utc_ms

ZONE = "Asia/Shanghai"
NOTHING_SOLD = Sales()
CLEAN = DayMark(scheduled=True, full_attendance=True)
DIRTY = DayMark(scheduled=True, full_attendance=False)
REST = DayMark(scheduled=False, full_attendance=False)
NOW = local_to_utc_ms("2026-12-31T00:00", ZONE)


def _assess(
    date: str, *clocks: str, sales: Sales = NOTHING_SOLD, is_known: bool = True
) -> Assessment:
    shift = Shift(shift_id="d", store_id="S1", zone=ZONE, start="09:00", end="18:00")
    day = RosterDay(
        work_date=date, store_id="S1", zone=ZONE, shifts=(shift,) if is_known else (),
        target_fen=10_000 if is_known else 0, subsidy_fen=8_000,
    )  # fmt: skip
    taps = tuple(
        Tap(local_to_utc_ms(f"{date}T{clock}", ZONE), f"{date}/{clock}", "S1", ZONE)
        for clock in clocks
    )
    inputs = DayInputs(
        employee_id="E1", day=day, rostered=is_known, scene="community", neighbours={},
        taps=taps, implausible=(), sales=sales,
    )  # fmt: skip
    return assess(inputs, as_of_utc_ms=NOW, complete_utc_ms={"S1": NOW}, policy=Policy())


@pytest.mark.parametrize(
    ("sold_fen", "is_met", "achievement_bp"),
    [(9_999, False, 9_999), (10_000, True, 10_000), (12_000, True, 12_000), (-500, False, 0)],
)
def test_the_target_is_met_from_its_amount_on(sold_fen, is_met, achievement_bp) -> None:
    facts = _assess("2026-11-23", sales=Sales(sold_fen, 1000, ("s1",))).facts
    assert (facts["target_met"], facts["achievement_bp"]) == (is_met, achievement_bp)
    assert facts["sales_fen"] == sold_fen


def test_a_day_without_a_target_is_never_met() -> None:
    facts = _assess("2026-11-23", sales=Sales(500, 1000, ("s1",)), is_known=False).facts
    assert (facts["target_met"], facts["achievement_bp"]) == (False, 0)


def test_a_day_with_nothing_planned_and_nothing_done_is_no_day() -> None:
    assert _assess("2026-11-23", is_known=False).is_empty
    assert not _assess("2026-11-23").is_empty
    assert not _assess("2026-11-23", "10:00", is_known=False).is_empty


@pytest.mark.parametrize(
    ("before", "run", "shown"),
    [
        (0, [CLEAN, CLEAN, CLEAN], [1, 2, 3]),
        (9, [CLEAN, REST, CLEAN], [10, 0, 11]),
        (9, [DIRTY, CLEAN], [0, 1]),
        (9, [REST, REST, CLEAN], [0, 0, 10]),
    ],
)
def test_a_streak_passes_over_rest_days_and_ends_at_others(before, run, shown) -> None:
    dated = [(f"2026-11-{number:02d}", day) for number, day in enumerate(run, start=1)]
    told = tallies(Standing("", Tally(clean_streak_days=before)), dated)
    assert [one.clean_streak_days for one in told] == shown


def _stored(change: Change) -> StoredDay:
    row = change.row(0)
    return StoredDay(**{name: row[name] for name in StoredDay.__dataclass_fields__})


def _three_clean_days() -> dict[str, StoredDay]:
    dates = ("2026-11-23", "2026-11-24", "2026-11-25")
    new = {date: _assess(date, "08:55", "18:01") for date in dates}
    return {change.work_date: _stored(change) for change in revise(AT_FIRST, {}, new)}


def test_what_comes_out_as_it_is_stored_is_left_alone() -> None:
    stored = _three_clean_days()
    again = {date: _assess(date, "08:55", "18:01") for date in stored}
    assert list(revise(AT_FIRST, stored, again)) == []


def test_a_broken_day_counts_the_days_behind_it_anew() -> None:
    stored = _three_clean_days()
    changes = list(
        revise(AT_FIRST, stored, {"2026-11-23": _assess("2026-11-23", "09:30", "18:01")})
    )
    shown = {change.work_date: change.facts["clean_streak_days"] for change in changes}
    assert shown == {"2026-11-23": 0, "2026-11-24": 1, "2026-11-25": 2}
    assert [change.row(0)["revision"] for change in changes] == [2, 2, 2]
    kept = json.loads(stored["2026-11-25"].facts)
    tallied = {"clean_streak_days": 2, "clean_streak_strict_days": 2, "late_month_count": 1}
    assert changes[2].facts == kept | tallied


def test_a_day_that_is_no_day_any_more_is_gone_and_breaks_nothing() -> None:
    stored = _three_clean_days()
    changes = list(revise(AT_FIRST, stored, {"2026-11-24": _assess("2026-11-24", is_known=False)}))
    assert [(change.work_date, bool(change.facts)) for change in changes[:1]] == [
        ("2026-11-24", False)
    ]


def test_a_day_to_be_decided_again_is_written_anew() -> None:
    stored = _three_clean_days()
    old = stored["2026-11-23"]
    stored["2026-11-23"] = StoredDay(old.employee_id, old.work_date, old.facts, old.evidence, "", 1)
    again = {"2026-11-23": _assess("2026-11-23", "08:55", "18:01")}
    assert [change.work_date for change in revise(AT_FIRST, stored, again)] == ["2026-11-23"]


def test_counts_begin_anew_each_month_and_leave_ends_only_the_strict_run() -> None:
    late, leave = DayMark(True, False, late_min=3), DayMark(True, False, on_leave=True)
    run = [("2026-11-29", late), ("2026-11-30", late), ("2026-12-01", CLEAN), ("2026-12-02", leave)]
    told = tallies(Standing("2026-11-28", Tally(late_month_count=4)), [*run, ("2026-12-03", CLEAN)])
    assert [one.late_month_count for one in told] == [5, 6, 0, 0, 0]
    assert [one.clean_streak_days for one in told] == [0, 0, 1, 1, 2]
    assert [one.clean_streak_strict_days for one in told] == [0, 0, 1, 0, 1]


def test_overtime_beyond_36_hours_of_a_month_is_counted() -> None:
    long = DayMark(True, True, overtime_min=180)
    dates = [f"2026-11-{day:02d}" for day in range(1, 15)]
    run = [(date, long) for date in dates] + [("2026-12-01", long)]
    over = [one.overtime_over_month_min for one in tallies(AT_FIRST, run)]
    assert over == [0] * 12 + [180, 360, 0]
    standing = Standing(dates[11], NOTHING, 12 * 180)
    assert [one.overtime_over_month_min for one in tallies(standing, run[12:])] == over[12:]
