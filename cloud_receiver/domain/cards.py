"""One shift and the touches that belong to it: which is OnDuty, which OffDuty, and how they did.

Pure. OnDuty is the first touch its window accepts, OffDuty the last; no touch is both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud_receiver.domain.findings import Finding, FindingCode
from cloud_receiver.domain.schedule import Cut
from cloud_receiver.domain.workday import MINUTE_MS, CheckType, LateBasis, PlannedShift


class DayStatus(StrEnum):
    """The result of a card point, a shift or a day; DingTalk's names where it has one."""

    NORMAL = "Normal"
    LATE = "Late"
    SERIOUS_LATE = "SeriousLate"
    EARLY = "Early"
    NOT_SIGNED = "NotSigned"
    ABSENTEEISM = "Absenteeism"
    PENDING = "Pending"  # the shift is still to come or running
    AWAITING_DATA = "AwaitingData"  # over, but the store's feed is not complete to then
    REST_DAY = "RestDay"
    REST_DAY_WORK = "RestDayWork"


LABELS: Final[dict[DayStatus, tuple[str, str]]] = {
    DayStatus.NORMAL: ("正常", "on time"),
    DayStatus.LATE: ("迟到", "late"),
    DayStatus.SERIOUS_LATE: ("严重迟到", "seriously late"),
    DayStatus.EARLY: ("早退", "left early"),
    DayStatus.NOT_SIGNED: ("缺卡", "missing card"),
    DayStatus.ABSENTEEISM: ("旷工", "absent"),
    DayStatus.PENDING: ("未结束", "under way"),
    DayStatus.AWAITING_DATA: ("等待数据", "awaiting data"),
    DayStatus.REST_DAY: ("休息", "rest day"),
    DayStatus.REST_DAY_WORK: ("休息日出勤", "worked on a rest day"),
}
"""Chinese and English label of every status."""

WORST_FIRST: Final = (
    DayStatus.ABSENTEEISM,
    DayStatus.NOT_SIGNED,
    DayStatus.SERIOUS_LATE,
    DayStatus.LATE,
    DayStatus.EARLY,
    DayStatus.AWAITING_DATA,
    DayStatus.PENDING,
    DayStatus.NORMAL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an organisation decides about judging.

    Attributes:
        serious_late_min: later than this is seriously late.
        collapse_s: touches this close to the first of them are one touch.
    """

    serious_late_min: int = 15
    collapse_s: int = 60
    cut: Cut = Cut.MIDDLE


@dataclass(frozen=True, slots=True, order=True)
class Tap:
    """A touch of a terminal at its effective time, by a person who is known.

    Attributes:
        zone: of the store; says on which date a touch stands that no shift takes.
    """

    at_utc_ms: int
    record_id: str
    store_id: str
    zone: str


@dataclass(frozen=True, slots=True)
class PointResult:
    """What became of one card point; `tap` is the evidence, None when there is none."""

    check_type: CheckType
    store_id: str
    planned_utc_ms: int
    status: DayStatus
    tap: Tap | None


@dataclass(frozen=True, slots=True)
class _Touch:
    """Taps close together, taken as one."""

    taps: tuple[Tap, ...]

    @property
    def first(self) -> Tap:
        return self.taps[0]

    @property
    def last(self) -> Tap:
        return self.taps[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftResult:
    """One shift, judged; `phase` is None once nothing is missing any more."""

    shift: PlannedShift
    on_duty: PointResult
    off_duty: PointResult
    phase: DayStatus | None
    late_min: int
    early_min: int
    worked_min: int
    stay_min: int
    findings: tuple[Finding, ...]

    @property
    def status(self) -> DayStatus:
        """Return the worse of the two card points; absent when both are missing."""
        if self.on_duty.tap is None and self.off_duty.tap is None:
            return self.phase or DayStatus.ABSENTEEISM
        return min(self.on_duty.status, self.off_duty.status, key=WORST_FIRST.index)


def judge_shift(
    shift: PlannedShift, taps: Sequence[Tap], phase: DayStatus | None, policy: Policy
) -> ShiftResult:
    """Judge a shift from the taps it owns, in order of time.

    Args:
        phase: why a missing touch may still come, None when it no longer can.
    """
    touches = _touches(taps, policy.collapse_s)
    on_touch, off_touch = _card_touches(shift, touches)
    came = on_touch.first if on_touch else None
    left = off_touch.last if off_touch else None
    late_min = _late_min(shift, came) if came else 0
    early_min = _early_min(shift, left) if left else 0
    on_status = off_status = DayStatus.NORMAL
    if came is None:
        on_status = phase or DayStatus.NOT_SIGNED
    elif late_min:
        severe = late_min > policy.serious_late_min
        on_status = DayStatus.SERIOUS_LATE if severe else DayStatus.LATE
    if left is None:
        off_status = phase or DayStatus.NOT_SIGNED
    elif early_min:  # a later touch may still come, so only the end of the window decides
        off_status = phase or DayStatus.EARLY
    return ShiftResult(
        shift=shift,
        on_duty=_point(shift, CheckType.ON_DUTY, on_status, came),
        off_duty=_point(shift, CheckType.OFF_DUTY, off_status, left),
        phase=phase,
        late_min=late_min,
        early_min=early_min if off_status is DayStatus.EARLY else 0,
        worked_min=(left.at_utc_ms - came.at_utc_ms) // MINUTE_MS if came and left else 0,
        stay_min=_stay_min(shift, left) if left else 0,
        findings=tuple(_findings(shift, touches, {came, left})),
    )


def _touches(taps: Sequence[Tap], collapse_s: int) -> list[_Touch]:
    groups: list[list[Tap]] = []
    for tap in taps:
        if groups and tap.at_utc_ms - groups[-1][0].at_utc_ms <= collapse_s * 1000:
            groups[-1].append(tap)
        else:
            groups.append([tap])
    return [_Touch(tuple(group)) for group in groups]


def _card_touches(
    shift: PlannedShift, touches: Sequence[_Touch]
) -> tuple[_Touch | None, _Touch | None]:
    """Return the touch that is OnDuty and the one that is OffDuty; never the same one."""
    on_duty = next((t for t in touches if shift.on_duty.accepts(t.first.at_utc_ms)), None)
    off_duty = next(
        (t for t in reversed(touches) if shift.off_duty.accepts(t.last.at_utc_ms)), None
    )
    if on_duty is None or on_duty is not off_duty:
        return on_duty, off_duty
    since_start = abs(on_duty.first.at_utc_ms - shift.on_duty.planned_utc_ms)
    until_end = abs(on_duty.last.at_utc_ms - shift.off_duty.planned_utc_ms)
    return (on_duty, None) if since_start <= until_end else (None, on_duty)


def _point(
    shift: PlannedShift, check_type: CheckType, status: DayStatus, tap: Tap | None
) -> PointResult:
    point = shift.on_duty if check_type is CheckType.ON_DUTY else shift.off_duty
    return PointResult(check_type, shift.shift.store_id, point.planned_utc_ms, status, tap)


def _late_min(shift: PlannedShift, came: Tap) -> int:
    """Return the minutes that count, seconds dropped: 15:59 late is 15."""
    late_min = max(0, came.at_utc_ms - shift.on_duty.planned_utc_ms) // MINUTE_MS
    grace_min = shift.shift.grace_min
    if late_min <= grace_min:
        return 0
    return late_min - grace_min if shift.shift.late_basis is LateBasis.AFTER_GRACE else late_min


def _early_min(shift: PlannedShift, left: Tap) -> int:
    early_min = max(0, shift.off_duty.planned_utc_ms - left.at_utc_ms) // MINUTE_MS
    return early_min if early_min > shift.shift.early_grace_min else 0


def _stay_min(shift: PlannedShift, left: Tap) -> int:
    return max(0, left.at_utc_ms - shift.off_duty.planned_utc_ms) // MINUTE_MS


def _findings(
    shift: PlannedShift, touches: Sequence[_Touch], used: set[Tap | None]
) -> Iterator[Finding]:
    for touch in touches:
        records = tuple(tap.record_id for tap in touch.taps)
        if len(records) > 1:
            yield Finding(FindingCode.DOUBLE_TAP, records)
        if used.isdisjoint(touch.taps):
            yield Finding(FindingCode.BETWEEN_CARDS, records)
        elif any(tap.store_id != shift.shift.store_id for tap in touch.taps):
            yield Finding(FindingCode.OTHER_STORE, records)
