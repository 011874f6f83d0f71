"""Who works where and when: stores, people, badges, seller codes and rosters; reads only.

What changes them, and what must then be resolved again, is in `store.enrolment`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, select

from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import decode_shifts
from cloud_receiver.store import tables

ANY_DEVICE: Final = "*"
UNKNOWN_ZONE: Final = "UTC"
"""Stands in for the zone of a store nobody has entered yet; entering it resolves again."""


@dataclass(frozen=True, slots=True)
class Site:
    """A store as judging needs it; `zone` is an IANA name."""

    store_id: str
    zone: str
    scene: str


def sites(connection: Connection) -> dict[str, Site]:
    """Return all stores by id."""
    columns = (tables.store.c.store_id, tables.store.c.zone, tables.store.c.scene)
    return {row.store_id: Site(*row) for row in connection.execute(select(*columns))}


def zone_of(known_sites: Mapping[str, Site], store_id: str) -> str:
    """Return a store's zone, `UNKNOWN_ZONE` when nobody has entered the store yet."""
    site = known_sites.get(store_id)
    return site.zone if site else UNKNOWN_ZONE


def home_stores(connection: Connection, employee_ids: Collection[str]) -> dict[str, str]:
    """Return the home store of each of the people that are known."""
    columns = (tables.employee.c.employee_id, tables.employee.c.store_id)
    rows = connection.execute(select(*columns).where(columns[0].in_(employee_ids)))
    return {employee_id: store_id for employee_id, store_id in rows}  # noqa: C416  rows, no dict


class BadgeBook:
    """Whose id is whose on which terminal: a terminal's own entry goes before the store's."""

    def __init__(self, holders: Mapping[tuple[str, str, str], str]) -> None:
        self._holders = holders

    def holder(self, store_id: str, device_serial: str, user_id: str) -> str | None:
        """Return the employee, None when nobody is bound to the id yet."""
        exact = self._holders.get((store_id, device_serial, user_id))
        return exact or self._holders.get((store_id, ANY_DEVICE, user_id))


def badge_book(
    connection: Connection, store_ids: Collection[str], user_ids: Collection[str]
) -> BadgeBook:
    """Return the badges of some stores and user ids."""
    badge = tables.badge.c
    rows = connection.execute(
        select(badge.store_id, badge.device_serial, badge.user_id, badge.employee_id).where(
            badge.store_id.in_(store_ids), badge.user_id.in_(user_ids)
        )
    )
    return BadgeBook({(row[0], row[1], row[2]): row[3] for row in rows})


def sellers(
    connection: Connection, store_ids: Collection[str], codes: Collection[str]
) -> dict[tuple[str, str], str]:
    """Return the employee of each (store, seller code) that is bound."""
    seller = tables.seller.c
    rows = connection.execute(
        select(seller.store_id, seller.seller_code, seller.employee_id).where(
            seller.store_id.in_(store_ids), seller.seller_code.in_(codes)
        )
    )
    return {(store_id, code): employee_id for store_id, code, employee_id in rows}


Rosters = Mapping[str, Mapping[str, RosterDay]]
"""Roster days by employee and work date."""


def rosters(
    connection: Connection,
    employee_ids: Collection[str],
    first_date: str,
    last_date: str,
    known_sites: Mapping[str, Site],
) -> Rosters:
    """Return the roster in force, the highest version of each day, between two dates."""
    zones = {site.store_id: site.zone for site in known_sites.values()}
    roster = tables.roster.c
    rows = connection.execute(
        select(
            roster.employee_id,
            roster.work_date,
            roster.store_id,
            roster.shift,
            roster.target_fen,
            roster.subsidy_fen,
        )
        .where(
            roster.employee_id.in_(employee_ids), roster.work_date.between(first_date, last_date)
        )
        .order_by(roster.employee_id, roster.work_date, roster.version)
    )
    found: defaultdict[str, dict[str, RosterDay]] = defaultdict(dict)
    decode = lru_cache(lambda text: decode_shifts(text, zones))  # few texts stand for all days
    for employee_id, work_date, store_id, shift, target_fen, subsidy_fen in rows.all():
        found[employee_id][work_date] = RosterDay(
            work_date=work_date,
            store_id=store_id,
            zone=zone_of(known_sites, store_id),
            shifts=decode(shift),
            target_fen=target_fen,
            subsidy_fen=subsidy_fen,
        )
    return found
