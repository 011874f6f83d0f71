"""The laws of judging: order and repeats change nothing, silence is never held against anybody."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cloud_receiver.domain.absences import Absence
from cloud_receiver.domain.attendance import DayResult, DayStatus, Policy, Tap, judge
from cloud_receiver.domain.corrections import Filed, numbered
from cloud_receiver.domain.entries import CorrectionStyle, Part
from cloud_receiver.domain.findings import FindingCode
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.touches import Place, Source, rank_of
from cloud_receiver.domain.workday import (
    MINUTE_MS,
    CheckType,
    Shift,
    midnight_utc_ms,
    shift_date,
)

ZONE = "Europe/Berlin"  # has clock changes
MIDNIGHT = {date: midnight_utc_ms(date, ZONE) for date in ("2026-03-28", "2026-10-25")}
HELD_AGAINST = ("missing_card", "absent")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@st.composite
def shifts(draw: st.DrawFn) -> Shift:
    start = draw(st.integers(0, 1439))
    length_min = draw(st.integers(60, 720))
    end = start + length_min
    return Shift(
        shift_id="x",
        store_id=draw(st.sampled_from(["S1", "S2"])),
        zone=ZONE,
        start=_clock(start),
        end=_clock(end % 1440),
        end_day=end // 1440,
        on_before_min=draw(st.integers(0, 240)),
        on_after_min=draw(st.none() | st.integers(0, 720)),
        off_before_min=draw(st.none() | st.integers(0, 720)),
        off_after_min=draw(st.integers(0, 720)),
        grace_min=draw(st.integers(0, 20)),
    )


@st.composite
def rosters(draw: st.DrawFn) -> dict[str, RosterDay]:
    middle = draw(st.sampled_from(sorted(MIDNIGHT)))
    days = {}
    for offset in (-2, -1, 0, 1, 2):
        date = shift_date(middle, offset)
        planned = tuple(draw(st.lists(shifts(), max_size=2)))
        if len(set(planned)) == len(planned):
            days[date] = RosterDay(work_date=date, store_id="S1", zone=ZONE, shifts=planned)
    return days


@st.composite
def taps(draw: st.DrawFn) -> list[Tap]:
    base = min(MIDNIGHT.values()) + draw(st.sampled_from([0, 211 * 24 * 60])) * MINUTE_MS
    seconds = draw(st.lists(st.integers(-86_400 * 2, 86_400 * 3), max_size=12))
    stores = draw(st.lists(st.sampled_from(["S1", "S2"]), min_size=12, max_size=12))
    return [
        Tap(base + second * 1000, f"r{number}", store, ZONE)
        for number, (second, store) in enumerate(zip(seconds, stores, strict=False))
    ]


def _judge(
    days: dict[str, RosterDay], date: str, touches: list[Tap], as_of: int, complete: dict[str, int]
) -> DayResult:
    day = days.get(date) or RosterDay(work_date=date, store_id="S1", zone=ZONE, shifts=())
    return judge(day, days, touches, as_of_utc_ms=as_of, complete_utc_ms=complete, policy=Policy())


def _last(days: dict[str, RosterDay]) -> int:
    return midnight_utc_ms(shift_date(max(days, default="2026-10-25"), 4), ZONE)


@given(rosters(), taps(), st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(days, touches, random) -> None:
    shuffled = touches + random.choices(touches, k=5) if touches else []
    random.shuffle(shuffled)
    as_of = _last(days)
    for date in days:
        complete = {"S1": as_of, "S2": as_of}
        assert _judge(days, date, touches, as_of, complete) == _judge(
            days, date, shuffled, as_of, complete
        )


@given(rosters(), taps())
def test_no_touch_is_evidence_twice_unless_the_day_says_so(days, touches) -> None:
    as_of = _last(days)
    used = []
    shared = 0
    for date in days:
        result = _judge(days, date, touches, as_of, {"S1": as_of, "S2": as_of})
        used += [point.tap.record_id for point in result.points if point.tap]
        shared += sum(one.code is FindingCode.SHARED_TAP for one in result.findings)
    assert len(used) == len(set(used)) + shared


@given(rosters(), taps(), st.integers(0, 6 * 24 * 60))
def test_without_a_complete_feed_silence_is_held_against_nobody(days, touches, minutes) -> None:
    as_of = _last(days)
    for date in days:
        complete = {"S1": as_of - minutes * MINUTE_MS}  # of S2 nothing was ever heard
        result = _judge(days, date, touches, as_of, complete)
        closed = all(
            shift.off_duty.closes_utc_ms < complete.get(shift.shift.store_id, 0)
            for shift in days[date].planned
        )
        if not closed:
            assert not result.final
            waiting = [point for point in result.points if point.store_id == "S2"]
            assert all(
                point.status not in (DayStatus.NOT_SIGNED, DayStatus.EARLY) for point in waiting
            )
        if days[date].shifts and all(shift.store_id == "S2" for shift in days[date].shifts):
            assert not any(getattr(result, name) for name in HELD_AGAINST)


@given(rosters(), taps(), st.integers(0, 6 * 24 * 60))
def test_before_the_window_is_over_silence_is_held_against_nobody(days, touches, minutes) -> None:
    end = _last(days)
    as_of = end - minutes * MINUTE_MS
    for date in days:
        result = _judge(days, date, touches, as_of, {"S1": end, "S2": end})
        running = [shift for shift in days[date].planned if as_of <= shift.settles_utc_ms]
        assert result.final == (not running) or not days[date].shifts
        if len(running) == len(days[date].shifts):
            assert not any(getattr(result, name) for name in HELD_AGAINST)
            assert result.early_min == 0


@given(rosters(), taps(), st.integers(0, 6 * 24 * 60))
def test_a_day_that_is_not_final_says_what_it_waits_for(days, touches, minutes) -> None:
    end = _last(days)
    as_of = end - minutes * MINUTE_MS
    for date in days:
        result = _judge(days, date, touches, as_of, {"S1": as_of})
        waits = result.look_again_utc_ms is not None or result.awaited is not None
        assert waits == (not result.final)
        if result.look_again_utc_ms is not None:
            assert result.look_again_utc_ms > as_of


@given(rosters(), taps())
def test_a_final_day_stays_as_it_is_however_late_one_looks(days, touches) -> None:
    as_of = _last(days)
    complete = {"S1": as_of, "S2": as_of}
    for date in days:
        result = _judge(days, date, touches, as_of, complete)
        later = _judge(days, date, touches, as_of + 10**10, complete)
        assert result.final
        assert result == later


@st.composite
def filings(draw: st.DrawFn) -> dict[str, list[Filed]]:
    """Corrections of some days, by date, numbered as they would be within their month."""
    dates = draw(st.lists(st.sampled_from(["2026-10-24", "2026-10-25", "2026-10-26"]), max_size=5))
    filed = [
        Filed(
            entered_utc_ms=midnight_utc_ms(date, ZONE) + draw(st.integers(0, 40)) * 86_400_000,
            record_id=f"c{number}",
            work_date=date,
            check_type=draw(st.sampled_from(CheckType)),
            shift_no=draw(st.integers(1, 2)),
            style=draw(st.sampled_from(CorrectionStyle)),
            at_utc_ms=midnight_utc_ms(date, ZONE) + draw(st.integers(0, 1439)) * MINUTE_MS,
            replaces=draw(st.sampled_from(["", "r0", "r1"])),
        )
        for number, date in enumerate(dates)
    ]
    by_date: dict[str, list[Filed]] = {}
    for one in numbered(filed):
        by_date.setdefault(one.work_date, []).append(one)
    return by_date


@st.composite
def sourced(draw: st.DrawFn) -> list[Tap]:
    """Touches of terminals, phones and supervisors."""
    return [
        tap._replace(
            source=source,
            rank=rank_of(source, place, has_photo=draw(st.booleans())),
            place=place,
            check_type=draw(st.sampled_from([None, *CheckType])) if source is Source.BOSS else None,
        )
        for tap in draw(taps())
        for source in [draw(st.sampled_from([Source.ATM, Source.USER, Source.BOSS]))]
        for place in [draw(st.sampled_from(Place))]
    ]


@st.composite
def away(draw: st.DrawFn) -> dict[str, RosterDay]:
    """A roster with leave and outings."""
    found = {}
    for date, day in draw(rosters()).items():
        begin = midnight_utc_ms(date, ZONE)
        absences = [
            Absence(f"a{number}", part, draw(st.booleans()), *hours)
            for number, part in enumerate(draw(st.lists(st.sampled_from(Part), max_size=2)))
            for start in [draw(st.integers(0, 1200))]
            for hours in [
                (begin + start * MINUTE_MS, begin + (start + draw(st.integers(1, 600))) * MINUTE_MS)
                if part is Part.HOURS
                else ()
            ]
        ]
        found[date] = replace(day, absences=tuple(absences))
    return found


@given(away(), sourced(), filings(), st.randoms(use_true_random=False))
def test_order_changes_nothing_with_leave_corrections_and_other_sources(
    days, touches, filed, random
) -> None:
    as_of = _last(days)
    shuffled = touches * 2
    random.shuffle(shuffled)
    mixed = {date: random.sample(of_date, len(of_date)) for date, of_date in filed.items()}
    for day in days.values():
        first, again = (
            judge(
                day, days, some, as_of_utc_ms=as_of, complete_utc_ms={"S1": as_of, "S2": as_of},
                policy=Policy(), corrections=corrections,
            )
            for some, corrections in ((touches, filed), (shuffled, mixed))
        )  # fmt: skip
        assert first == again
        assert first.late_min >= 0
        assert first.early_min >= 0
        assert {tap.record_id for tap in first.taps} <= {tap.record_id for tap in touches}


@given(away(), sourced(), filings())
def test_silence_is_held_against_nobody_with_leave_corrections_and_other_sources(
    days, touches, filed
) -> None:
    as_of = _last(days)
    for day in days.values():
        result = judge(
            day, days, touches, as_of_utc_ms=as_of, complete_utc_ms={}, policy=Policy(),
            corrections=filed,
        )  # fmt: skip
        assert not result.final
        assert not result.absent
        assert not result.missing_card
        assert result.early_min == 0
