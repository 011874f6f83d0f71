"""The plain day: one shift, one touch to come and one to go, and everything is known.

Most days are. They come out as `attendance.judge_closely` would have them, by the same
`cards.judge_shift` and without asking what cannot apply; a property test holds the two
together. Whatever is not plain is left to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from cloud_receiver.domain.cards import Cards, judge_shift
from cloud_receiver.domain.results import CLEAN, DayResult, DayStatus, Policy, overtime
from cloud_receiver.domain.schedule import RosterDay, reach
from cloud_receiver.domain.touches import Place, Source, Tap
from cloud_receiver.domain.workday import PlannedShift, local_date

_TOO_SHORT: Final = (DayStatus.ABSENTEEISM, DayStatus.HALF_DAY)


def plain_day(
    day: RosterDay,
    shifts: Sequence[PlannedShift],
    taps: Iterable[Tap],
    *,
    as_of_utc_ms: int,
    complete_utc_ms: Mapping[str, int],
    policy: Policy,
    stores_with_gaps: Collection[str],
) -> DayResult | None:
    """Judge a day without corrections and implausible touches; None when it is not plain.

    Args:
        shifts: of the day and its neighbours.
        taps: as for `attendance.judge`.
    """
    if len(day.planned) != 1:
        return None
    shift = day.planned[0]
    store_id = shift.shift.store_id
    if (
        as_of_utc_ms <= shift.settles_utc_ms
        or complete_utc_ms.get(store_id, 0) <= shift.closes_utc_ms
        or store_id in stores_with_gaps
        or shift.leave
        or shift.outings
        or shift.shift.late_back_min
    ):
        return None
    own = _own(day, shift, shifts, taps)
    if own is None or not _is_plain(shift, own, policy):
        return None
    came, left = own
    result = judge_shift(shift, Cards(came, left, (), ()), None, policy)
    points = (result.on_duty, result.off_duty)
    is_clean = result.on_duty.status in CLEAN and result.off_duty.status in CLEAN
    return DayResult(
        status=result.status,
        scheduled=True,
        final=True,
        late_min=result.late_min,
        early_min=result.early_min,
        worked_min=result.worked_min,
        stay_min=result.stay_min,
        overtime_min=result.stay_min,
        leave_min=0,
        on_leave=False,
        outside=False,
        missing_card=False,
        absent=result.status is DayStatus.ABSENTEEISM,
        full_attendance=is_clean and result.status not in _TOO_SHORT,
        taps=own,
        points=points,
        findings=tuple(overtime(result.stay_min, own, policy)),
        look_again_utc_ms=None,
        awaited=None,
    )


def _own(
    day: RosterDay, shift: PlannedShift, shifts: Sequence[PlannedShift], taps: Iterable[Tap]
) -> tuple[Tap, Tap] | None:
    """Return the two taps that are the day's, the earlier first; None when it is not so simple."""
    begin_utc_ms, end_utc_ms = reach(day)
    others = [
        one
        for one in shifts
        if one is not shift and one.opens_utc_ms <= end_utc_ms and one.closes_utc_ms >= begin_utc_ms
    ]
    own = []
    for tap in taps:
        at_utc_ms = tap.at_utc_ms
        if not begin_utc_ms <= at_utc_ms <= end_utc_ms:
            continue
        is_others = False
        for one in others:
            if one.opens_utc_ms <= at_utc_ms <= one.closes_utc_ms and one.accepts(at_utc_ms):
                is_others = True
        if shift.accepts(at_utc_ms):
            if is_others:
                return None
            own.append(tap)
        elif not is_others and local_date(at_utc_ms, tap.zone) == day.work_date:
            return None
    if len(own) != 2:
        return None
    first, second = own
    return (first, second) if first.at_utc_ms < second.at_utc_ms else (second, first)


def _is_plain(shift: PlannedShift, own: tuple[Tap, Tap], policy: Policy) -> bool:
    """Tell whether the first is the coming, the last is the going, and nothing is odd."""
    came, left = own
    return (
        left.at_utc_ms - came.at_utc_ms > policy.collapse_s * 1000
        and shift.on_duty.accepts(came.at_utc_ms)
        and shift.off_duty.accepts(left.at_utc_ms)
        and all(
            tap.source is Source.ATM
            and tap.rank == 0
            and tap.place is not Place.OUTSIDE
            and tap.check_type is None
            and not tap.oddities
            and tap.store_id == shift.shift.store_id
            for tap in own
        )
    )
