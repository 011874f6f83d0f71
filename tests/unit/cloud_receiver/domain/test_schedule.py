"""Which shift a touch belongs to when more than one would take it."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.schedule import Cut, RosterDay, around, owner, work_date_of
from cloud_receiver.domain.workday import PlannedShift, Shift, local_to_utc_ms, plan

ZONE = "Asia/Shanghai"
DATE = "2026-11-23"


def _shift(start: str, end: str, store_id: str = "S1", **changes: int) -> Shift:
    return Shift(shift_id=start, store_id=store_id, zone=ZONE, start=start, end=end, **changes)


def _at(clock: str, date: str = DATE) -> int:
    return local_to_utc_ms(f"{date}T{clock}", ZONE)


def _owner_start(
    shifts: list[PlannedShift], clock: str, store_id: str = "S1", **cut: Cut
) -> str | None:
    found = owner(shifts, _at(clock), store_id, **cut)
    return found.shift.start if found else None


SPLIT = [plan(_shift("08:00", "12:00"), DATE), plan(_shift("13:00", "17:00"), DATE)]


@pytest.mark.parametrize(
    ("clock", "start"),
    [("12:30:00", "08:00"), ("12:30:01", "13:00"), ("05:59:59", None), ("06:00", "08:00"),
     ("21:00:00", "13:00"), ("21:00:01", None)],
)  # fmt: skip
def test_the_gap_between_shifts_is_cut_in_the_middle(clock: str, start: str | None) -> None:
    assert _owner_start(SPLIT, clock) == start


@pytest.mark.parametrize(("clock", "start"), [("12:00:00", "08:00"), ("12:00:01", "13:00")])
def test_or_at_the_earlier_end_where_the_policy_says_so(clock: str, start: str) -> None:
    assert _owner_start(SPLIT, clock, cut=Cut.EARLIER_END) == start


def test_a_shift_of_the_touched_store_goes_first() -> None:
    shifts = [
        plan(_shift("08:00", "12:00", "S1"), DATE),
        plan(_shift("13:00", "17:00", "S2"), DATE),
    ]
    assert _owner_start(shifts, "12:59", "S1") == "08:00"
    assert _owner_start(shifts, "11:30", "S2") == "13:00"
    assert _owner_start(shifts, "12:31", "S3") == "13:00"


def test_the_work_date_is_the_scheduled_date_and_else_the_calendars() -> None:
    night = [plan(_shift("22:00", "06:00", end_day=1), DATE)]
    next_date = "2026-11-24"
    assert work_date_of(night, _at("03:00", next_date), "S1", next_date) == DATE
    assert work_date_of(night, _at("12:00", next_date), "S1", next_date) == next_date


def test_every_shift_that_may_take_a_touch_of_a_date_is_around_it() -> None:
    longest = _shift("23:59", "23:59", end_day=1, off_after_min=24 * 60)
    closes = plan(longest, DATE).off_duty.closes_utc_ms
    assert closes == _at("23:59", "2026-11-25")
    assert DATE in around("2026-11-25")


def test_shifts_that_run_at_the_same_time_overlap_and_touching_ones_do_not() -> None:
    def overlaps(*hours: tuple[str, str]) -> bool:
        shifts = tuple(_shift(start, end) for start, end in hours)
        return RosterDay(work_date=DATE, store_id="S1", zone=ZONE, shifts=shifts).has_overlap()

    assert overlaps(("09:00", "18:00"), ("17:00", "20:00"))
    assert overlaps(("09:00", "18:00"), ("09:00", "18:00"))
    assert not overlaps(("13:00", "17:00"), ("08:00", "13:00"))
