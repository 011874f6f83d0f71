"""Roster lines to roster days: dates spelled out, and the lines of one day put together.

Lines for the same person and date are the shifts of that day, in order of time. A line for
a single date goes before the lines that cover it with a stretch of dates, so that a
holiday is one more line and not a rewritten file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.templates import ShiftTemplate
from cloud_receiver.domain.workday import Shift
from cloud_receiver.exchange import fields
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.lines import Known, person_of, store_of
from cloud_receiver.store.enrolment import RosterEntry

MAX_STRETCH_DAYS: Final = 400
_WITHOUT_SHIFT: Final = fields.REST_WORDS | fields.NO_PLAN_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterLine:
    """One line, read: a shift or rest on some dates, or that nothing is planned on them."""

    number: int
    employee_id: str
    store_id: str
    zone: str
    dates: tuple[str, ...]
    is_single_date: bool
    shifts: tuple[Shift, ...]
    target_fen: int
    subsidy_fen: int
    is_planned: bool

    @property
    def worked_days(self) -> list[DayKey]:
        """Return the employee-days that it gives a shift to."""
        return [(self.employee_id, date) for date in self.dates] if self.shifts else []


@dataclass(frozen=True, slots=True)
class Clash:
    """A line that cannot stand, beside another one of its day or beside what is known."""

    number: int
    error: CellError


def of_who_left(lines: Iterable[RosterLine], gone: set[DayKey]) -> Iterator[Clash]:
    """Yield the lines that give shifts to people on days on which they work here no more."""
    for line in lines:
        days = sorted(gone.intersection(line.worked_days))
        if days:
            yield Clash(line.number, not_here(*days[0]))


def not_here(employee_id: str, work_date: str) -> CellError:
    """Return that somebody cannot be given a shift on a date on which he works here no more."""
    zh = f"“{employee_id}”{work_date} 已离职或还未入职:请不排这一天,或先在员工资料改离职日期"
    en = (
        f"{employee_id!r} does not work here on {work_date}: leave the day out, or change the date "
        "of leaving"
    )
    return CellError("work_date", zh, en)


def read_line(
    number: int, cells: Mapping[str, str], named: Known, templates: Mapping[str, ShiftTemplate]
) -> RosterLine:
    """Read a line.

    Args:
        templates: shifts in force, by id and by name.

    Raises:
        CellError: a cell cannot be used.
    """
    employee_id = person_of(cells, named)
    store_id = store_of({**cells, "store_id": cells["store_id"] or named.homes[employee_id]}, named)
    zone = named.zones[store_id]
    dates = tuple(_dates(cells))
    if not dates:
        raise CellError("weekdays", "没有这样的日期", "no date of the stretch is such a weekday")
    return RosterLine(
        number=number,
        employee_id=employee_id,
        store_id=store_id,
        zone=zone,
        dates=dates,
        is_single_date=bool(cells["work_date"]),
        shifts=_shifts(cells, store_id, zone, templates),
        target_fen=fields.fen("target_yuan", cells["target_yuan"]),
        subsidy_fen=fields.fen("subsidy_yuan", cells["subsidy_yuan"]),
        is_planned=(cells["shift"] or cells["start"]).lower() not in fields.NO_PLAN_WORDS,
    )


def _shifts(
    cells: Mapping[str, str], store_id: str, zone: str, templates: Mapping[str, ShiftTemplate]
) -> tuple[Shift, ...]:
    """Return the shifts of a line: of a template, or of its own hours; none is rest."""
    called = cells["shift"]
    if not called:
        shift = _shift(cells, store_id, zone)
        return (shift,) if shift else ()
    if called.lower() in _WITHOUT_SHIFT:
        return ()
    if called not in templates:
        raise CellError(
            "shift",
            f"没有班次“{called}”,请先在“排班”的“班次”页建立,或写上班、下班时间",
            f"there is no shift {called!r}; add it on the page of shifts, or write start and end",
        )
    return templates[called].at(store_id, zone)


def _dates(cells: Mapping[str, str]) -> Iterator[str]:
    if cells["work_date"]:
        yield fields.day("work_date", cells["work_date"]).isoformat()
        return
    if not cells["from"]:
        raise CellError("work_date", "请填写日期,或开始与结束日期", "write a date, or from and to")
    first, last = fields.day("from", cells["from"]), fields.day("to", cells["to"])
    if not timedelta(0) <= last - first <= timedelta(MAX_STRETCH_DAYS):
        raise CellError(
            "to",
            f"结束日期应不早于开始日期,且不超过 {MAX_STRETCH_DAYS} 天",
            f"to must not be before from, nor more than {MAX_STRETCH_DAYS} days after it",
        )
    wanted = fields.weekdays("weekdays", cells["weekdays"])
    for number in range((last - first).days + 1):
        on: date = first + timedelta(number)
        if on.isoweekday() in wanted:
            yield on.isoformat()


def _shift(cells: Mapping[str, str], store_id: str, zone: str) -> Shift | None:
    if cells["start"].lower() in _WITHOUT_SHIFT:
        return None
    start, end = fields.clock("start", cells["start"]), fields.clock("end", cells["end"])
    if start == end:
        raise CellError("end", "上班与下班时间相同", "start and end are the same")
    return Shift(
        shift_id=f"{start}-{end}",
        store_id=store_id,
        zone=zone,
        start=start,
        end=end,
        end_day=int(end <= start),
        grace_min=fields.minutes("grace_min", cells["grace_min"]),
    )


def roster_days(lines: Iterable[RosterLine]) -> tuple[list[RosterEntry], list[Clash]]:
    """Return the days the lines make together, and the lines that do not fit beside others."""
    by_day: dict[DayKey, list[RosterLine]] = {}
    for line in lines:
        for work_date in line.dates:
            by_day.setdefault((line.employee_id, work_date), []).append(line)
    entries: list[RosterEntry] = []
    clashes: dict[int, Clash] = {}
    for (employee_id, work_date), of_day in by_day.items():
        kept = [line for line in of_day if line.is_single_date] or of_day
        clash = _clash(kept, work_date)
        if clash:
            clashes.setdefault(clash.number, clash)
        else:
            entries.append(_entry(employee_id, work_date, kept))
    return entries, list(clashes.values())


def _entry(employee_id: str, work_date: str, lines: list[RosterLine]) -> RosterEntry:
    shifts = sorted(_of(lines), key=lambda shift: shift.start)
    return RosterEntry(
        employee_id=employee_id,
        work_date=work_date,
        store_id=lines[0].store_id,
        shifts=tuple(shifts),
        target_fen=max(line.target_fen for line in lines),
        subsidy_fen=max(line.subsidy_fen for line in lines),
        is_planned=lines[0].is_planned,
    )


def _of(lines: Iterable[RosterLine]) -> Iterator[Shift]:
    return (shift for line in lines for shift in line.shifts)


def _clash(lines: list[RosterLine], work_date: str) -> Clash | None:
    if len(lines) == 1:
        return None
    last = lines[-1]
    if any(not line.shifts for line in lines):
        zh, en = "同一天既休息又有班次", "the same day has a shift and another line has none"
        return Clash(last.number, CellError("start", f"{work_date} {zh}", f"{work_date}: {en}"))
    shifts = tuple(_of(lines))
    day = RosterDay(work_date=work_date, store_id="", zone=last.zone, shifts=shifts)
    if day.has_overlap():
        zh, en = "与同一天的另一班次重叠", "overlaps another shift of the same day"
        return Clash(last.number, CellError("start", f"{work_date} {zh}", f"{work_date}: {en}"))
    return None
