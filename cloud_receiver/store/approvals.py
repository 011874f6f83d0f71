"""Leave, outings and corrections that stand: entered and not withdrawn, now or at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, or_, select

from cloud_receiver.domain.absences import Absence
from cloud_receiver.domain.corrections import Filed, numbered
from cloud_receiver.domain.entries import Correction, Entered, Leave, from_body
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.workday import shift_date
from cloud_receiver.store import tables
from cloud_receiver.store.questions import Among, Question


def absences(
    connection: Connection,
    employee_ids: Collection[str],
    first_date: str,
    last_date: str,
    known_by_utc_ms: int | None = None,
) -> dict[DayKey, tuple[Absence, ...]]:
    """Return leave and outings by person and work date."""
    found: defaultdict[DayKey, list[Absence]] = defaultdict(list)
    bodies = _bodies(connection, "leave", employee_ids, first_date, last_date, known_by_utc_ms)
    for record_id, entered in bodies:
        leave = entered.entry
        assert isinstance(leave, Leave)
        absence = Absence(
            record_id, leave.part, leave.purpose.is_work, leave.from_utc_ms, leave.to_utc_ms
        )
        date, until = max(first_date, leave.first_date), min(last_date, leave.last_date)
        while date <= until:
            found[leave.employee_id, date].append(absence)
            date = shift_date(date, 1)
    return {key: tuple(sorted(of_day)) for key, of_day in found.items()}


def corrections(
    connection: Connection,
    employee_ids: Collection[str],
    first_date: str,
    last_date: str,
    known_by_utc_ms: int | None = None,
) -> dict[DayKey, list[Filed]]:
    """Return corrections by person and work date, numbered within their whole months."""
    by_person: defaultdict[str, list[Filed]] = defaultdict(list)
    months = f"{first_date[:7]}-01", f"{last_date[:7]}-31"
    for record_id, entered in _bodies(
        connection, "correction", employee_ids, *months, known_by_utc_ms
    ):
        one = entered.entry
        assert isinstance(one, Correction)
        by_person[one.employee_id].append(
            Filed(
                entered.entered_utc_ms,
                record_id,
                one.work_date,
                one.check_type,
                one.shift_no,
                one.style,
                one.at_utc_ms,
                one.replaces,
            )
        )
    found: defaultdict[DayKey, list[Filed]] = defaultdict(list)
    for employee_id, filed in by_person.items():
        for one_filed in numbered(filed):
            found[employee_id, one_filed.work_date].append(one_filed)
    return dict(found)


def _bodies(
    connection: Connection,
    kind: str,
    employee_ids: Collection[str],
    first_date: str,
    last_date: str,
    known_by_utc_ms: int | None,
) -> list[tuple[str, Entered]]:
    asked = {
        "kind": kind,
        "people": list(employee_ids),
        "first_date": first_date,
        "last_date": last_date,
        "known_by": known_by_utc_ms,
    }
    rows = _query(known_by_utc_ms is not None).ask(connection, **asked)
    return [(record_id, from_body(body)) for record_id, body in rows]


@lru_cache(maxsize=2)
def _query(is_dated: bool) -> Question:
    """Return the question for what stands, now or as it was known."""
    entry, journal = tables.entry.c, tables.journal.c
    stands: ColumnElement[bool] = entry.withdrawn_utc_ms.is_(None)
    if is_dated:
        known_by: BindParameter[int] = bindparam("known_by")
        stands = or_(stands, entry.withdrawn_utc_ms > known_by) & (entry.entered_utc_ms <= known_by)
    return Question(
        select(entry.record_id, journal.body)
        .join(tables.journal, journal.record_id == entry.record_id)
        .where(
            entry.kind == bindparam("kind"),
            Among(entry.employee_id, "people"),
            entry.first_date <= bindparam("last_date"),
            entry.last_date >= bindparam("first_date"),
            stands,
        )
    )
