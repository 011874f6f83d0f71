"""The judge: touches of one person on one work date, as known at an instant, to a result.

Pure and indifferent to order (law 6): the same touches in any order, with any repeats, give
the same result. What has not been heard of is never held against anybody before the shift's
last window is over, its settling time too, and the store's feed complete beyond it (law 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from cloud_receiver.domain.absences import covered_ms
from cloud_receiver.domain.cards import Cards, cards_of, judge_shift
from cloud_receiver.domain.corrections import Filed, objection
from cloud_receiver.domain.findings import Finding, FindingCode
from cloud_receiver.domain.plain_days import plain_day
from cloud_receiver.domain.results import (
    CLEAN,
    LABELS,
    NO_GAPS,
    Awaited,
    DayResult,
    DayStatus,
    Gap,
    PointResult,
    Policy,
    ShiftResult,
    overtime,
    worst,
)
from cloud_receiver.domain.schedule import RosterDay, owner, reach, shifts_around
from cloud_receiver.domain.touches import Place, Source, Tap, oddities_of
from cloud_receiver.domain.workday import (
    MINUTE_MS,
    PlannedShift,
    local_date,
    midnight_utc_ms,
    shift_date,
)

__all__ = [
    "LABELS",
    "Awaited",
    "DayResult",
    "DayStatus",
    "Gap",
    "PointResult",
    "Policy",
    "Tap",
    "judge",
]

REST_SETTLE_MS: Final = 30 * MINUTE_MS
_ACCOUNTED: Final = {*CLEAN, DayStatus.LEAVE}
_Taken = dict[PlannedShift | None, list[Tap]]
_Corrections = Mapping[str, Sequence[Filed]]


def judge(
    day: RosterDay,
    neighbours: Mapping[str, RosterDay],
    taps: Iterable[Tap],
    *,
    as_of_utc_ms: int,
    complete_utc_ms: Mapping[str, int],
    policy: Policy,
    implausible: Sequence[str] = (),
    gaps: Mapping[str, Sequence[Gap]] = NO_GAPS,
    corrections: _Corrections | None = None,
) -> DayResult:
    """Judge a day from all that is known at `as_of_utc_ms`.

    Args:
        neighbours: the roster around the day (`schedule.around`); their shifts keep theirs.
        taps: of the person, at least those within two days; others are passed over.
        complete_utc_ms: per store, up to when its feed is complete; a store that is not
            named has never been.
        implausible: records of that date whose terminal's clock cannot be believed.
        gaps: per store, when touches may have been lost for good. What seems missing from a
            shift they reach into is never final: only a person can tell.
        corrections: by work date, at least those of the day and the one before it.
    """
    days = (
        neighbours if neighbours.get(day.work_date) is day else {**neighbours, day.work_date: day}
    )
    shifts = shifts_around(days, day.work_date)
    if not corrections and not implausible:
        plain = plain_day(
            day, shifts, taps, as_of_utc_ms=as_of_utc_ms, complete_utc_ms=complete_utc_ms,
            policy=policy, stores_with_gaps=gaps,
        )  # fmt: skip
        if plain is not None:
            return plain
    return judge_closely(
        day, shifts, taps, as_of_utc_ms=as_of_utc_ms, complete_utc_ms=complete_utc_ms,
        policy=policy, implausible=implausible, gaps=gaps, corrections=corrections,
    )  # fmt: skip


def judge_closely(
    day: RosterDay,
    shifts: Sequence[PlannedShift],
    taps: Iterable[Tap],
    *,
    as_of_utc_ms: int,
    complete_utc_ms: Mapping[str, int],
    policy: Policy,
    implausible: Sequence[str] = (),
    gaps: Mapping[str, Sequence[Gap]] = NO_GAPS,
    corrections: _Corrections | None = None,
) -> DayResult:
    """Judge whatever a day may be; `judge` takes a straighter way where a day is plain.

    Args:
        shifts: of the day and its neighbours, in order of time.
    """
    filed, findings = _counting(day, corrections or {}, policy)
    own, taken = _place(day, shifts, taps, filed, policy)
    findings += [Finding(FindingCode.CLOCK_IMPLAUSIBLE, (record,)) for record in implausible]
    if not day.shifts:
        struck = {one.replaces for one in filed}
        standing = [tap for tap in own if tap.record_id not in struck]
        result = _rest_day(day, standing, findings, as_of_utc_ms, complete_utc_ms)
        return result._replace(taps=tuple(own))
    for tap in taken[None]:
        findings.append(Finding(FindingCode.OUTSIDE_WINDOW, (tap.record_id,)))
        findings += [Finding(code, (record,)) for code, record in oddities_of([tap])]
    planned = [shift for shift in shifts if shift.work_date == day.work_date]
    cards = [
        cards_of(shift, taken.get(shift, ()), _of_shift(filed, day.work_date, number), policy)
        for number, shift in enumerate(planned, start=1)
    ]
    findings += _share(planned, cards, policy)
    results = []
    for shift, its in zip(planned, cards, strict=True):
        phase = _phase(shift, as_of_utc_ms, complete_utc_ms)
        late_back_min = 0
        if shift.shift.late_back_min and shift is planned[0]:
            before = [one for one in shifts if one.work_date == shift_date(day.work_date, -1)]
            late_back_min = _late_back_min(shift, before, taken, filed, policy)
        lost = gaps.get(shift.shift.store_id, ())
        results.append(_judged(shift, its, phase, policy, late_back_min, lost))
    return _worked_day(results, own, findings, as_of_utc_ms, policy)


def _counting(
    day: RosterDay, corrections: _Corrections, policy: Policy
) -> tuple[list[Filed], list[Finding]]:
    """Return the corrections that count, of all dates, and what is said about the day's own."""
    filed = []
    findings = []
    for work_date, of_date in corrections.items():
        for one in sorted(of_date):
            code = objection(one, policy.allowance, day.zone)
            if code is None:
                filed.append(one)
                missing = one.at_utc_ms is not None and one.shift_no > len(day.shifts)
                code = FindingCode.NO_SUCH_SHIFT if missing else FindingCode.CORRECTED
            if work_date == day.work_date:
                records = (one.record_id, one.replaces) if one.replaces else (one.record_id,)
                findings.append(Finding(code, records))
    return filed, findings


def _of_shift(filed: Iterable[Filed], work_date: str, number: int) -> list[Filed]:
    return [one for one in filed if one.work_date == work_date and one.shift_no == number]


def _place(
    day: RosterDay,
    shifts: Sequence[PlannedShift],
    taps: Iterable[Tap],
    filed: Sequence[Filed],
    policy: Policy,
) -> tuple[list[Tap], _Taken]:
    """Return the day's own taps, struck out or not, and which shift takes which of the others."""
    begin_utc_ms, end_utc_ms = reach(day)
    struck = {one.replaces for one in filed}
    own: list[Tap] = []
    taken: _Taken = {None: []}
    near = {tap for tap in taps if begin_utc_ms <= tap.at_utc_ms <= end_utc_ms}
    for tap in sorted(near, key=_by_time):
        taken_by = owner(shifts, tap.at_utc_ms, tap.store_id, policy.cut)
        work_date = taken_by.work_date if taken_by else local_date(tap.at_utc_ms, tap.zone)
        is_own = work_date == day.work_date
        if is_own:
            own.append(tap)
        if tap.record_id not in struck and (is_own or taken_by):
            taken.setdefault(taken_by, []).append(tap)
    return own, taken


def _by_time(tap: Tap) -> tuple[int, str]:
    return tap.at_utc_ms, tap.record_id


def _phase(
    shift: PlannedShift, as_of_utc_ms: int, complete_utc_ms: Mapping[str, int]
) -> DayStatus | None:
    if as_of_utc_ms <= shift.settles_utc_ms:
        return DayStatus.PENDING
    if complete_utc_ms.get(shift.shift.store_id, 0) <= shift.off_duty.closes_utc_ms:
        return DayStatus.AWAITING_DATA
    return None


def _judged(
    shift: PlannedShift,
    cards: Cards,
    phase: DayStatus | None,
    policy: Policy,
    late_back_min: int,
    gaps: Sequence[Gap],
) -> ShiftResult:
    """Judge a shift; where a gap may have swallowed what is amiss, it goes on awaiting data."""
    result = judge_shift(shift, cards, phase, policy, late_back_min)
    opens, closes = shift.on_duty.opens_utc_ms, shift.off_duty.closes_utc_ms
    records = tuple(
        gap.record_id for gap in gaps if gap.from_utc_ms < closes and gap.to_utc_ms > opens
    )
    is_clean = {result.on_duty.status, result.off_duty.status} <= _ACCOUNTED
    if phase is not None or is_clean or not records:
        return result
    waiting = judge_shift(shift, cards, DayStatus.AWAITING_DATA, policy, late_back_min)
    finding = Finding(FindingCode.FEED_GAP, records)
    return waiting._replace(findings=(*waiting.findings, finding))


def _late_back_min(
    shift: PlannedShift,
    before: Sequence[PlannedShift],
    taken: _Taken,
    filed: Sequence[Filed],
    policy: Policy,
) -> int:
    """Return how much later a person may come who stayed late at the end of the day before."""
    if not before:
        return 0
    last = before[-1]
    corrected = _of_shift(filed, last.work_date, len(before))
    left = cards_of(last, taken.get(last, ()), corrected, policy).left
    stayed_ms = left.at_utc_ms - last.off_duty.planned_utc_ms if left else -1
    enough = stayed_ms >= shift.shift.late_back_after_min * MINUTE_MS
    return shift.shift.late_back_min if enough else 0


def _share(planned: Sequence[PlannedShift], cards: list[Cards], policy: Policy) -> list[Finding]:
    """Let one tap where two shifts touch be the going of one and the coming of the next."""
    findings = []
    near_ms = policy.shared_tap_min * MINUTE_MS
    for number, (earlier, later) in enumerate(pairwise(planned)):
        left, came = cards[number].left, cards[number + 1].came
        tap = left or came
        if tap is None or (left and came) or tap.source is Source.APPROVE or tap.check_type:
            continue
        ends, starts = earlier.off_duty.planned_utc_ms, later.on_duty.planned_utc_ms
        is_near = abs(tap.at_utc_ms - ends) <= near_ms and abs(tap.at_utc_ms - starts) <= near_ms
        point = earlier.off_duty if left is None else later.on_duty
        if is_near and point.accepts(tap.at_utc_ms):
            cards[number] = cards[number]._replace(left=tap)
            cards[number + 1] = cards[number + 1]._replace(came=tap)
            findings.append(Finding(FindingCode.SHARED_TAP, (tap.record_id,)))
    return findings


def _worked_day(
    results: Sequence[ShiftResult],
    taps: Sequence[Tap],
    findings: Sequence[Finding],
    as_of_utc_ms: int,
    policy: Policy,
) -> DayResult:
    statuses = [result.status for result in results]
    points = tuple(point for result in results for point in (result.on_duty, result.off_duty))
    settling = [
        result.shift.settles_utc_ms
        for result in results
        if as_of_utc_ms <= result.shift.settles_utc_ms
    ]
    awaited = (
        Awaited(result.shift.shift.store_id, result.shift.off_duty.closes_utc_ms)
        for result in results
        if result.phase is DayStatus.AWAITING_DATA
        and all(finding.code is not FindingCode.FEED_GAP for finding in result.findings)
    )
    odd = [finding for result in results for finding in result.findings]
    stay_min = sum(result.stay_min for result in results)
    return DayResult(
        status=worst(*statuses),
        scheduled=True,
        final=all(result.phase is None for result in results),
        late_min=sum(result.late_min for result in results),
        early_min=sum(result.early_min for result in results),
        worked_min=sum(result.worked_min for result in results),
        stay_min=stay_min,
        overtime_min=stay_min,
        leave_min=sum(_leave_min(result.shift) for result in results),
        on_leave=all(result.shift.is_excused and result.shift.leave for result in results),
        outside=any(point.tap and point.tap.place is Place.OUTSIDE for point in points),
        missing_card=DayStatus.NOT_SIGNED in statuses,
        absent=DayStatus.ABSENTEEISM in statuses,
        full_attendance=all(point.status in CLEAN for point in points)
        and not set(statuses) & {DayStatus.ABSENTEEISM, DayStatus.HALF_DAY},
        taps=tuple(taps),
        points=points,
        findings=tuple(sorted([*findings, *odd, *overtime(stay_min, taps, policy)])),
        look_again_utc_ms=min(settling) + 1 if settling else None,
        awaited=next(awaited, None),
    )


def _leave_min(shift: PlannedShift) -> int:
    if not shift.leave:
        return 0
    return covered_ms(shift.leave, shift.leave[0][0], shift.leave[-1][1]) // MINUTE_MS


def _rest_day(
    day: RosterDay,
    taps: Sequence[Tap],
    findings: Sequence[Finding],
    as_of_utc_ms: int,
    complete_utc_ms: Mapping[str, int],
) -> DayResult:
    ends_utc_ms = midnight_utc_ms(shift_date(day.work_date, 1), day.zone)
    is_over = as_of_utc_ms > ends_utc_ms + REST_SETTLE_MS
    is_complete = complete_utc_ms.get(day.store_id, 0) > ends_utc_ms
    worked_ms = taps[-1].at_utc_ms - taps[0].at_utc_ms if taps else 0
    odd = [Finding(code, (record,)) for code, record in oddities_of(taps)]
    return DayResult(
        status=DayStatus.REST_DAY_WORK if taps else DayStatus.REST_DAY,
        scheduled=False,
        final=is_over and is_complete,
        late_min=0,
        early_min=0,
        worked_min=worked_ms // MINUTE_MS,
        stay_min=0,
        overtime_min=worked_ms // MINUTE_MS,
        leave_min=0,
        on_leave=False,
        outside=any(tap.place is Place.OUTSIDE for tap in taps),
        missing_card=False,
        absent=False,
        full_attendance=False,
        taps=tuple(taps),
        points=(),
        findings=tuple(sorted([*findings, *odd])),
        look_again_utc_ms=None if is_over else ends_utc_ms + REST_SETTLE_MS + 1,
        awaited=Awaited(day.store_id, ends_utc_ms) if is_over and not is_complete else None,
    )
