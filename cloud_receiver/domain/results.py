"""The results of judging: of a card point, a shift, a day; and what an organisation decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from cloud_receiver.domain.corrections import Allowance
from cloud_receiver.domain.findings import Finding, FindingCode
from cloud_receiver.domain.schedule import Cut
from cloud_receiver.domain.touches import Tap
from cloud_receiver.domain.workday import CheckType, PlannedShift
from cloud_receiver.domain.worked_time import Rounding


class DayStatus(StrEnum):
    """The result of a card point, a shift or a day; DingTalk's names where it has one."""

    NORMAL = "Normal"
    LATE = "Late"
    SERIOUS_LATE = "SeriousLate"
    ABSENT_LATE = "AbsenteeismLate"  # so late that it is an absence, though the person came
    EARLY = "Early"
    HALF_DAY = "HalfDay"  # fewer hours than the shift asks for, yet more than none
    NOT_SIGNED = "NotSigned"
    ABSENTEEISM = "Absenteeism"
    PENDING = "Pending"  # the shift is still to come or running
    AWAITING_DATA = "AwaitingData"  # over, but the store's feed is not complete to then
    LEAVE = "Leave"
    OUTING = "Outing"
    REST_DAY = "RestDay"
    REST_DAY_WORK = "RestDayWork"


LABELS: Final[dict[DayStatus, tuple[str, str]]] = {
    DayStatus.NORMAL: ("正常", "on time"),
    DayStatus.LATE: ("迟到", "late"),
    DayStatus.SERIOUS_LATE: ("严重迟到", "seriously late"),
    DayStatus.ABSENT_LATE: ("旷工迟到", "late beyond attendance"),
    DayStatus.EARLY: ("早退", "left early"),
    DayStatus.HALF_DAY: ("半天", "half a day"),
    DayStatus.NOT_SIGNED: ("缺卡", "missing card"),
    DayStatus.ABSENTEEISM: ("旷工", "absent"),
    DayStatus.PENDING: ("未结束", "under way"),
    DayStatus.AWAITING_DATA: ("等待数据", "awaiting data"),
    DayStatus.LEAVE: ("请假", "on leave"),
    DayStatus.OUTING: ("外出", "out on business"),
    DayStatus.REST_DAY: ("休息", "rest day"),
    DayStatus.REST_DAY_WORK: ("休息日出勤", "worked on a rest day"),
}
"""Chinese and English label of every status."""

WORST_FIRST: Final = (
    DayStatus.ABSENTEEISM,
    DayStatus.NOT_SIGNED,
    DayStatus.ABSENT_LATE,
    DayStatus.HALF_DAY,
    DayStatus.SERIOUS_LATE,
    DayStatus.LATE,
    DayStatus.EARLY,
    DayStatus.AWAITING_DATA,
    DayStatus.PENDING,
    DayStatus.LEAVE,
    DayStatus.OUTING,
    DayStatus.NORMAL,
)
CLEAN: Final = (DayStatus.NORMAL, DayStatus.OUTING)
"""What leaves nothing to be desired at a card point."""
_WEIGHT: Final = {status: weight for weight, status in enumerate(WORST_FIRST)}


def worst(*statuses: DayStatus) -> DayStatus:
    """Return the worst of some results."""
    return min(statuses, key=_WEIGHT.__getitem__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an organisation decides about judging.

    Attributes:
        serious_late_min: later than this is seriously late.
        absent_late_min: later than this is an absence (旷工迟到); None: no lateness is.
        collapse_s: touches this close to the first of them are one touch.
        same_act_min: touches of different sources this close are about one act; the
            weightiest source decides.
        shared_tap_min: how far from two shifts that touch one tap may serve both.
        overtime_min, overtime_limit_min: beyond the shift, on one day (Labour Law art. 41).
    """

    serious_late_min: int = 15
    absent_late_min: int | None = None
    collapse_s: int = 60
    cut: Cut = Cut.MIDDLE
    same_act_min: int = 60
    shared_tap_min: int = 5
    overtime_min: int = 60
    overtime_limit_min: int = 180
    allowance: Allowance = field(default_factory=Allowance)
    rounding: Rounding = field(default_factory=Rounding)


class PointResult(NamedTuple):
    """What became of one card point; `tap` is the evidence, None when there is none."""

    check_type: CheckType
    store_id: str
    planned_utc_ms: int
    status: DayStatus
    tap: Tap | None


class ShiftResult(NamedTuple):
    """One shift, judged; `phase` is None once nothing is missing any more."""

    shift: PlannedShift
    on_duty: PointResult
    off_duty: PointResult
    status: DayStatus
    phase: DayStatus | None
    late_min: int
    early_min: int
    worked_min: int
    stay_min: int
    findings: tuple[Finding, ...]


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


class DayResult(NamedTuple):
    """The attendance of one person on one work date.

    Attributes:
        final: nothing that may still come in order can change it; a correction can.
        late_min, early_min, worked_min, stay_min: of all shifts of the day together.
        overtime_min: beyond the shifts, and all of a rest day.
        leave_min: of the planned time, outings not counted.
        on_leave: leave covers all that was planned.
        outside: a touch that counts was made outside its store's fence.
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
    overtime_min: int
    leave_min: int
    on_leave: bool
    outside: bool
    missing_card: bool
    absent: bool
    full_attendance: bool
    taps: tuple[Tap, ...]
    points: tuple[PointResult, ...]
    findings: tuple[Finding, ...]
    look_again_utc_ms: int | None
    awaited: Awaited | None


def overtime(overtime_min: int, taps: Sequence[Tap], policy: Policy) -> list[Finding]:
    """Warn of hours the law counts: one a day as a rule, three at most."""
    if overtime_min <= policy.overtime_min:
        return []
    over = overtime_min > policy.overtime_limit_min
    code = FindingCode.OVERTIME_OVER_LIMIT if over else FindingCode.OVERTIME
    return [Finding(code, tuple(tap.record_id for tap in taps[-1:]))]
