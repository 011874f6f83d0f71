"""A person's days and the people one may look up; reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from cloud_receiver.domain import day_texts
from cloud_receiver.domain.attendance import DayStatus
from cloud_receiver.domain.day_texts import DayDocuments
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.store import archive, tables
from cloud_receiver.store.names import PERSON, Person, Store
from cloud_receiver.store.tables import day_fact, employee, employee_version, store


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """A page of the list of people and how many there are in all."""

    people: tuple[Person, ...]
    found: int


@dataclass(frozen=True, slots=True)
class Touch:
    """A punch of a person's day; `at_utc_ms` is None where the terminal's clock is not believed."""

    record_id: str
    at_utc_ms: int | None
    device_time: str
    device_serial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A judged day of a person."""

    work_date: str
    store_id: str
    status: DayStatus
    final: bool
    facts: Mapping[str, FactValue]
    touches: tuple[Touch, ...]
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A version of what was entered of a person: who is called so, says who."""

    name: str
    author: str
    created_utc_ms: int


def entered(connection: Connection, employee_id: str) -> list[Entered]:
    """Return all that was ever entered of a person, the oldest first."""
    own = employee_version.c
    query = select(*[own[name] for name in Entered.__dataclass_fields__])
    rows = connection.execute(query.where(own.employee_id == employee_id).order_by(own.version))
    return [Entered(**row._asdict()) for row in rows]


def roll(
    connection: Connection, text: str, store_id: str | None, limit: int, *, former: bool = False
) -> Roll:
    """Return people by store and name.

    Args:
        text: in the name or id; empty: everybody.
        former: those who left instead of those who work.
    """
    who = employee.c
    wanted: list[ColumnElement[bool]] = [who.active.is_not(former)]
    if text:
        likes = [part.icontains(text, autoescape=True) for part in (who.name, who.employee_id)]
        wanted.append(or_(*likes))
    if store_id:
        wanted.append(who.store_id == store_id)
    found = connection.execute(select(func.count()).select_from(employee).where(*wanted))
    query = select(*PERSON).where(*wanted)
    rows = connection.execute(query.order_by(who.store_id, who.name, who.employee_id).limit(limit))
    return Roll(people=tuple(Person(*row) for row in rows), found=int(found.scalar_one()))


def person(connection: Connection, employee_id: str) -> tuple[Person, Store | None] | None:
    """Return somebody and the home store as far as it is known; None: there is no such id."""
    who = employee.c
    query = (
        select(*PERSON, store.c.name, store.c.zone)
        .outerjoin(store, store.c.store_id == who.store_id)
        .where(who.employee_id == employee_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    *own, name, zone = row
    home = Store(row[2], name, zone) if name is not None else None
    return Person(*own), home


def days(connection: Connection, employee_id: str, first: str, last: str) -> list[Day]:
    """Return the judged days of a person between two work dates, both included, newest first.

    Raises:
        ArchiveError: they are in the archive, and a file is not there or not what was written.
    """
    query = select(day_fact).where(
        day_fact.c.employee_id == employee_id, day_fact.c.work_date.between(first, last)
    )
    rows: list[Any] = [
        *connection.execute(query),
        *archive.days(connection, employee_id, first, last),
    ]
    rows.sort(key=attrgetter("work_date"), reverse=True)
    told = {row.work_date: day_texts.read(row.facts, row.evidence) for row in rows}
    wanted = [record for _, proof in told.values() for record in proof["punches"]]
    touches = _touches(connection, wanted)
    return [_day(row, told[row.work_date], touches) for row in rows]


def _touches(connection: Connection, record_ids: list[str]) -> dict[str, Touch]:
    touch = tables.punch.c
    query = select(
        touch.record_id, touch.effective_utc_ms, touch.device_time, touch.device_serial
    ).where(touch.record_id.in_(record_ids))
    return {row.record_id: Touch(*row) for row in connection.execute(query)}


def _day(row: Any, told: DayDocuments, touches: Mapping[str, Touch]) -> Day:
    facts, evidence = told
    known = (touches.get(record) for record in evidence["punches"])
    return Day(
        work_date=row.work_date,
        store_id=row.store_id,
        status=day_texts.status_of(row.status),
        final=row.final,
        facts=facts,
        touches=tuple(touch for touch in known if touch is not None),
        findings=tuple(found["code"] for found in evidence["findings"]),
    )
