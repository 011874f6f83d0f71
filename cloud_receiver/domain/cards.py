"""One shift and the touches that belong to it: which is OnDuty, which OffDuty, and how they did.

Pure. OnDuty is the first touch its window accepts, OffDuty the last; no touch is both. The
order is fixed: corrections, then the flexible shift moves, then approved absence is taken
off, then grace, then the tiers of lateness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from cloud_receiver.domain.absences import covered_ms
from cloud_receiver.domain.corrections import Filed
from cloud_receiver.domain.findings import Finding, FindingCode
from cloud_receiver.domain.results import DayStatus, PointResult, Policy, ShiftResult, worst
from cloud_receiver.domain.touches import (
    Source,
    Tap,
    Touch,
    collapse,
    oddities_of,
    weightiest,
)
from cloud_receiver.domain.workday import (
    MINUTE_MS,
    CheckType,
    HoursBasis,
    LateBasis,
    PlannedShift,
    Shift,
)
from cloud_receiver.domain.worked_time import paired_ms

_FREE: Final = (DayStatus.LEAVE, DayStatus.OUTING)


class Cards(NamedTuple):
    """The touches that count for the two ends of a shift, and what is odd about the others."""

    came: Tap | None
    left: Tap | None
    touches: tuple[Touch, ...]
    findings: tuple[Finding, ...]


def cards_of(
    shift: PlannedShift, taps: Sequence[Tap], corrections: Sequence[Filed], policy: Policy
) -> Cards:
    """Say which of a shift's taps, in order of time, count for its ends.

    Args:
        corrections: that count, of this shift, in the order they were entered; the last one
            decides. Touches they strike out are not among the taps.
    """
    touches = collapse(taps, policy.collapse_s)
    on_touch, off_touch, contradicted = _ends(shift, touches, policy)
    came = on_touch.first if on_touch else None
    left = off_touch.last if off_touch else None
    for correction in corrections:
        if correction.at_utc_ms is None:
            continue
        tap = Tap(
            correction.at_utc_ms,
            correction.record_id,
            shift.shift.store_id,
            shift.shift.zone,
            Source.APPROVE,
            -1,
        )
        if correction.check_type is CheckType.ON_DUTY:
            came = tap
        else:
            left = tap
    found = [*contradicted, *_oddities(shift, touches, {came, left})]
    return Cards(came, left, tuple(touches), tuple(found))


def judge_shift(
    shift: PlannedShift,
    cards: Cards,
    phase: DayStatus | None,
    policy: Policy,
    late_back_min: int = 0,
) -> ShiftResult:
    """Judge a shift from the touches that count.

    Args:
        phase: why a missing touch may still come, None when it no longer can.
        late_back_min: how much later the person may come for having stayed the day before.
    """
    came, left = cards.came, cards.left
    start, end = _moved(shift, came, late_back_min)
    late_min = _late_min(shift, start, came) if came else 0
    early_min = _early_min(shift, end, left) if left else 0
    free = DayStatus.OUTING if shift.outings and not shift.leave else DayStatus.LEAVE
    missing = free if shift.is_excused else phase or DayStatus.NOT_SIGNED
    on_status = off_status = missing
    if came is not None:
        on_status = _lateness(shift.shift, late_min, policy)
    if left is not None:  # a later touch may still come, so only the end of the window decides
        off_status = (phase or DayStatus.EARLY) if early_min else DayStatus.NORMAL
    worked_min = _worked_min(shift, cards, policy) if came and left else 0
    stay_min = max(0, left.at_utc_ms - end) // MINUTE_MS if left else 0
    return ShiftResult(
        shift=shift,
        on_duty=_point(shift, CheckType.ON_DUTY, on_status, came),
        off_duty=_point(shift, CheckType.OFF_DUTY, off_status, left),
        status=_status(shift, cards, (on_status, off_status), phase, worked_min),
        phase=phase,
        late_min=late_min,
        early_min=early_min if off_status is DayStatus.EARLY else 0,
        worked_min=worked_min,
        stay_min=stay_min,
        findings=cards.findings,
    )


def _ends(
    shift: PlannedShift, touches: Sequence[Touch], policy: Policy
) -> tuple[Touch | None, Touch | None, list[Finding]]:
    """Return the touch that is OnDuty and the one that is OffDuty, never the same one."""
    within_ms = policy.same_act_min * MINUTE_MS
    coming = [
        touch
        for touch in touches
        if shift.on_duty.accepts(touch.first.at_utc_ms) and touch.may_be(CheckType.ON_DUTY)
    ]
    going = [
        touch
        for touch in reversed(touches)
        if shift.off_duty.accepts(touch.last.at_utc_ms) and touch.may_be(CheckType.OFF_DUTY)
    ]
    on_touch, off_touch = coming[0] if coming else None, going[0] if going else None
    findings = []
    if len({tap.rank for touch in touches for tap in touch.taps}) > 1:
        on_touch, on_doubt = weightiest(coming, within_ms) if coming else (None, ())
        off_touch, off_doubt = weightiest(going, within_ms) if going else (None, ())
        for chosen, doubted in ((on_touch, on_doubt), (off_touch, off_doubt)):
            if chosen is not None and doubted:
                records = [tap.record_id for touch in (chosen, *doubted) for tap in touch.taps]
                findings.append(Finding(FindingCode.SOURCES_DISAGREE, tuple(records)))
    if on_touch is None or on_touch is not off_touch:
        return on_touch, off_touch, findings
    since_start = abs(on_touch.first.at_utc_ms - shift.on_duty.planned_utc_ms)
    until_end = abs(on_touch.last.at_utc_ms - shift.off_duty.planned_utc_ms)
    if since_start <= until_end:
        return on_touch, None, findings
    return None, on_touch, findings


def _oddities(
    shift: PlannedShift, touches: Sequence[Touch], used: set[Tap | None]
) -> Iterator[Finding]:
    for touch in touches:
        records = tuple(tap.record_id for tap in touch.taps)
        if len(records) > 1:
            yield Finding(FindingCode.DOUBLE_TAP, records)
        if used.isdisjoint(touch.taps):
            yield Finding(FindingCode.BETWEEN_CARDS, records)
        elif any(tap.store_id != shift.shift.store_id for tap in touch.taps):
            yield Finding(FindingCode.OTHER_STORE, records)
        for code, record_id in oddities_of(touch.taps):
            yield Finding(code, (record_id,))


def _moved(shift: PlannedShift, came: Tap | None, late_back_min: int) -> tuple[int, int]:
    """Return when the shift starts and ends for somebody who came when this one did."""
    start, end = shift.on_duty.planned_utc_ms, shift.off_duty.planned_utc_ms
    plan = shift.shift
    if came is None or not (plan.flex_late_min or plan.flex_early_min or late_back_min):
        return start, end
    earliest, latest = -plan.flex_early_min * MINUTE_MS, plan.flex_late_min * MINUTE_MS
    by = came.at_utc_ms - start
    flexed = max(earliest, min(latest, by))
    allowed = max(flexed, min(by, late_back_min * MINUTE_MS))
    return start + allowed, end + flexed


def _late_min(shift: PlannedShift, start_utc_ms: int, came: Tap) -> int:
    """Return the minutes that count, seconds dropped: 15:59 late is 15."""
    late_ms = came.at_utc_ms - start_utc_ms
    if late_ms < MINUTE_MS:
        return 0
    if shift.leave or shift.outings:
        away = (*shift.leave, *shift.outings)
        late_ms -= covered_ms(away, start_utc_ms, came.at_utc_ms)
    late_min = late_ms // MINUTE_MS
    grace_min = shift.shift.grace_min
    if late_min <= grace_min:
        return 0
    return late_min - grace_min if shift.shift.late_basis is LateBasis.AFTER_GRACE else late_min


def _early_min(shift: PlannedShift, end_utc_ms: int, left: Tap) -> int:
    early_ms = end_utc_ms - left.at_utc_ms
    if early_ms < MINUTE_MS:
        return 0
    if shift.leave or shift.outings:
        early_ms -= covered_ms((*shift.leave, *shift.outings), left.at_utc_ms, end_utc_ms)
    early_min = early_ms // MINUTE_MS
    return early_min if early_min > shift.shift.early_grace_min else 0


def _lateness(shift: Shift, late_min: int, policy: Policy) -> DayStatus:
    if not late_min:
        return DayStatus.NORMAL
    absent_min, serious_min = shift.absent_late_min, shift.serious_late_min
    absent_min = policy.absent_late_min if absent_min is None else absent_min
    if absent_min is not None and late_min > absent_min:
        return DayStatus.ABSENT_LATE
    serious_min = policy.serious_late_min if serious_min is None else serious_min
    return DayStatus.SERIOUS_LATE if late_min > serious_min else DayStatus.LATE


def _worked_min(shift: PlannedShift, cards: Cards, policy: Policy) -> int:
    """Return the minutes that are paid: leave and the break off, outings beside them on."""
    assert cards.came is not None
    assert cards.left is not None
    came, left = cards.came.at_utc_ms, cards.left.at_utc_ms
    if shift.shift.hours is HoursBasis.PAIRS:
        between = [one.first.at_utc_ms for one in cards.touches]
        inner = [at for at in between if came < at < left]
        worked_ms = paired_ms([came, *inner, left], policy.rounding)
    else:
        worked_ms = policy.rounding.worked_ms(came, left)
    if shift.leave:
        worked_ms -= covered_ms(shift.leave, came, left)
    if shift.outings:
        whole = covered_ms(shift.outings, shift.outings[0][0], shift.outings[-1][1])
        worked_ms += whole - covered_ms(shift.outings, came, left)
    if shift.shift.break_min and worked_ms > shift.shift.break_after_min * MINUTE_MS:
        worked_ms -= shift.shift.break_min * MINUTE_MS
    return max(0, worked_ms) // MINUTE_MS


def _status(
    shift: PlannedShift,
    cards: Cards,
    points: tuple[DayStatus, DayStatus],
    phase: DayStatus | None,
    worked_min: int,
) -> DayStatus:
    """Return the worse of the two card points; absent when both are missing.

    Hours that are too few are tested for absence before half a day, both strictly.
    """
    if cards.came is None and cards.left is None:
        return points[0] if shift.is_excused else phase or DayStatus.ABSENTEEISM
    if shift.is_excused:
        return worst(*(point for point in points if point not in _FREE))
    found = worst(*points)
    if cards.came and cards.left and phase is None:
        if worked_min < shift.shift.absent_below_min:
            return DayStatus.ABSENTEEISM
        if worked_min < shift.shift.half_day_below_min:
            return worst(found, DayStatus.HALF_DAY)
    return found


def _point(
    shift: PlannedShift, check_type: CheckType, status: DayStatus, tap: Tap | None
) -> PointResult:
    point = shift.on_duty if check_type is CheckType.ON_DUTY else shift.off_duty
    return PointResult(check_type, shift.shift.store_id, point.planned_utc_ms, status, tap)
