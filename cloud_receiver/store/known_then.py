"""Touches, sales and campaigns as they were known at an instant: by what had been said by then.

The projected tables hold whose a record is today, and when it was by the store's zone of today.
Here both are asked anew, for the records that had arrived, of what had been said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, null, or_, select

from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.schedule import shifts_around, work_date_of
from cloud_receiver.domain.workday import (
    MAX_CLOCK_OFFSET_MS,
    local_date,
    local_text,
    local_to_utc_ms,
)
from cloud_receiver.store import campaigns, organisation, tables
from cloud_receiver.store.organisation import Rosters, Site, zone_of

_DAY_MS: Final = 86_400_000
_REACH_MS: Final = 31 * _DAY_MS


def touches(
    connection: Connection,
    people: Collection[str],
    span: tuple[int, int],
    sites: Mapping[str, Site],
    known_by_utc_ms: int,
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return people's touches of a span, and those that cannot be dated.

    Each is (employee, instant, record, store, source, rank, place, check type, oddities), by
    employee and time; those without an instant are (employee, terminal's time, record).
    """
    punch = tables.punch.c
    stores, ids = _ids_of(connection, tables.badge, "user_id", people, known_by_utc_ms)
    book = organisation.badge_book(connection, stores, ids, known_by_utc_ms)
    of_terminals = punch.source.is_(None) & punch.store_id.in_(stores) & punch.user_id.in_(ids)
    of_people = punch.source.is_not(None) & punch.employee_id.in_(people)
    clocks = _Clocks(organisation.sites(connection), sites)
    query = select(tables.punch).where(
        or_(of_terminals, of_people),
        punch.effective_utc_ms.between(*_wider(span)) | punch.effective_utc_ms.is_(None),
        _known(tables.punch, known_by_utc_ms),
    )
    dated: list[tuple[Any, ...]] = []
    undated: list[tuple[Any, ...]] = []
    for row in connection.execute(query):
        who, at_utc_ms = row.employee_id, row.effective_utc_ms
        if row.source is None:
            if at_utc_ms is not None:
                at_utc_ms = clocks.then(row.store_id, at_utc_ms)
            on_date = _date_of(row.device_time, at_utc_ms, sites.get(row.store_id))
            who = book.holder(row.store_id, row.device_serial, row.user_id, on_date)
        if who not in people:
            continue
        if at_utc_ms is None:
            undated.append((who, row.device_time, row.record_id))
        else:
            said = (row.source, row.rank, row.place, row.check_type, row.oddities)
            dated.append((who, at_utc_ms, row.record_id, row.store_id, *said))
    return sorted(dated, key=_in_order), sorted(undated)


def sales(
    connection: Connection,
    people: Collection[str],
    span: tuple[int, int],
    rosters: Rosters,
    sites: Mapping[str, Site],
    known_by_utc_ms: int,
) -> list[tuple[Any, ...]]:
    """Return people's sale lines of a span.

    Each is (employee, work date, record, fen, quantity, days after the sale), by employee, work
    date and time; what takes back from a receipt counts where the sold line does.
    """
    sale = tables.sale.c
    stores, codes = _ids_of(connection, tables.seller, "seller_code", people, known_by_utc_ms)
    book = organisation.seller_book(connection, stores, codes, known_by_utc_ms)
    clocks = _Clocks(organisation.sites(connection), sites)

    def lines(condition: ColumnElement[bool]) -> dict[str, Row[Any]]:
        query = select(tables.sale).where(condition, _known(tables.sale, known_by_utc_ms))
        return {row.record_id: row for row in connection.execute(query)}

    def own(row: Row[Any]) -> DayKey | None:
        at_utc_ms = clocks.then(row.store_id, row.sold_utc_ms)
        date = local_date(at_utc_ms, zone_of(sites, row.store_id))
        who = book.holder(row.store_id, row.seller_code, date)
        if who is None or who not in people:
            return None
        shifts = shifts_around(rosters.get(who, {}), date)
        return who, work_date_of(shifts, at_utc_ms, row.store_id, date)

    found = lines(
        sale.store_id.in_(stores)
        & sale.seller_code.in_(codes)
        & sale.sold_utc_ms.between(*_wider(span))
    )
    sold = found | lines(sale.record_id.in_([row.original_id for row in found.values()]))
    found |= lines(sale.original_id.in_(list(found)))
    counted = []
    for row in sorted(found.values(), key=_by_time):
        original = sold.get(row.original_id)
        day = own(original or row)
        if day is not None:
            days_after = row.days_after if original else 0
            told = (row.record_id, row.amount_fen, row.quantity_milli, days_after)
            counted.append((*day, *told))
    return sorted(counted, key=_in_order)  # lines of one day stay in order of time


def campaigns_of_days(
    connection: Connection, keys: Collection[DayKey], known_by_utc_ms: int
) -> dict[DayKey, str]:
    """Return the campaign each employee-day belongs to, where it belongs to one."""
    campaign, member = tables.campaign_version.c, tables.campaign_member_version.c
    query = select(tables.campaign_version).where(campaign.created_utc_ms <= known_by_utc_ms)
    entered = {
        row.campaign_id: campaigns.campaign_from(row)
        for row in connection.execute(query.order_by(campaign.version))  # the last one counts
    }
    people = {employee_id for employee_id, _ in keys}
    own = member.employee_id.in_(people) & (member.created_utc_ms <= known_by_utc_ms)
    said = select(tables.campaign_member_version).where(own).order_by(member.version)
    last = {(row.campaign_id, row.employee_id): row for row in connection.execute(said)}
    memberships: dict[str, list[campaigns.Membership]] = {}
    for (campaign_id, who), row in last.items():
        if campaign_id in entered:
            memberships.setdefault(who, []).append((entered[campaign_id], row))
    return campaigns.running(memberships, keys)


def behind(connection: Connection, store_ids: Collection[str], at_utc_ms: int) -> dict[str, int]:
    """Return up to when stores' feeds can have been complete at an instant, where it shows.

    A touch that came later, although it was made before the instant and after all that were
    known of its terminal, was still waiting there.
    """
    punch, journal = tables.punch.c, tables.journal.c
    own = punch.source.is_(None) & punch.store_id.in_(store_ids)
    lately = own & punch.effective_utc_ms.between(at_utc_ms - _REACH_MS, at_utc_ms)
    query = (
        select(punch.store_id, punch.device_serial, punch.effective_utc_ms, journal.received_utc_ms)
        .join(tables.journal, journal.record_id == punch.record_id)
        .where(lately)
        .order_by(punch.effective_utc_ms.desc())
    )
    waiting: dict[tuple[str, str], int] = {}
    passed: set[tuple[str, str]] = set()
    for store_id, serial, made_utc_ms, received_utc_ms in connection.execute(query):
        if received_utc_ms <= at_utc_ms:
            passed.add((store_id, serial))
        elif (store_id, serial) not in passed:
            waiting[store_id, serial] = made_utc_ms
    found: dict[str, int] = {}
    for (store_id, _), made_utc_ms in waiting.items():
        found[store_id] = min(made_utc_ms, found.get(store_id, made_utc_ms))
    return found


class _Clocks:
    """What instant a clock on a store's wall showed, by the zone the store was said to be in then."""

    def __init__(self, now: Mapping[str, Site], then: Mapping[str, Site]) -> None:
        self._now = now
        self._then = then

    def then(self, store_id: str, at_utc_ms: int) -> int:
        """Return the instant of then for one of today."""
        today, then = (zone_of(sites, store_id) for sites in (self._now, self._then))
        if today == then:
            return at_utc_ms
        return local_to_utc_ms(local_text(at_utc_ms, today), then) + at_utc_ms % 1000


def _wider(span: tuple[int, int]) -> tuple[int, int]:
    """Return a stretch wide enough for what stood elsewhere by the zone of today."""
    return span[0] - _DAY_MS, span[1] + _DAY_MS


def _by_time(row: Row[Any]) -> tuple[int, str]:
    return row.sold_utc_ms, row.record_id


def _in_order(row: Sequence[Any]) -> tuple[Any, ...]:
    return row[0], row[1]


def _ids_of(
    connection: Connection,
    table: Table,
    id_name: str,
    people: Collection[str],
    known_by_utc_ms: int,
) -> tuple[set[str], set[str]]:
    """Return in which stores people had ids by then, and which."""
    query = select(table.c.store_id, table.c[id_name]).where(
        table.c.employee_id.in_(people), table.c.created_utc_ms <= known_by_utc_ms
    )
    rows = connection.execute(query.distinct()).all()
    return {row[0] for row in rows}, {row[1] for row in rows}


def _date_of(device_time: str, effective_utc_ms: int | None, site: Site | None) -> str:
    """Return on which date a badge is looked up: the terminal's, unless its box was wrong."""
    if effective_utc_ms is not None and site is not None:
        off_ms = local_to_utc_ms(device_time, site.zone) - effective_utc_ms
        if abs(off_ms) > MAX_CLOCK_OFFSET_MS:
            return local_date(effective_utc_ms, site.zone)
    return device_time[:10]


def _known(table: Table, known_by_utc_ms: int) -> ColumnElement[bool]:
    """Return the condition that a projected record had arrived by then and still counted."""
    journal = tables.journal.c
    received = select(journal.record_id).where(
        journal.record_id == table.c.record_id, journal.received_utc_ms <= known_by_utc_ms
    )
    withdrawn = table.c.withdrawn_utc_ms if table is tables.punch else null()
    return received.exists() & or_(withdrawn.is_(None), withdrawn > known_by_utc_ms)
