"""How another system judged days, beside how ours does: what differs, and how much agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, select

from cloud_receiver.domain import day_texts
from cloud_receiver.store.tables import day_fact, imported_result

_UNJUDGED: Final = frozenset({"Pending", "AwaitingData"})


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A day both judged, differently; minutes are None where the other does not say."""

    employee_id: str
    work_date: str
    origin: str
    theirs: str
    ours: str
    their_late_min: int | None
    our_late_min: int
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of laying both side by side.

    Attributes:
        unjudged: days of theirs that ours has no final word on, for want of data or roster, or
            because they are in the archive.
    """

    agreed: int
    unjudged: int
    disagreements: tuple[Disagreement, ...]


def compare(connection: Connection, first_date: str, last_date: str) -> Comparison:
    """Lay imported results beside our facts, between two dates, both included."""
    theirs, ours = imported_result.c, day_fact.c
    same_day = and_(theirs.employee_id == ours.employee_id, theirs.work_date == ours.work_date)
    query = (
        select(imported_result, ours.status.label("our_status"), ours.facts, ours.evidence)
        .select_from(imported_result.outerjoin(day_fact, same_day))
        .where(theirs.work_date.between(first_date, last_date))
        .order_by(theirs.work_date, theirs.employee_id, theirs.origin)
    )
    agreed = unjudged = 0
    found = []
    for row in connection.execute(query):
        if row.our_status is None or row.our_status in _UNJUDGED:
            unjudged += 1
            continue
        facts, _ = day_texts.read(row.facts, row.evidence)
        if not facts:
            unjudged += 1
            continue
        late_min = int(facts.get("late_min", 0))
        same_minutes = row.late_min is None or row.late_min == late_min
        if row.status == row.our_status and same_minutes:
            agreed += 1
            continue
        found.append(
            Disagreement(
                row.employee_id, row.work_date, row.origin, row.status, row.our_status,
                row.late_min, late_min, row.file, row.line,
            )
        )  # fmt: skip
    return Comparison(agreed, unjudged, tuple(found))
