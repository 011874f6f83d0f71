"""Who works where and when: stores, people, badges, seller codes and rosters; reads only.

What changes them, and what must then be resolved again, is in `store.enrolment`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from sqlalchemy import Connection, Table, bindparam, select

from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.validity import Binding, holder_on
from cloud_receiver.domain.workday import UNPLANNED, decode_shifts
from cloud_receiver.store import approvals, tables
from cloud_receiver.store.questions import Among, Question

ANY_DEVICE: Final = "*"
ALWAYS_UTC_MS: Final = 2**62
HISTORY_BEGAN_KEY: Final = "organisation_history_began_utc_ms"
"""Written by the migration that found stores there already; what they were before is not known."""
UNKNOWN_ZONE: Final = "UTC"
"""Stands in for the zone of a store nobody has entered yet; entering it resolves again."""


@dataclass(frozen=True, slots=True)
class Site:
    """A store as judging needs it; `zone` is an IANA name.

    Attributes:
        latitude_microdeg, longitude_microdeg, fence_m: None when it has no fence.
    """

    store_id: str
    zone: str
    scene: str
    latitude_microdeg: int | None = None
    longitude_microdeg: int | None = None
    fence_m: int | None = None

    @property
    def fence(self) -> tuple[int | None, int | None, int | None]:
        """Where a phone may check in."""
        return self.latitude_microdeg, self.longitude_microdeg, self.fence_m


def sites(connection: Connection, known_by_utc_ms: int | None = None) -> dict[str, Site]:
    """Return all stores by id.

    Args:
        known_by_utc_ms: as they were known then, and one that was entered later as it was
            entered first; None: as they are.
    """
    if known_by_utc_ms is None:
        return {row[0]: Site(*row) for row in _SITES.ask(connection)}
    found: dict[str, Site] = {}
    for created_utc_ms, *row in _SITES_SAID.ask(connection):
        if created_utc_ms <= known_by_utc_ms or row[0] not in found:
            found[row[0]] = Site(*row)
    return found


_SITES: Final = Question(select(*[tables.store.c[name] for name in Site.__dataclass_fields__]))
_said: Final = tables.store_version.c
_SITES_SAID: Final = Question(
    select(_said.created_utc_ms, *[_said[name] for name in Site.__dataclass_fields__]).order_by(
        _said.version
    )
)


def history_began_utc_ms(connection: Connection) -> int:
    """Return when the history of stores, people and teams began to be kept; 0: with the first."""
    key = tables.meta.c.key == HISTORY_BEGAN_KEY
    return int(connection.scalar(select(tables.meta.c.value).where(key)) or 0)


def zone_of(known_sites: Mapping[str, Site], store_id: str) -> str:
    """Return a store's zone, `UNKNOWN_ZONE` when nobody has entered the store yet."""
    site = known_sites.get(store_id)
    return site.zone if site else UNKNOWN_ZONE


def home_stores(connection: Connection, employee_ids: Collection[str]) -> dict[str, str]:
    """Return the home store of each of the people that are known."""
    rows = _HOMES.ask(connection, people=list(employee_ids))
    return {employee_id: store_id for employee_id, store_id in rows}  # noqa: C416  rows, no dict


_HOMES: Final = Question(
    select(tables.employee.c.employee_id, tables.employee.c.store_id).where(
        Among(tables.employee.c.employee_id, "people")
    )
)


Bindings = Mapping[tuple[str, ...], Sequence[Binding]]
"""By the key of a badge (store, terminal, user id) or of a till code (store, code)."""


class _Book:
    """Who is bound to what."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = dict(bindings)

    def add(self, more: Self) -> None:
        """Take in what is known of others."""
        self._bindings.update(more._bindings)


class BadgeBook(_Book):
    """Whose id is whose on which terminal: a terminal's own entry goes before the store's."""

    def holder(self, store_id: str, device_serial: str, user_id: str, date: str) -> str | None:
        """Return the employee on a local date, None when nobody is bound to the id then."""
        for serial in (device_serial, ANY_DEVICE):
            held = self._bindings.get((store_id, serial, user_id))
            found = holder_on(held, date) if held else None
            if found:
                return found
        return None


class SellerBook(_Book):
    """Whose code is whose on the tills of a store."""

    def holder(self, store_id: str, seller_code: str, date: str) -> str | None:
        """Return the employee on a local date, None when nobody is bound to the code then."""
        return holder_on(self._bindings.get((store_id, seller_code), ()), date)


def badge_book(
    connection: Connection,
    store_ids: Collection[str],
    user_ids: Collection[str],
    known_by_utc_ms: int = ALWAYS_UTC_MS,
) -> BadgeBook:
    """Return the badges of some stores and user ids, as they are or were known."""
    asked = (store_ids, user_ids, known_by_utc_ms)
    return BadgeBook(_bindings(connection, tables.badge, "user_id", *asked))


def seller_book(
    connection: Connection,
    store_ids: Collection[str],
    codes: Collection[str],
    known_by_utc_ms: int = ALWAYS_UTC_MS,
) -> SellerBook:
    """Return the till codes of some stores, as they are or were known."""
    asked = (store_ids, codes, known_by_utc_ms)
    return SellerBook(_bindings(connection, tables.seller, "seller_code", *asked))


def _bindings(
    connection: Connection,
    table: Table,
    id_name: str,
    store_ids: Collection[str],
    ids: Collection[str],
    known_by_utc_ms: int,
) -> Bindings:
    """Return bindings in force by all of the primary key but first date and version."""
    if not ids:
        return {}
    asked = {"stores": list(store_ids), "ids": list(ids), "known_by": known_by_utc_ms}
    found: defaultdict[tuple[str, ...], dict[str, Binding]] = defaultdict(dict)
    for row in _bindings_query(table, id_name).ask(connection, **asked):
        binding = Binding(*row[-3:])
        found[tuple(row[:-3])][binding.first_date] = binding  # the last version is in force
    return {key: list(by_date.values()) for key, by_date in found.items()}


@lru_cache(maxsize=2)
def _bindings_query(table: Table, id_name: str) -> Question:
    key = list(table.primary_key)[:-2]
    columns = (*key, table.c.first_date, table.c.last_date, table.c.employee_id)
    wanted = Among(table.c.store_id, "stores") & Among(table.c[id_name], "ids")
    known = table.c.created_utc_ms <= bindparam("known_by")
    return Question(select(*columns).where(wanted, known).order_by(table.c.version))


Rosters = Mapping[str, Mapping[str, RosterDay]]
"""Roster days by employee and work date."""


def rosters(
    connection: Connection,
    employee_ids: Collection[str],
    first_date: str,
    last_date: str,
    known_sites: Mapping[str, Site],
    known_by_utc_ms: int | None = None,
) -> Rosters:
    """Return the roster in force, the highest version of each day, between two dates.

    Args:
        known_by_utc_ms: as it was then, and with the leave known then; None: as it is.
    """
    away = approvals.absences(connection, employee_ids, first_date, last_date, known_by_utc_ms)
    zones = {site.store_id: site.zone for site in known_sites.values()}
    asked = {
        "people": list(employee_ids),
        "first": first_date,
        "last": last_date,
        "known_by": known_by_utc_ms,
    }
    rows = _roster_query(known_by_utc_ms is not None).tuples(connection, **asked)
    found: defaultdict[str, dict[str, RosterDay]] = defaultdict(dict)
    same: dict[tuple[object, ...], RosterDay] = {}
    decode = lru_cache(lambda text: decode_shifts(text, zones))  # few texts stand for all days
    for employee_id, work_date, store_id, shift, target_fen, subsidy_fen in rows:
        if shift == UNPLANNED:
            found[employee_id].pop(work_date, None)
            continue
        absences = away.get((employee_id, work_date), ())
        key = (work_date, store_id, shift, target_fen, subsidy_fen, absences)
        day = same.get(key)  # many people share one plan
        if day is None:
            day = same[key] = RosterDay(
                work_date=work_date,
                store_id=store_id,
                zone=zone_of(known_sites, store_id),
                shifts=decode(shift),
                target_fen=target_fen,
                subsidy_fen=subsidy_fen,
                absences=absences,
            )
        found[employee_id][work_date] = day
    return found


@lru_cache(maxsize=2)
def _roster_query(is_dated: bool) -> Question:
    """Return the question for roster versions."""
    roster = tables.roster.c
    query = (
        select(
            roster.employee_id,
            roster.work_date,
            roster.store_id,
            roster.shift,
            roster.target_fen,
            roster.subsidy_fen,
        )
        .where(
            Among(roster.employee_id, "people"),
            roster.work_date.between(bindparam("first"), bindparam("last")),
        )
        .order_by(roster.employee_id, roster.work_date, roster.version)
    )
    if is_dated:
        query = query.where(roster.created_utc_ms <= bindparam("known_by"))
    return Question(query)
