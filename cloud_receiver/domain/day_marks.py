"""What boards and reports count an employee-day by, beside its whole facts and evidence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloud_receiver.domain.facts import FactValue
from cloud_receiver.domain.findings import FindingCode
from cloud_receiver.domain.results import DayStatus

DUBIOUS: Final = frozenset(
    {
        FindingCode.OUTSIDE_FENCE,
        FindingCode.MOCK_POSITION,
        FindingCode.SOURCES_DISAGREE,
        FindingCode.CLOCK_IMPLAUSIBLE,
        FindingCode.PHONE_CLOCK,
        FindingCode.SELF_ENTRY,
        FindingCode.BULK_ENTRY,
        FindingCode.LATE_ENTRY,
        FindingCode.OTHER_STORE,
        FindingCode.CARD_OVER_QUOTA,
        FindingCode.CARD_TOO_LATE,
        FindingCode.NO_SUCH_SHIFT,
        FindingCode.OVERTIME_OVER_LIMIT,
    }
)
"""Findings a person should look at; the others explain themselves."""
_OPEN: Final = frozenset({DayStatus.ABSENTEEISM, DayStatus.NOT_SIGNED, DayStatus.AWAITING_DATA})


def marks(facts: Mapping[str, FactValue], evidence: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the columns of `day_fact` that pages count by.

    ``touched`` tells whether any card point was touched, ``starts_utc_ms`` is the planned
    begin of the first shift, None where none is planned; ``is_odd`` days may hold something
    for a person to decide.
    """
    points = evidence.get("points", ())
    odd = any(finding["code"] in DUBIOUS for finding in evidence.get("findings", ()))
    over_min = int(facts.get("overtime_over_month_min", 0))
    return {
        "starts_utc_ms": min((point["planned_utc_ms"] for point in points), default=None),
        "touched": any(point["at_utc_ms"] is not None for point in points),
        "late_min": int(facts.get("late_min", 0)),
        "sales_fen": int(facts.get("sales_fen", 0)),
        "target_fen": int(facts.get("target_fen", 0)),
        "overtime_min": int(facts.get("overtime_min", 0)),
        "overtime_over_month_min": over_min,
        "is_odd": odd or over_min > 0 or facts["status"] in _OPEN,
    }
