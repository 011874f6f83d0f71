"""Rosters and overtime against the hours the law lets people work; reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any, Final

from sqlalchemy import Connection, select

from cloud_receiver.domain import day_texts
from cloud_receiver.domain.labour import LabourNote, about, concerns
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.periods import last_date
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import monday_of, shift_date
from cloud_receiver.store import organisation
from cloud_receiver.store.enrolment import RosterEntry
from cloud_receiver.store.tables import IS_OVER, day_fact
from sync.portions import portions

_WEEK: Final = 7
_PEOPLE_AT_ONCE: Final = 500


def of_entries(connection: Connection, entries: Collection[RosterEntry]) -> list[LabourNote]:
    """Return what is of concern once some roster days stand, be they written yet or not."""
    by_person: defaultdict[str, dict[str, RosterEntry]] = defaultdict(dict)
    for entry in entries:
        by_person[entry.employee_id][entry.work_date] = entry
    changed = {who: frozenset(days) for who, days in by_person.items()}
    return list(_warnings(connection, changed, by_person))


def of_dates(
    connection: Connection, employee_ids: Iterable[str], dates: Iterable[str]
) -> list[LabourNote]:
    """Return what is of concern about some people's rosters in force on some dates."""
    wanted = frozenset(dates)
    return list(_warnings(connection, dict.fromkeys(employee_ids, wanted), {}))


def _warnings(
    connection: Connection,
    changed: Mapping[str, frozenset[str]],
    laid: Mapping[str, Mapping[str, RosterEntry]],
) -> Iterator[LabourNote]:
    if not any(changed.values()):
        return
    sites = organisation.sites(connection)
    every = frozenset().union(*changed.values())
    # the whole months, and the whole weeks they have a part of
    first = monday_of(f"{min(every)[:7]}-01")
    last = shift_date(monday_of(last_date(max(every)[:7])), _WEEK - 1)
    for some in portions(sorted(changed), _PEOPLE_AT_ONCE):
        rosters = organisation.rosters(connection, some, first, last, sites)
        for who in some:
            days = dict(rosters.get(who, {}))
            for work_date, entry in laid.get(who, {}).items():
                if not entry.is_planned:
                    days.pop(work_date, None)
                    continue
                days[work_date] = RosterDay(
                    work_date=work_date,
                    store_id=entry.store_id,
                    zone=organisation.zone_of(sites, entry.store_id),
                    shifts=entry.shifts,
                )
            yield from about(concerns(who, days), changed[who])


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtime:
    """A person's overtime of a month, beyond what the law allows.

    Attributes:
        days: the minutes of each day that has some, by date.
        record_ids: the touches that ended those days.
    """

    employee_id: str
    month: str
    store_id: str
    overtime_min: int
    days: Mapping[str, int]
    record_ids: tuple[str, ...]


def beyond_limit(connection: Connection, first: str, last: str) -> list[Overtime]:
    """Return whose overtime went beyond 36 hours in the months of a stretch of dates."""
    fact = day_fact.c
    begin, end = f"{first[:7]}-01", last_date(last[:7])
    over = (
        select(fact.employee_id)
        .where(IS_OVER, fact.work_date.between(begin, end))
        .distinct()
        .order_by(fact.employee_id)
    )
    found: list[Overtime] = []
    for some in portions(connection.scalars(over).all(), _PEOPLE_AT_ONCE):
        query = (
            select(
                fact.employee_id, fact.work_date, fact.store_id, fact.facts, fact.evidence,
                fact.overtime_min, fact.overtime_over_month_min,
            )
            .where(
                fact.employee_id.in_(some),
                fact.work_date.between(begin, end),
                fact.overtime_min > 0,
            )
            .order_by(fact.employee_id, fact.work_date)
        )  # fmt: skip
        of_month = groupby(connection.execute(query).all(), lambda day: (day[0], day[1][:7]))
        months = (_overtime(key, list(days)) for key, days in of_month)
        found += [one for one in months if one is not None]
    return found


def _overtime(key: DayKey, days: Sequence[Any]) -> Overtime | None:
    who, month = key
    if not any(day.overtime_over_month_min for day in days):
        return None
    records = [day_texts.read(day.facts, day.evidence)[1]["punches"][-1:] for day in days]
    return Overtime(
        employee_id=who,
        month=month,
        store_id=days[-1].store_id,
        overtime_min=sum(day.overtime_min for day in days),
        days={day.work_date: day.overtime_min for day in days},
        record_ids=tuple(chain.from_iterable(records)),
    )
