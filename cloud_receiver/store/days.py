"""What is known about employee-days: roster, touches and sales, read for many days at once."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, select

from cloud_receiver.domain.attendance import Tap
from cloud_receiver.domain.corrections import Filed
from cloud_receiver.domain.employee_day import DayInputs, Feedback, Sales
from cloud_receiver.domain.findings import FindingCode
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.schedule import RosterDay, around
from cloud_receiver.domain.touches import Place, Source
from cloud_receiver.domain.validity import in_force
from cloud_receiver.domain.workday import CheckType, midnight_utc_ms, shift_date
from cloud_receiver.store import (
    approvals,
    assignments,
    calendar,
    campaigns,
    feed_gaps,
    feedback,
    known_then,
    organisation,
    tables,
)
from cloud_receiver.store.assignments import Kind
from cloud_receiver.store.organisation import UNKNOWN_ZONE, Rosters, Site, zone_of
from cloud_receiver.store.questions import Among, Question

_MAX_GAP_DAYS: Final = 31
NONE: Final[Mapping[str, str]] = MappingProxyType({})
NO_CORRECTIONS: Final[Mapping[str, Sequence[Filed]]] = MappingProxyType({})


def load(
    connection: Connection, keys: Collection[DayKey], known_by_utc_ms: int | None = None
) -> list[DayInputs]:
    """Return everything known about some employee-days, by employee and date.

    Args:
        known_by_utc_ms: only what headquarters knew then; None: all it knows.
    """
    sites = organisation.sites(connection, known_by_utc_ms)
    return [
        inputs
        for some in _near_in_time(keys)
        for inputs in _load_together(connection, some, sites, known_by_utc_ms)
    ]


def _near_in_time(keys: Collection[DayKey]) -> Iterator[list[DayKey]]:
    """Split days so that one old day does not make the query span years for everybody."""
    together: list[DayKey] = []
    for key in sorted(keys, key=itemgetter(1, 0)):
        if together and key[1] > shift_date(together[-1][1], _MAX_GAP_DAYS):
            yield together
            together = []
        together.append(key)
    if together:
        yield together


def _load_together(
    connection: Connection,
    keys: Sequence[DayKey],
    sites: Mapping[str, Site],
    known_by_utc_ms: int | None,
) -> Iterator[DayInputs]:
    people = {employee_id for employee_id, _ in keys}
    first, last = keys[0][1], keys[-1][1]
    homes = assignments.of_people(connection, Kind.HOME, people, known_by_utc_ms)
    reach = (around(first)[0], around(last)[-1])
    rosters = organisation.rosters(connection, people, *reach, sites, known_by_utc_ms)
    filed = approvals.corrections(connection, people, *reach, known_by_utc_ms)
    taps, implausible = _punches(connection, people, first, last, sites, known_by_utc_ms)
    sales = _sales(connection, people, first, last, _Then(rosters, sites, known_by_utc_ms))
    ratings = feedback.of_days(connection, people, first, last, known_by_utc_ms)
    running = (
        campaigns.of_days(connection, keys)
        if known_by_utc_ms is None
        else known_then.campaigns_of_days(connection, keys, known_by_utc_ms)
    )
    teams = assignments.of_people(connection, Kind.TEAM, people, known_by_utc_ms)
    gaps = feed_gaps.near(connection, *_span(first, last), known_by_utc_ms)
    dates = calendar.calendar(connection, first, last, known_by_utc_ms)
    for employee_id, work_date in sorted(keys):
        roster = rosters.get(employee_id, {})
        own = _within_two_days(taps.get(employee_id, ()), work_date)
        day = roster.get(work_date) or _unrostered(
            work_date, in_force(homes.get(employee_id, NONE), work_date), own, sites
        )
        site = sites.get(day.store_id)
        yield DayInputs(
            employee_id=employee_id,
            day=day,
            rostered=work_date in roster,
            scene=site.scene if site else "",
            calendar=dates.kind(day.store_id, work_date).value,
            neighbours={date: roster[date] for date in around(work_date) if date in roster},
            taps=own,
            implausible=tuple(sorted(implausible.get((employee_id, work_date), ()))),
            sales=sales.get((employee_id, work_date), Sales()),
            feedback=ratings.get((employee_id, work_date), Feedback()),
            team=in_force(teams.get(employee_id, NONE), work_date),
            campaign_id=running.get((employee_id, work_date), ""),
            gaps=gaps,
            corrections={
                date: filed[employee_id, date]
                for date in around(work_date)
                if (employee_id, date) in filed
            }
            if filed
            else NO_CORRECTIONS,
        )


def _unrostered(
    work_date: str, home: str, taps: Sequence[Tap], sites: Mapping[str, Site]
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
    known_by_utc_ms: int | None,
) -> tuple[dict[str, list[Tap]], dict[DayKey, list[str]]]:
    """Return each person's believable touches in order, and the others by terminal date."""
    span = _span(first, last)
    if known_by_utc_ms is None:
        asked = {"people": list(people), "begin": span[0], "end": span[1]}
        rows = _PUNCHES.tuples(connection, **asked)
        unbelieved = _UNBELIEVED.tuples(connection, **asked)
    else:
        rows, unbelieved = known_then.touches(connection, people, span, sites, known_by_utc_ms)
    taps: defaultdict[str, list[Tap]] = defaultdict(list)
    for employee_id, at_utc_ms, record_id, store_id, source, *rest in rows:
        tap = Tap(at_utc_ms, record_id, store_id, sites[store_id].zone)
        taps[employee_id].append(_from_people(tap, source, *rest) if source else tap)
    implausible: defaultdict[DayKey, list[str]] = defaultdict(list)
    for employee_id, device_time, record_id in unbelieved:
        implausible[employee_id, device_time[:10]].append(record_id)
    return taps, implausible


_PUNCHES: Final = Question(
    select(tables.punch.c.employee_id, tables.punch.c.effective_utc_ms,
           tables.punch.c.record_id, tables.punch.c.store_id, tables.punch.c.source,
           tables.punch.c.rank, tables.punch.c.place, tables.punch.c.check_type,
           tables.punch.c.oddities)
    .where(
        Among(tables.punch.c.employee_id, "people"),
        tables.punch.c.effective_utc_ms.between(bindparam("begin"), bindparam("end")),
        tables.punch.c.withdrawn_utc_ms.is_(None),
    )
    .order_by(tables.punch.c.employee_id, tables.punch.c.effective_utc_ms)
)  # fmt: skip
_UNBELIEVED: Final = Question(
    select(tables.punch.c.employee_id, tables.punch.c.device_time, tables.punch.c.record_id).where(
        Among(tables.punch.c.employee_id, "people"),
        tables.punch.c.effective_utc_ms.is_(None),
        tables.punch.c.withdrawn_utc_ms.is_(None),
    )
)
_SALES: Final = Question(
    select(tables.sale.c.employee_id, tables.sale.c.work_date, tables.sale.c.record_id,
           tables.sale.c.amount_fen, tables.sale.c.quantity_milli, tables.sale.c.days_after)
    .where(
        Among(tables.sale.c.employee_id, "people"),
        tables.sale.c.work_date.between(bindparam("first"), bindparam("last")),
    )
    .order_by(tables.sale.c.employee_id, tables.sale.c.work_date, tables.sale.c.sold_utc_ms,
              tables.sale.c.record_id)
)  # fmt: skip


def _from_people(
    tap: Tap, source: str, rank: int, place: str, check_type: str | None, oddities: str
) -> Tap:
    return tap._replace(
        source=Source(source),
        rank=rank,
        place=Place(place),
        check_type=CheckType(check_type) if check_type else None,
        oddities=tuple(FindingCode(code) for code in oddities.split()),
    )


def _within_two_days(taps: Sequence[Tap], work_date: str) -> tuple[Tap, ...]:
    """Cut out what can matter for a date in any zone; the judge decides."""
    begin, end = _span(work_date, work_date)
    # a tap is a tuple that begins with its instant, and compares with a shorter one by that
    low = bisect_left(taps, (begin,))
    return tuple(taps[low : bisect_left(taps, (end,), low)])


def _span(first: str, last: str) -> tuple[int, int]:
    """Return between which instants something may matter for these dates in any zone."""
    begin = midnight_utc_ms(shift_date(first, -2), UNKNOWN_ZONE)
    return begin, midnight_utc_ms(shift_date(last, 4), UNKNOWN_ZONE)


class _Then(NamedTuple):
    """What was known: the roster of the days and their neighbours; None: it is now."""

    rosters: Rosters
    sites: Mapping[str, Site]
    known_by_utc_ms: int | None


def _sales(
    connection: Connection, people: Collection[str], first: str, last: str, then: _Then
) -> dict[DayKey, Sales]:
    if then.known_by_utc_ms is None:
        rows = _SALES.tuples(connection, people=list(people), first=first, last=last)
    else:
        span = _span(first, last)
        rows = known_then.sales(
            connection, people, span, then.rosters, then.sites, then.known_by_utc_ms
        )
    found: dict[DayKey, Sales] = {}
    for key, lines in groupby(rows, key=itemgetter(0, 1)):
        _, _, record_ids, amounts_fen, quantities_milli, days_after = zip(*lines, strict=True)
        by_day = tuple(zip(days_after, amounts_fen, strict=True)) if any(days_after) else ()
        found[key] = Sales(sum(amounts_fen), sum(quantities_milli), record_ids, by_day)
    return found
