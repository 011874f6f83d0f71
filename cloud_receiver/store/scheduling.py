"""Rosters made from patterns, from other rosters and from new templates; and looked at.

Each maker returns entries and writes nothing: show them with `preview`, then hand them to
`enrolment.add_roster`, which adds versions where days differ. So a page and a command do the
same, and a dry run is the same call without the last step.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection, select

from cloud_receiver.domain.calendar import Calendar, DayKind
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.rota import (
    CalendarUse,
    Pattern,
    PatternError,
    Slot,
    Stretch,
    copied,
    lay,
)
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import Shift
from cloud_receiver.store import assignments, calendar, organisation, shifts, tables
from cloud_receiver.store.enrolment import RosterEntry, nothing
from cloud_receiver.store.organisation import Rosters


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternOrder:
    """A pattern for some people.

    Attributes:
        employee_ids: in order; each is `stagger_days` ahead of the one before.
        store_id: where they work; None: each in the home store.
        begins: the date the first day of the cycle stands on; None: the stretch's first.
        target_fen, subsidy_fen: of worked days; None: as the day in force has it, else 0.
    """

    pattern: Pattern
    stretch: Stretch
    employee_ids: tuple[str, ...]
    store_id: str | None = None
    begins: str | None = None
    use: CalendarUse = CalendarUse.IGNORE
    stagger_days: int = 0
    target_fen: int | None = None
    subsidy_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOrder:
    """A stretch of rosters to be laid elsewhere: other dates, other people, another store.

    Attributes:
        source, target: the source is repeated until the target is full.
        employee_ids: whose; empty: of everybody who is rostered in `store_id`.
        store_id: only days that count for this store; None: all.
        to_employees: who gets them; empty: the same people. With one source person everybody
            here gets that roster, else the lists go side by side.
        to_store_id: where the copies are worked; None: where the originals are.
    """

    source: Stretch
    target: Stretch
    employee_ids: tuple[str, ...] = ()
    store_id: str | None = None
    to_employees: tuple[str, ...] = ()
    to_store_id: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A day as it is in force (None: no roster) and as it is to be."""

    entry: RosterEntry
    before: RosterDay | None


def by_pattern(connection: Connection, order: PatternOrder) -> list[RosterEntry]:
    """Return the days a pattern makes.

    Raises:
        PatternError: it names a shift, person or store that is not there.
    """
    known = shifts.in_force(connection)
    unknown = sorted(order.pattern.shift_ids - set(known))
    if unknown:
        raise PatternError(
            f"没有班次“{unknown[0]}”,请先在“班次”页(或用 daka-hq shift add)建立;已有:{'、'.join(known) or '无'}",
            f"there is no shift {unknown[0]!r}; add it on the page of shifts or with daka-hq shift add; "
            f"there are: {', '.join(known) or 'none'}",
        )
    homes = _homes(connection, order.employee_ids)
    zones = _zones(connection, order.store_id)
    stretch = order.stretch
    begins = order.begins or stretch.first
    days = calendar.calendar(connection, min(begins, stretch.first), stretch.last)
    in_force = _rosters(connection, order.employee_ids, stretch)
    entries = []
    for number, employee_id in enumerate(order.employee_ids):
        store_id = order.store_id or homes[employee_id]
        laid = lay(
            order.pattern,
            stretch,
            begins=begins,
            kind_of=partial(_kind, days, store_id),
            use=order.use,
            ahead_days=number * order.stagger_days,
        )
        for work_date, slot in laid:
            before = in_force.get(employee_id, {}).get(work_date)
            entries.append(
                RosterEntry(
                    employee_id=employee_id,
                    work_date=work_date,
                    store_id=store_id,
                    shifts=known[slot].template.at(store_id, zones[store_id]) if slot else (),
                    target_fen=_amount(order.target_fen, before, "target_fen", slot),
                    subsidy_fen=_amount(order.subsidy_fen, before, "subsidy_fen", slot),
                )
            )
    return _of_who_works(connection, entries)


def _of_who_works(connection: Connection, entries: Sequence[RosterEntry]) -> list[RosterEntry]:
    """Return entries but for the days of who has left by then: nobody is absent who is gone."""
    gone = assignments.gone(connection, [(one.employee_id, one.work_date) for one in entries])
    return [one for one in entries if (one.employee_id, one.work_date) not in gone]


def _kind(days: Calendar, store_id: str, day: str) -> DayKind:
    return days.day(store_id, day).kind


def _amount(ordered_fen: int | None, before: RosterDay | None, name: str, slot: Slot) -> int:
    if not slot:
        return 0
    stands_fen: int = getattr(before, name, 0)
    return stands_fen if ordered_fen is None else ordered_fen


def by_copy(connection: Connection, order: CopyOrder) -> list[RosterEntry]:
    """Return the days a copy makes; dates the source says nothing about are left alone.

    Raises:
        PatternError: nobody is rostered there, or the people do not match.
    """
    people = order.employee_ids or _rostered_in(connection, order.store_id, order.source)
    _homes(connection, (*people, *order.to_employees))
    pairs = _pairs(people, order.to_employees)
    zones = _zones(connection, order.to_store_id)
    rosters = _rosters(connection, people, order.source)
    from_date = copied(order.source, order.target)
    entries = []
    for source_id, target_id in pairs:
        for work_date, source_date in from_date.items():
            day = rosters.get(source_id, {}).get(source_date)
            if day is None or order.store_id not in (None, day.store_id):
                continue
            entry = RosterEntry(
                employee_id=target_id,
                work_date=work_date,
                store_id=day.store_id,
                shifts=day.shifts,
                target_fen=day.target_fen,
                subsidy_fen=day.subsidy_fen,
            )
            if order.to_store_id:
                moved = _moved(day.shifts, order.to_store_id, zones[order.to_store_id])
                entry = replace(entry, store_id=order.to_store_id, shifts=moved)
            entries.append(entry)
    entries = _of_who_works(connection, entries)
    if not entries:
        raise PatternError(
            f"{order.source.first} 至 {order.source.last} 没有可复制的排班",
            f"nobody is rostered from {order.source.first} to {order.source.last}: nothing to copy",
        )
    return entries


def _pairs(people: Sequence[str], to_employees: Sequence[str]) -> list[tuple[str, str]]:
    if not to_employees:
        return [(person, person) for person in people]
    if len(people) == 1:
        return [(people[0], person) for person in to_employees]
    if len(people) == len(to_employees):
        return list(zip(people, to_employees, strict=True))
    raise PatternError(
        f"来源 {len(people)} 人,目标 {len(to_employees)} 人:应为一人复制给多人,或人数相同",
        f"{len(people)} people are copied to {len(to_employees)}: copy one, or as many as get it",
    )


def _moved(at: Sequence[Shift], store_id: str, zone: str) -> tuple[Shift, ...]:
    return tuple(replace(shift, store_id=store_id, zone=zone) for shift in at)


def with_newest(connection: Connection, shift_id: str, stretch: Stretch) -> list[RosterEntry]:
    """Return the days on which a template stands, with its version in force.

    Raises:
        PatternError: there is no such template.
    """
    found = shifts.in_force(connection).get(shift_id)
    if found is None:
        raise PatternError(f"没有班次“{shift_id}”", f"there is no shift {shift_id!r}")
    people = _rostered_in(connection, None, stretch)
    zones = _zones(connection, None)
    entries = []
    for employee_id, days in _rosters(connection, people, stretch).items():
        for day in days.values():
            if not any(shift.shift_id == shift_id for shift in day.shifts):
                continue
            kept = [shift for shift in day.shifts if shift.shift_id != shift_id]
            new = found.template.at(day.store_id, zones[day.store_id])
            merged = tuple(sorted((*kept, *new), key=lambda shift: shift.start))
            entries.append(
                RosterEntry(
                    employee_id=employee_id, work_date=day.work_date, store_id=day.store_id,
                    shifts=merged, target_fen=day.target_fen, subsidy_fen=day.subsidy_fen,
                )
            )  # fmt: skip
    return entries


def cleared(connection: Connection, people: Sequence[str], stretch: Stretch) -> list[RosterEntry]:
    """Return what takes back all that is planned for people; a rest day is planned, too."""
    return [
        nothing(employee_id, day)
        for employee_id, days in _rosters(connection, people, stretch).items()
        for day in days.values()
    ]


def preview(connection: Connection, entries: Collection[RosterEntry]) -> list[Change]:
    """Return what entries would change, by person and date; days that stay are left out."""
    if not entries:
        return []
    dates = [entry.work_date for entry in entries]
    people = sorted({entry.employee_id for entry in entries})
    sites = organisation.sites(connection)
    rosters = organisation.rosters(connection, people, min(dates), max(dates), sites)
    changes = []
    for entry in sorted(entries, key=lambda one: (one.employee_id, one.work_date)):
        before = rosters.get(entry.employee_id, {}).get(entry.work_date)
        is_same = before is None and not entry.is_planned
        if not is_same and (before is None or _content(before) != _content(entry)):
            changes.append(Change(entry, before))
    return changes


def _content(day: RosterDay | RosterEntry) -> tuple[object, ...]:
    is_planned = isinstance(day, RosterDay) or day.is_planned
    return (is_planned, day.store_id, day.shifts, day.target_fen, day.subsidy_fen)


def overlapping(connection: Connection, changes: Collection[Change]) -> list[DayKey]:
    """Return the days whose shifts would run at the same time."""
    zones = _zones(connection, None)
    return [
        (entry.employee_id, entry.work_date)
        for entry in (change.entry for change in changes)
        if RosterDay(
            work_date=entry.work_date,
            store_id=entry.store_id,
            zone=zones[entry.store_id],
            shifts=entry.shifts,
        ).has_overlap()
    ]


def _homes(connection: Connection, people: Collection[str]) -> dict[str, str]:
    homes = organisation.home_stores(connection, set(people))
    missing = sorted(set(people) - set(homes))
    if missing:
        raise PatternError(
            f"没有员工“{missing[0]}”,请先导入员工",
            f"there is no employee {missing[0]!r}; import the employees first",
        )
    return homes


def _zones(connection: Connection, store_id: str | None) -> dict[str, str]:
    zones = {site.store_id: site.zone for site in organisation.sites(connection).values()}
    if store_id is not None and store_id not in zones:
        raise PatternError(
            f"没有门店“{store_id}”,请先导入门店",
            f"there is no store {store_id!r}; import the stores first",
        )
    return zones


def _rosters(connection: Connection, people: Collection[str], stretch: Stretch) -> Rosters:
    sites = organisation.sites(connection)
    return organisation.rosters(connection, people, stretch.first, stretch.last, sites)


def _rostered_in(connection: Connection, store_id: str | None, stretch: Stretch) -> tuple[str, ...]:
    roster = tables.roster.c
    query = select(roster.employee_id).where(roster.work_date.between(stretch.first, stretch.last))
    if store_id is not None:
        query = query.where(roster.store_id == store_id)
    return tuple(connection.scalars(query.distinct().order_by(roster.employee_id)))
