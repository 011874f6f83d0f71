"""The judge: touches of one person on one work date, as known at an instant, to a result.

Pure and indifferent to order (law 6): the same touches in any order, with any repeats, give
the same result. What has not been heard of is never held against anybody before the shift's
last window is over, its settling time too, and the store's feed complete beyond it (law 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, NamedTuple

from cloud_receiver.domain.cards import (
    LABELS,
    WORST_FIRST,
    DayStatus,
    PointResult,
    Policy,
    ShiftResult,
    Tap,
    judge_shift,
)
from cloud_receiver.domain.findings import Finding, FindingCode
from cloud_receiver.domain.schedule import RosterDay, owner, shifts_around
from cloud_receiver.domain.workday import (
    DAY_MIN,
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

_REST_SETTLE_MS: Final = 30 * MINUTE_MS


class Gap(NamedTuple):
    """When touches of a store's terminal may have been lost for good; `sync.records.Gap`."""

    from_utc_ms: int
    to_utc_ms: int
    record_id: str


NO_GAPS: Final[Mapping[str, Sequence[Gap]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Awaited:
    """The feed that must be complete beyond an instant before the day can be final."""

    store_id: str
    beyond_utc_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayResult:
    """The attendance of one person on one work date.

    Attributes:
        final: nothing that may still come in order can change it; a correction can.
        late_min, early_min, worked_min, stay_min: of all shifts of the day together.
        absent: at least one shift of the day was missed entirely.
        full_attendance: every card point of the day is there and clean.
        taps: all that belong to the day, used or not, in order of time.
        look_again_utc_ms: when time alone may change the result; None: never.
        awaited: what data may change it; None: none is missing.
    """

    status: DayStatus
    scheduled: bool
    final: bool
    late_min: int
    early_min: int
    worked_min: int
    stay_min: int
    missing_card: bool
    absent: bool
    full_attendance: bool
    taps: tuple[Tap, ...]
    points: tuple[PointResult, ...]
    findings: tuple[Finding, ...]
    look_again_utc_ms: int | None
    awaited: Awaited | None


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
    """
    shifts = shifts_around({**neighbours, day.work_date: day}, day.work_date)
    begin_utc_ms, end_utc_ms = _reach(day)
    own: list[Tap] = []
    taken: dict[PlannedShift | None, list[Tap]] = {None: []}
    for tap in sorted(set(taps)):
        if not begin_utc_ms <= tap.at_utc_ms <= end_utc_ms:
            continue
        taken_by = owner(shifts, tap.at_utc_ms, tap.store_id, policy.cut)
        work_date = taken_by.work_date if taken_by else local_date(tap.at_utc_ms, tap.zone)
        if work_date == day.work_date:
            own.append(tap)
            taken.setdefault(taken_by, []).append(tap)
    findings = [Finding(FindingCode.CLOCK_IMPLAUSIBLE, (record,)) for record in implausible]
    if not day.shifts:
        return _rest_day(day, own, findings, as_of_utc_ms, complete_utc_ms)
    findings += [Finding(FindingCode.OUTSIDE_WINDOW, (tap.record_id,)) for tap in taken[None]]
    results = [
        _judged(
            shift,
            taken.get(shift, ()),
            _phase(shift, as_of_utc_ms, complete_utc_ms),
            policy,
            gaps.get(shift.shift.store_id, ()),
        )
        for shift in shifts
        if shift.work_date == day.work_date
    ]
    return _worked_day(results, own, findings, as_of_utc_ms)


def _reach(day: RosterDay) -> tuple[int, int]:
    """Return between which instants a touch may belong to the day, whatever its zone."""
    begin = midnight_utc_ms(day.work_date, "UTC") - DAY_MIN * MINUTE_MS
    end = begin + 3 * DAY_MIN * MINUTE_MS
    opens = (shift.on_duty.opens_utc_ms for shift in day.planned)
    closes = (shift.off_duty.closes_utc_ms for shift in day.planned)
    return min([begin, *opens]), max([end, *closes])


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
    taps: Sequence[Tap],
    phase: DayStatus | None,
    policy: Policy,
    gaps: Sequence[Gap],
) -> ShiftResult:
    """Judge a shift; where a gap may have swallowed what is amiss, it goes on awaiting data."""
    result = judge_shift(shift, taps, phase, policy)
    opens, closes = shift.on_duty.opens_utc_ms, shift.off_duty.closes_utc_ms
    records = tuple(
        gap.record_id for gap in gaps if gap.from_utc_ms < closes and gap.to_utc_ms > opens
    )
    is_clean = result.on_duty.status is result.off_duty.status is DayStatus.NORMAL
    if phase is not None or is_clean or not records:
        return result
    waiting = judge_shift(shift, taps, DayStatus.AWAITING_DATA, policy)
    finding = Finding(FindingCode.FEED_GAP, records)
    return replace(waiting, findings=(*waiting.findings, finding))


def _worked_day(
    results: Sequence[ShiftResult],
    taps: Sequence[Tap],
    findings: Sequence[Finding],
    as_of_utc_ms: int,
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
    return DayResult(
        status=min(statuses, key=WORST_FIRST.index),
        scheduled=True,
        final=all(result.phase is None for result in results),
        late_min=sum(result.late_min for result in results),
        early_min=sum(result.early_min for result in results),
        worked_min=sum(result.worked_min for result in results),
        stay_min=sum(result.stay_min for result in results),
        missing_card=DayStatus.NOT_SIGNED in statuses,
        absent=DayStatus.ABSENTEEISM in statuses,
        full_attendance=all(point.status is DayStatus.NORMAL for point in points),
        taps=tuple(taps),
        points=points,
        findings=tuple(sorted([*findings, *odd])),
        look_again_utc_ms=min(settling) + 1 if settling else None,
        awaited=next(awaited, None),
    )


def _rest_day(
    day: RosterDay,
    taps: Sequence[Tap],
    findings: Sequence[Finding],
    as_of_utc_ms: int,
    complete_utc_ms: Mapping[str, int],
) -> DayResult:
    ends_utc_ms = midnight_utc_ms(shift_date(day.work_date, 1), day.zone)
    is_over = as_of_utc_ms > ends_utc_ms + _REST_SETTLE_MS
    is_complete = complete_utc_ms.get(day.store_id, 0) > ends_utc_ms
    worked_ms = taps[-1].at_utc_ms - taps[0].at_utc_ms if taps else 0
    return DayResult(
        status=DayStatus.REST_DAY_WORK if taps else DayStatus.REST_DAY,
        scheduled=False,
        final=is_over and is_complete,
        late_min=0,
        early_min=0,
        worked_min=worked_ms // MINUTE_MS,
        stay_min=0,
        missing_card=False,
        absent=False,
        full_attendance=False,
        taps=tuple(taps),
        points=(),
        findings=tuple(sorted(findings)),
        look_again_utc_ms=None if is_over else ends_utc_ms + _REST_SETTLE_MS + 1,
        awaited=Awaited(day.store_id, ends_utc_ms) if is_over and not is_complete else None,
    )
