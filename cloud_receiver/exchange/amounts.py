"""Targets and subsidies of days that are rostered already: what an ERP knows and a roster does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.exchange import fields
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.lines import Cells, ImportFile, Known, person_of
from cloud_receiver.store import organisation
from cloud_receiver.store.enrolment import RosterEntry

Standing = Mapping[DayKey, RosterDay]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """A day's target and subsidy; None leaves what stands.

    Attributes:
        number: of the line of a file.
    """

    employee_id: str
    work_date: str
    target_fen: int | None
    subsidy_fen: int | None
    number: int = 0

    @property
    def day(self) -> DayKey:
        """Return the employee-day."""
        return (self.employee_id, self.work_date)


def read_line(number: int, cells: Cells, named: Known) -> Amounts:
    """Read a line; an empty amount changes nothing.

    Raises:
        CellError: a cell cannot be used.
    """
    amounts = {
        f"{name}_fen": fields.fen(f"{name}_yuan", text) if (text := cells[f"{name}_yuan"]) else None
        for name in ("target", "subsidy")
    }
    return Amounts(
        employee_id=person_of(cells, named),
        work_date=fields.day("work_date", cells["work_date"]).isoformat(),
        number=number,
        **amounts,
    )


def entries_of(
    connection: Connection, file: ImportFile, read: Iterable[Amounts]
) -> list[RosterEntry]:
    """Return the roster days with their new amounts; lines about days off are refused."""
    by_day = {one.day: one for one in read}
    if not by_day:
        return []
    dates = [date for _, date in by_day]
    stands = standing(connection, {who for who, _ in by_day}, min(dates), max(dates))
    entries = []
    for one in by_day.values():
        try:
            entries.append(with_amounts(stands, one))
        except CellError as error:
            file.refuse(one.number, error)
    return entries


def standing(connection: Connection, people: set[str], first_date: str, last_date: str) -> Standing:
    """Return the roster days in force, by employee and date."""
    sites = organisation.sites(connection)
    found = organisation.rosters(connection, people, first_date, last_date, sites)
    return {(who, date): day for who, days in found.items() for date, day in days.items()}


def with_amounts(stands: Standing, wanted: Amounts) -> RosterEntry:
    """Return a roster day with other amounts.

    Raises:
        CellError: nothing is rostered on that day.
    """
    day = stands.get(wanted.day)
    if day is None:
        raise CellError(
            "work_date",
            f"{wanted.employee_id} 在 {wanted.work_date} 没有排班,请先导入排班",
            f"{wanted.employee_id} has no roster on {wanted.work_date}; import the roster first",
        )
    target_fen, subsidy_fen = wanted.target_fen, wanted.subsidy_fen
    return RosterEntry(
        employee_id=wanted.employee_id,
        work_date=wanted.work_date,
        store_id=day.store_id,
        shifts=day.shifts,
        target_fen=day.target_fen if target_fen is None else target_fen,
        subsidy_fen=day.subsidy_fen if subsidy_fen is None else subsidy_fen,
    )
