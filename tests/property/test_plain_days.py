"""The straight way and the long way come to the same result, on days that are nearly plain."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cloud_receiver.domain.attendance import Gap, Policy, Tap, judge, judge_closely
from cloud_receiver.domain.findings import FindingCode
from cloud_receiver.domain.plain_days import plain_day
from cloud_receiver.domain.schedule import (
    RosterDay,
    around,
    shifts_around,
    shifts_near,
    work_date_of,
)
from cloud_receiver.domain.touches import Place, Source
from cloud_receiver.domain.workday import (
    MINUTE_MS,
    CheckType,
    HoursBasis,
    Shift,
    midnight_utc_ms,
    shift_date,
)
from cloud_receiver.domain.worked_time import Mode, Rounding, Step

ZONE = "Europe/Berlin"
DATE = "2026-10-25"  # the clock is put back in that night
PLAIN = Shift(shift_id="d", store_id="S1", zone=ZONE, start="09:00", end="18:00")
POLICY = Policy(absent_late_min=90, rounding=Rounding(total=Step(Mode.DOWN, 30)))


@st.composite
def shifts(draw: st.DrawFn) -> Shift:
    hours = [("09:00", "18:00", 0), ("13:00", "22:00", 0), ("22:00", "06:00", 1)]
    start, end, end_day = draw(st.sampled_from(hours))
    return replace(
        PLAIN,
        start=start,
        end=end,
        end_day=end_day,
        store_id=draw(st.sampled_from(["S1", "S1", "S1", "S2"])),
        on_before_min=draw(st.sampled_from([0, 120])),
        on_after_min=draw(st.sampled_from([None, 0, 60])),
        off_before_min=draw(st.sampled_from([None, 0, 60])),
        off_after_min=draw(st.sampled_from([0, 240, 720])),
        grace_min=draw(st.sampled_from([0, 5])),
        flex_late_min=draw(st.sampled_from([0, 0, 30])),
        late_back_min=draw(st.sampled_from([0, 0, 60])),
        absent_below_min=draw(st.sampled_from([0, 0, 120])),
        half_day_below_min=draw(st.sampled_from([0, 0, 300])),
        break_min=draw(st.sampled_from([0, 60])),
        hours=draw(st.sampled_from(HoursBasis)),
    )


@st.composite
def rosters(draw: st.DrawFn) -> dict[str, RosterDay]:
    days = {}
    for offset in (-1, 0, 1):
        planned = draw(st.sampled_from([1, 1, 1, 0, 2]))
        its = {draw(st.just(PLAIN) | shifts()) for _ in range(planned)}
        date = shift_date(DATE, offset)
        ordered = tuple(sorted(its, key=repr))
        days[date] = RosterDay(work_date=date, store_id="S1", zone=ZONE, shifts=ordered)
    return days


@st.composite
def taps(draw: st.DrawFn, days: dict[str, RosterDay]) -> list[Tap]:
    """Touches on, just before and just after every border there is, plain ones as a rule."""
    borders = {midnight_utc_ms(DATE, ZONE), midnight_utc_ms(shift_date(DATE, 1), ZONE)}
    for day in days.values():
        for shift in day.planned:
            for point in (shift.on_duty, shift.off_duty):
                borders |= {point.planned_utc_ms, point.opens_utc_ms, point.closes_utc_ms}
    odd = st.sampled_from([
        {"source": Source.USER, "rank": 2}, {"rank": 1}, {"place": Place.OUTSIDE},
        {"check_type": CheckType.OFF_DUTY}, {"store_id": "S2"},
        {"oddities": (FindingCode.PHONE_CLOCK,)},
    ])  # fmt: skip
    near_ms = st.sampled_from([0, 0, -1, 1, -60_000, 60_000, 60_001, 40 * MINUTE_MS, -(10**7)])
    its_ends = [
        point.planned_utc_ms for one in days[DATE].planned for point in (one.on_duty, one.off_duty)
    ]
    others = draw(st.lists(st.sampled_from(sorted(borders)), max_size=2))
    twice = [instant + after_ms for instant in its_ends[:1] for after_ms in (0, 60_000)]
    instants = draw(st.sampled_from([its_ends, its_ends, [*its_ends, *others], others, twice]))
    found = [
        Tap(instant + draw(near_ms), f"r{number}", "S1", ZONE)
        for number, instant in enumerate(instants)
    ]
    return [
        tap._replace(**draw(odd)) if draw(st.integers(0, 9)) == 9 else tap
        for tap in draw(st.permutations(found))
    ]


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, RosterDay], list[Tap], int, int, bool]:
    days = draw(rosters())
    ends = [shift.settles_utc_ms for shift in days[DATE].planned] or [midnight_utc_ms(DATE, ZONE)]
    closes = [shift.closes_utc_ms for shift in days[DATE].planned] or ends
    later_ms = st.sampled_from([10**9, 10**9, 1, 0])
    as_of, complete = max(ends) + draw(later_ms), max(closes) + draw(later_ms)
    return days, draw(taps(days)), as_of, complete, draw(st.integers(0, 9)) == 9


@given(cases())
def test_the_straight_way_comes_to_what_the_long_way_does(case) -> None:
    days, touches, as_of, complete, has_gap = case
    gaps = {"S1": [Gap(0, 3 * 10**12, "gap")]} if has_gap else {}
    known = {"as_of_utc_ms": as_of, "complete_utc_ms": {"S1": complete}, "policy": POLICY}
    near = shifts_around(days, DATE)
    assert judge(days[DATE], days, touches, gaps=gaps, **known) == judge_closely(
        days[DATE], near, touches, gaps=gaps, **known
    )


@given(cases())
def test_where_only_a_dates_own_shifts_are_everything_is_of_the_date(case) -> None:
    days, touches, *_ = case
    for date in around(DATE):
        near = shifts_near(days, date)
        assert near.shifts == shifts_around(days, date)
        for tap in touches:
            if near.begins_utc_ms < tap.at_utc_ms < near.ends_utc_ms:
                assert work_date_of(near.shifts, tap.at_utc_ms, "S1", date) == date


def test_a_plain_day_is_judged_the_straight_way() -> None:
    day = RosterDay(work_date=DATE, store_id="S1", zone=ZONE, shifts=(PLAIN,))
    (shift,) = day.planned
    came = Tap(shift.on_duty.planned_utc_ms + 20 * MINUTE_MS, "r1", "S1", ZONE)
    left = Tap(shift.off_duty.planned_utc_ms + 90 * MINUTE_MS, "r2", "S1", ZONE)
    result = plain_day(
        day, (shift,), [came, left], as_of_utc_ms=2 * 10**12,
        complete_utc_ms={"S1": 2 * 10**12}, policy=POLICY, stores_with_gaps=(),
    )  # fmt: skip
    assert result is not None
    assert (result.late_min, result.overtime_min, result.taps) == (20, 90, (came, left))
    assert [finding.code for finding in result.findings] == [FindingCode.OVERTIME]
