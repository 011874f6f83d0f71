"""What is known about employee-days: roster, touches and sales, read for many days at once."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, select

from cloud_receiver.domain.attendance import Tap
from cloud_receiver.domain.employee_day import DayInputs, Sales
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.schedule import RosterDay, around
from cloud_receiver.domain.workday import midnight_utc_ms, shift_date
from cloud_receiver.store import feed_gaps, organisation, tables
from cloud_receiver.store.organisation import UNKNOWN_ZONE, Site, zone_of

_MAX_GAP_DAYS: Final = 31


def load(connection: Connection, keys: Collection[DayKey]) -> list[DayInputs]:
    """Return everything known about some employee-days, by employee and date."""
    sites = organisation.sites(connection)
    return [
        inputs for some in _near_in_time(keys) for inputs in _load_together(connection, some, sites)
    ]


def _near_in_time(keys: Collection[DayKey]) -> Iterator[list[DayKey]]:
    """Split days so that one old day does not make the query span years for everybody."""
    together: list[DayKey] = []
    for key in sorted(keys, key=lambda key: (key[1], key[0])):
        if together and key[1] > shift_date(together[-1][1], _MAX_GAP_DAYS):
            yield together
            together = []
        together.append(key)
    if together:
        yield together


def _load_together(
    connection: Connection, keys: Sequence[DayKey], sites: Mapping[str, Site]
) -> Iterator[DayInputs]:
    people = {employee_id for employee_id, _ in keys}
    first, last = keys[0][1], keys[-1][1]
    homes = organisation.home_stores(connection, people)
    rosters = organisation.rosters(connection, people, around(first)[0], around(last)[-1], sites)
    taps, implausible = _punches(connection, people, first, last, sites)
    sales = _sales(connection, people, first, last)
    gaps = feed_gaps.near(connection, *_span(first, last))
    for employee_id, work_date in sorted(keys):
        roster = rosters.get(employee_id, {})
        own = _within_two_days(taps.get(employee_id, ()), work_date)
        day = roster.get(work_date) or _unrostered(work_date, homes.get(employee_id), own, sites)
        site = sites.get(day.store_id)
        yield DayInputs(
            employee_id=employee_id,
            day=day,
            rostered=work_date in roster,
            scene=site.scene if site else "",
            neighbours={date: roster[date] for date in around(work_date) if date in roster},
            taps=own,
            implausible=tuple(sorted(implausible.get((employee_id, work_date), ()))),
            sales=sales.get((employee_id, work_date), Sales()),
            gaps=gaps,
        )


def _unrostered(
    work_date: str, home: str | None, taps: Sequence[Tap], sites: Mapping[str, Site]
) -> RosterDay:
    store_id = home or next((tap.store_id for tap in taps), "")
    zone = zone_of(sites, store_id)
    return RosterDay(work_date=work_date, store_id=store_id, zone=zone, shifts=())


def _punches(
    connection: Connection,
    people: Collection[str],
    first: str,
    last: str,
    sites: Mapping[str, Site],
) -> tuple[dict[str, list[Tap]], dict[DayKey, list[str]]]:
    """Return each person's believable touches in order, and the others by terminal date."""
    punch = tables.punch.c
    begin, end = _span(first, last)
    rows = connection.execute(
        select(punch.employee_id, punch.effective_utc_ms, punch.record_id, punch.store_id)
        .where(punch.employee_id.in_(people), punch.effective_utc_ms.between(begin, end))
        .order_by(punch.employee_id, punch.effective_utc_ms)
    )
    taps: defaultdict[str, list[Tap]] = defaultdict(list)
    for employee_id, at_utc_ms, record_id, store_id in rows.all():
        taps[employee_id].append(Tap(at_utc_ms, record_id, store_id, sites[store_id].zone))
    unbelieved = connection.execute(
        select(punch.employee_id, punch.device_time, punch.record_id).where(
            punch.employee_id.in_(people), punch.effective_utc_ms.is_(None)
        )
    )
    implausible: defaultdict[DayKey, list[str]] = defaultdict(list)
    for employee_id, device_time, record_id in unbelieved:
        implausible[employee_id, device_time[:10]].append(record_id)
    return taps, implausible


def _within_two_days(taps: Sequence[Tap], work_date: str) -> tuple[Tap, ...]:
    """Cut out what can matter for a date in any zone; the judge decides."""
    begin, end = _span(work_date, work_date)
    low = bisect_left(taps, begin, key=_instant)
    return tuple(taps[low : bisect_left(taps, end, key=_instant)])


def _span(first: str, last: str) -> tuple[int, int]:
    """Return between which instants something may matter for these dates in any zone."""
    begin = midnight_utc_ms(shift_date(first, -2), UNKNOWN_ZONE)
    return begin, midnight_utc_ms(shift_date(last, 4), UNKNOWN_ZONE)


def _instant(tap: Tap) -> int:
    return tap.at_utc_ms


def _sales(
    connection: Connection, people: Collection[str], first: str, last: str
) -> dict[DayKey, Sales]:
    sale = tables.sale.c
    rows = connection.execute(
        select(
            sale.employee_id, sale.work_date, sale.record_id, sale.amount_fen, sale.quantity_milli
        )
        .where(sale.employee_id.in_(people), sale.work_date.between(first, last))
        .order_by(sale.employee_id, sale.work_date, sale.sold_utc_ms, sale.record_id)
    )
    found: dict[DayKey, Sales] = {}
    for key, lines in groupby(rows.all(), key=lambda row: (row.employee_id, row.work_date)):
        of_day = list(lines)
        found[key] = Sales(
            sum(line.amount_fen for line in of_day),
            sum(line.quantity_milli for line in of_day),
            tuple(line.record_id for line in of_day),
        )
    return found
