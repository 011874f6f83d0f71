"""The plain days of some people, cast from moulds; and their other days, to be judged one by one.

Everything known of the people is read at once, in order of time. A touch lies in the window of
one shift or of none, so one walk along shifts and touches says which touches each day has.
Whatever might make a day other than plain leaves it to the judge: what people entered about it
or a day near it, touches that no window takes, windows that overlap, clocks that cannot be
believed, refunds that came later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlalchemy import Connection, bindparam, select, true

from cloud_receiver.domain.moulds import Cast, Sold, cast
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.plain_plans import Plan, plan_of, taken
from cloud_receiver.domain.policies import PolicyBook
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import FIRST_DATE, UNPLANNED, local_date, shift_date
from cloud_receiver.store import (
    assignments,
    calendar,
    campaigns,
    dirty,
    feed_gaps,
    organisation,
    tables,
)
from cloud_receiver.store.assignments import Kind
from cloud_receiver.store.organisation import Site
from cloud_receiver.store.questions import Among, OfPeople, Question

_NEAR_DAYS: Final = 2  # as far as a shift or a correction reaches, see schedule.around
_CORRECTION: Final = "correction"
_punch, _sale, _entry = tables.punch.c, tables.sale.c, tables.entry.c
_roster = tables.roster.c
_COUNTS: Final = _punch.withdrawn_utc_ms.is_(None)
_TOUCHES: Final = OfPeople(
    (_punch.effective_utc_ms, _punch.record_id, _punch.store_id, _punch.source),
    _punch.effective_utc_ms.is_not(None) & _COUNTS,
    _punch.employee_id,
    order=(0,),
)
_UNBELIEVED: Final = Question(
    select(_punch.employee_id, _punch.device_time).where(
        Among(_punch.employee_id, "people"), _punch.effective_utc_ms.is_(None), _COUNTS
    )
)
_LINES: Final = OfPeople(
    (_sale.work_date, _sale.sold_utc_ms, _sale.record_id, _sale.amount_fen,
     _sale.quantity_milli, _sale.days_after),
    true(),
    _sale.employee_id,
    order=(0, 1, 2),
)  # fmt: skip
_ENTERED: Final = Question(
    select(_entry.employee_id, _entry.kind, _entry.first_date, _entry.last_date).where(
        Among(_entry.employee_id, "people"), _entry.first_date != ""
    )
)
_UNPLANNED: Final = Question(
    select(_roster.employee_id, _roster.work_date).where(
        Among(_roster.employee_id, "people"),
        _roster.work_date <= bindparam("until"),
        _roster.shift == UNPLANNED,
    )
)


@dataclass(slots=True)
class Casts:
    """What some people's days come to.

    Attributes:
        plain: by person and date, days that need no judging by themselves.
        others: the days to judge.
        sold: by person and date, where something was sold.
        teams: by person, the team by the first date one is in it.
        campaigns: of plain days, where they belong to one.
        touches: how many of a person count, on whatever day.
    """

    plain: defaultdict[str, dict[str, Cast]] = field(default_factory=lambda: defaultdict(dict))
    others: list[DayKey] = field(default_factory=list)
    sold: defaultdict[str, dict[str, Sold]] = field(default_factory=lambda: defaultdict(dict))
    teams: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    campaigns: dict[DayKey, str] = field(default_factory=dict)
    touches: dict[str, int] = field(default_factory=dict)


def cast_days(
    connection: Connection,
    people: Sequence[str],
    stored: Mapping[str, Iterable[str]],
    now_utc_ms: int,
    book: PolicyBook,
) -> Casts:
    """Return all days of some people that are rostered and begun, or stored: cast, or to judge.

    Args:
        stored: the dates that are stored of each person.
    """
    until = local_date(now_utc_ms, "UTC")
    last = shift_date(until, _NEAR_DAYS)
    sites = organisation.sites(connection)
    rosters = organisation.rosters(connection, people, FIRST_DATE, last, sites)
    zone_of = partial(organisation.zone_of, sites)
    plans = _Plans(connection, sites, last, now_utc_ms, book)
    found = Casts(teams=assignments.of_people(connection, Kind.TEAM, people))
    odd = _odd_dates(connection, people, found)
    unplanned = defaultdict(list)
    for who, date in _UNPLANNED.tuples(connection, people=people, until=until):
        unplanned[who].append(date)
    touches = _TOUCHES.ask(connection, people)
    found.touches = {who: len(some) for who, some in touches.items()}
    for who in people:
        its = {date: plans.of(day) for date, day in rosters.get(who, {}).items()}
        doubted = odd[who]
        own = taken(its.values(), touches.get(who, ()), zone_of, doubted)
        dates = {date for date in its if date <= until}.union(stored.get(who, ()), unplanned[who])
        plain = found.plain[who]
        for date in sorted(dates):
            plan = its.get(date)
            day = None
            if plan is not None and plan.is_plain and date not in doubted:
                day = cast(plan, own.get(date, ()))
            if day is None:
                found.others.append((who, date))
            else:
                plain[date] = day
    if campaigns.of_people(connection, people):
        keys = [(who, date) for who, days in found.plain.items() for date in days]
        found.campaigns = campaigns.of_days(connection, keys)
    return found


class _Plans:
    """What each roster day is; many people share one."""

    def __init__(
        self,
        connection: Connection,
        sites: Mapping[str, Site],
        last: str,
        now_utc_ms: int,
        book: PolicyBook,
    ) -> None:
        self._sites = sites
        self._dates = calendar.calendar(connection, FIRST_DATE, last)
        self._plan = partial(
            plan_of,
            as_of_utc_ms=now_utc_ms,
            complete_utc_ms=dirty.complete(connection),
            gaps=feed_gaps.near(connection, 0, dirty.NEVER_UTC_MS),
        )
        self._book = book
        self._plans: dict[int, Plan] = {}

    def of(self, day: RosterDay) -> Plan:
        plan = self._plans.get(id(day))  # the plan keeps the day, so nothing else has its id
        if plan is None:
            site = self._sites.get(day.store_id)
            plan = self._plans[id(day)] = self._plan(
                day,
                scene=site.scene if site else "",
                calendar=self._dates.kind(day.store_id, day.work_date).value,
                policy=self._book.on(day.work_date),
            )
        return plan


def _odd_dates(
    connection: Connection, people: Sequence[str], found: Casts
) -> defaultdict[str, set[str]]:
    """Return each person's dates that are not plain whatever the touches; note what was sold."""
    odd: defaultdict[str, set[str]] = defaultdict(set)
    for who, device_time in _UNBELIEVED.tuples(connection, people=people):
        odd[who].add(device_time[:10])
    for who, kind, first, last in _ENTERED.tuples(connection, people=people):
        near_days = _NEAR_DAYS if kind == _CORRECTION else 0
        date, until = shift_date(first, -near_days), shift_date(last, near_days)
        while date <= until:
            odd[who].add(date)
            date = shift_date(date, 1)
    for who, own in _LINES.ask(connection, people).items():
        by_date = found.sold[who]
        for date, _, record_id, fen, quantity_milli, days_after in own:
            sold = by_date.get(date)
            if sold is None:
                sold = by_date[date] = Sold(0, 0, [])
            sold.amount_fen += fen
            sold.quantity_milli += quantity_milli
            sold.record_ids.append(record_id)
            if days_after:
                odd[who].add(date)
    return odd
