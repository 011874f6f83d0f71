"""Rosters to look at: the grid of a stretch, and every version of a day with what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.templates import hours_text, settings_text
from cloud_receiver.domain.workday import UNPLANNED, decode_shifts
from cloud_receiver.store import organisation
from cloud_receiver.store.organisation import Site
from cloud_receiver.store.tables import employee, roster
from sync.money import yuan_text


@dataclass(frozen=True, slots=True)
class GridRow:
    """A person's days of a stretch, by date; a date that is missing has no roster."""

    employee_id: str
    name: str
    days: dict[str, RosterDay]


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of a day that is not as it was; texts for people, empty for none.

    Attributes:
        part: ``shifts``, ``settings``, ``store``, ``target`` or ``subsidy``.
    """

    part: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RosterVersion:
    """A version of a roster day: who made it, when, and what it changed.

    Attributes:
        day: None: from then on nothing is planned.
    """

    employee_id: str
    work_date: str
    day: RosterDay | None
    version: int
    author: str
    created_utc_ms: int
    differences: tuple[Difference, ...]


def grid(
    connection: Connection, first_date: str, last_date: str, store_id: str | None = None
) -> list[GridRow]:
    """Return the rosters in force of a store's people and of whoever works there, by name.

    Args:
        store_id: None for everybody.
    """
    who = employee.c
    query = select(who.employee_id, who.name)
    if store_id is not None:
        here = select(roster.c.employee_id).where(
            roster.c.store_id == store_id,
            roster.c.work_date.between(first_date, last_date),
            roster.c.shift != UNPLANNED,
        )
        query = query.where((who.store_id == store_id) | who.employee_id.in_(here))
    people = connection.execute(query.order_by(who.name, who.employee_id)).all()
    sites = organisation.sites(connection)
    ids = [person.employee_id for person in people]
    rosters = organisation.rosters(connection, ids, first_date, last_date, sites)
    return [
        GridRow(person.employee_id, person.name, dict(rosters.get(person.employee_id, {})))
        for person in people
    ]


def history(
    connection: Connection, employee_id: str, first_date: str, last_date: str
) -> list[RosterVersion]:
    """Return every version of a person's days, by date and the oldest first."""
    sites = organisation.sites(connection)
    zones = {site.store_id: site.zone for site in sites.values()}
    query = select(roster).where(
        roster.c.employee_id == employee_id, roster.c.work_date.between(first_date, last_date)
    )
    found: list[RosterVersion] = []
    for row in connection.execute(query.order_by(roster.c.work_date, roster.c.version)):
        day = _day(row, sites, zones) if row.shift != UNPLANNED else None
        earlier = found[-1].day if found and found[-1].work_date == row.work_date else None
        found.append(
            RosterVersion(
                employee_id, row.work_date, day, row.version, row.author, row.created_utc_ms,
                differences(earlier, day),
            )
        )  # fmt: skip
    return found


def _day(row: Any, sites: Mapping[str, Site], zones: Mapping[str, str]) -> RosterDay:
    return RosterDay(
        work_date=row.work_date,
        store_id=row.store_id,
        zone=organisation.zone_of(sites, row.store_id),
        shifts=decode_shifts(row.shift, zones),
        target_fen=row.target_fen,
        subsidy_fen=row.subsidy_fen,
    )


def differences(before: RosterDay | None, after: RosterDay | None) -> tuple[Difference, ...]:
    """Return what a day says that it did not say before; None says nothing."""
    old, new = _texts(before), _texts(after)
    parts = {part: (old.get(part, ""), new.get(part, "")) for part in old | new}
    return tuple(Difference(part, *texts) for part, texts in parts.items() if texts[0] != texts[1])


def _texts(day: RosterDay | None) -> dict[str, str]:
    if day is None:
        return {}
    return {
        "shifts": hours_text(day.shifts) or "-",
        "settings": " | ".join(map(settings_text, day.shifts)),
        "store": day.store_id,
        "target": yuan_text(day.target_fen),
        "subsidy": yuan_text(day.subsidy_fen),
    }
