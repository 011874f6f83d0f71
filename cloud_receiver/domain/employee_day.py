"""One employee-day as a whole: attendance and sales become the facts rules ask about.

Pure. The facts follow `domain.facts.CATALOGUE`; beside them stands the evidence, down to
the raw record ids (law 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cloud_receiver.domain.attendance import (
    Awaited,
    DayResult,
    Gap,
    PointResult,
    Policy,
    Tap,
    judge,
)
from cloud_receiver.domain.corrections import Filed
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.findings import Finding, FindingCode
from cloud_receiver.domain.receipts import days_until_lost
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.tallies import NOTHING
from cloud_receiver.domain.workday import CheckType, shift_date

_NO_TALLIES: Final = NOTHING._asdict()


@dataclass(frozen=True, slots=True)
class Sales:
    """What a person sold on a work date; what was refunded of it since is taken off.

    Attributes:
        by_day: (days after the work date, signed fen); only where something came later.
    """

    amount_fen: int = 0
    quantity_milli: int = 0
    record_ids: tuple[str, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Feedback:
    """What customers said about a person on a work date; 100 points are 100 000."""

    count: int = 0
    sum_milli: int = 0
    record_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayInputs:
    """Everything known about one employee-day.

    Attributes:
        rostered: the roster says something about the day, be it that it is a rest day.
        scene: of the store of the day.
        calendar: what the date is in that store's calendar, a `calendar.DayKind` value.
        neighbours: the roster around the day.
        taps: at least those within two days.
        implausible: punches of that date whose terminal's clock cannot be believed.
        gaps: per store, when touches may have been lost; at least those near the day.
        corrections: by work date, those of the day and the dates around it.
        team: the person's, as rules name it; empty: none.
        campaign_id: of the campaign the person takes part in on the day; empty: none.
    """

    employee_id: str
    day: RosterDay
    rostered: bool
    scene: str
    calendar: str = ""
    neighbours: Mapping[str, RosterDay]
    taps: tuple[Tap, ...]
    implausible: tuple[str, ...]
    sales: Sales
    gaps: Mapping[str, Sequence[Gap]] = field(default_factory=dict)
    corrections: Mapping[str, Sequence[Filed]] = field(default_factory=dict)
    feedback: Feedback = Feedback()
    team: str = ""
    campaign_id: str = ""

    @property
    def is_followed(self) -> bool:
        """Tell whether the next day's start depends on when the person left on this one."""
        after = self.neighbours.get(shift_date(self.day.work_date, 1))
        return after is not None and any(shift.late_back_min for shift in after.shifts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What an employee-day comes to; the streak is still to be counted.

    Attributes:
        is_empty: nothing was planned and nothing happened; there is no such day.
    """

    facts: dict[str, FactValue]
    evidence: dict[str, Any]
    is_empty: bool
    look_again_utc_ms: int | None
    awaited: Awaited | None


def assess(
    inputs: DayInputs, *, as_of_utc_ms: int, complete_utc_ms: Mapping[str, int], policy: Policy
) -> Assessment:
    """Judge the day and put its facts and their evidence together."""
    result = judge(
        inputs.day,
        inputs.neighbours,
        inputs.taps,
        as_of_utc_ms=as_of_utc_ms,
        complete_utc_ms=complete_utc_ms,
        policy=policy,
        implausible=inputs.implausible,
        gaps=inputs.gaps,
        corrections=inputs.corrections,
    )
    happened = bool(
        result.taps or inputs.implausible or inputs.sales.record_ids or inputs.feedback.record_ids
    )
    return Assessment(
        facts=_facts(inputs, result),
        evidence=_evidence(inputs, result),
        is_empty=not inputs.rostered and not happened,
        look_again_utc_ms=result.look_again_utc_ms,
        awaited=result.awaited,
    )


def _facts(inputs: DayInputs, result: DayResult) -> dict[str, FactValue]:
    day, sales = inputs.day, inputs.sales
    sold_fen = max(0, sales.amount_fen)  # a day of refunds reaches no share of its target
    return {
        "employee_id": inputs.employee_id,
        "work_date": day.work_date,
        "store_id": day.store_id,
        "scene": inputs.scene,
        "calendar": inputs.calendar,
        "team": inputs.team,
        "campaign_id": inputs.campaign_id,
        "status": result.status.value,
        "scheduled": result.scheduled,
        "final": result.final,
        "late_min": result.late_min,
        "early_min": result.early_min,
        "worked_min": result.worked_min,
        "stay_min": result.stay_min,
        "overtime_min": result.overtime_min,
        "leave_min": result.leave_min,
        "on_leave": result.on_leave,
        "outside": result.outside,
        "missing_card": result.missing_card,
        "absent": result.absent,
        "full_attendance": result.full_attendance,
        "arrived": any(_is_arrival(point) for point in result.points),
        **_NO_TALLIES,
        "feedback_count": inputs.feedback.count,
        "feedback_sum_milli": inputs.feedback.sum_milli,
        "sales_fen": sales.amount_fen,
        "sales_qty_milli": sales.quantity_milli,
        "target_fen": day.target_fen,
        "target_met": 0 < day.target_fen <= sales.amount_fen,
        "target_lost_days": days_until_lost(day.target_fen, sales.by_day),
        "achievement_bp": sold_fen * 10_000 // day.target_fen if day.target_fen else 0,
        "subsidy_fen": day.subsidy_fen,
    }


def _is_arrival(point: PointResult) -> bool:
    return point.check_type is CheckType.ON_DUTY and point.tap is not None


def _evidence(inputs: DayInputs, result: DayResult) -> dict[str, Any]:
    findings = list(result.findings)
    if not inputs.rostered and result.taps:
        records = tuple(tap.record_id for tap in result.taps)
        findings.append(Finding(FindingCode.UNSCHEDULED, records))
    return {
        "punches": [tap.record_id for tap in result.taps],
        "sales": list(inputs.sales.record_ids),
        "entries": _entries(inputs),
        "feedback": list(inputs.feedback.record_ids),
        "points": [_point(point) for point in result.points],
        "findings": [
            {"code": finding.code.value, "records": list(finding.record_ids)}
            for finding in findings
        ],
    }


def _entries(inputs: DayInputs) -> list[str]:
    """Return the leave and corrections the day rests on, whether they count or not."""
    filed = inputs.corrections.get(inputs.day.work_date, ())
    if not filed and not inputs.day.absences:
        return []
    ids = {absence.record_id for absence in inputs.day.absences}
    return sorted(ids | {one.record_id for one in filed})


def _point(point: PointResult) -> dict[str, Any]:
    check_type, store_id, planned_utc_ms, status, tap = point
    return {
        "check_type": check_type,
        "store_id": store_id,
        "planned_utc_ms": planned_utc_ms,
        "status": status,
        "at_utc_ms": tap.at_utc_ms if tap else None,
        "record_id": tap.record_id if tap else None,
        "source": tap.source if tap else None,
        "place": tap.place if tap else None,
    }
