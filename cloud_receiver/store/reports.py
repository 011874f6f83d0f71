"""The sums reports are made of: counted by the database, of a stretch of work dates; reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    func,
    outerjoin,
    select,
)

from cloud_receiver.domain.labour import OVERTIME_DAY_MIN
from cloud_receiver.domain.periods import after, last_date, period_of
from cloud_receiver.domain.results import DayStatus
from cloud_receiver.store.tables import day_fact, employee, ledger

ANOMALIES: Final = (
    DayStatus.LATE,
    DayStatus.SERIOUS_LATE,
    DayStatus.ABSENT_LATE,
    DayStatus.HALF_DAY,
    DayStatus.EARLY,
    DayStatus.NOT_SIGNED,
    DayStatus.ABSENTEEISM,
)
_JUDGED: Final = (*ANOMALIES, DayStatus.NORMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What a report is about.

    Attributes:
        first, last: work dates, both included.
        store_id: None: every store.
    """

    first: str
    last: str
    store_id: str | None = None

    def of(self, table: Table) -> list[ColumnElement[bool]]:
        """Return the conditions that a row is of it."""
        wanted: list[ColumnElement[bool]] = [table.c.work_date.between(self.first, self.last)]
        if self.store_id is not None:
            wanted.append(table.c.store_id == self.store_id)
        return wanted


@dataclass(frozen=True, slots=True)
class Anomalies:
    """Judged shifts of a store or person and how many went wrong, by status."""

    key: str
    store_id: str
    days: int
    by_status: dict[DayStatus, int]

    @property
    def wrong(self) -> int:
        """Return how many were late, early, without a card or absent."""
        return self.days - self.by_status.get(DayStatus.NORMAL, 0)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Booked money of a rule or day; deductions are negative."""

    key: str
    entries: int
    rewards_fen: int
    deductions_fen: int
    people: int


@dataclass(frozen=True, slots=True)
class Sold:
    """A person's sales on worked days; `rewarded_from` is the first work date of a reward.

    The day of that reward is left out: it was rewarded for its sales. Of somebody without
    a reward every day counts as before.
    """

    employee_id: str
    store_id: str
    rewarded_from: str | None
    days_before: int
    sales_before_fen: int
    days_after: int
    sales_after_fen: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Days of a store: all judged, final, and waiting for its data."""

    store_id: str
    work_date: str
    days: int
    final: int
    awaiting: int


def anomalies(connection: Connection, stretch: Stretch, *, by_person: bool) -> list[Anomalies]:
    """Return judged shifts by store or by person, by key."""
    if not by_person:
        return _by_status(connection.execute(_of_stores(stretch)))
    fact = day_fact.c
    wrong = (
        select(fact.employee_id, fact.status, func.count())
        .where(*stretch.of(day_fact), fact.status.in_(ANOMALIES))
        .group_by(fact.employee_id, fact.status)
    )
    by_status: defaultdict[str, dict[DayStatus, int]] = defaultdict(dict)
    for who, status, count in connection.execute(wrong):
        by_status[who][DayStatus(status)] = int(count)
    judged = _of_people(stretch, fact.status.in_(_JUDGED), func.min(fact.store_id), func.count())
    found = []
    for who, store_id, count in connection.execute(judged):
        normal = int(count) - sum(by_status[who].values())
        own = {**by_status[who], DayStatus.NORMAL: normal} if normal else by_status[who]
        found.append(Anomalies(who, store_id, int(count), own))
    return found


def _of_stores(stretch: Stretch) -> Select[Any]:
    """Return the query of days by store and status.

    Each date is counted first: that is the order of the index, and nothing need be sorted.
    """
    fact = day_fact.c
    of_date = (
        select(fact.work_date, fact.store_id, fact.status, func.count().label("days"))
        .where(*stretch.of(day_fact), fact.status.in_(_JUDGED))
        .group_by(fact.work_date, fact.store_id, fact.status)
        .subquery()
    ).c
    return (
        select(of_date.store_id, of_date.status, func.sum(of_date.days))
        .group_by(of_date.store_id, of_date.status)
        .order_by(of_date.store_id)
    )


def _by_status(rows: Iterable[Any]) -> list[Anomalies]:
    found: dict[str, Anomalies] = {}
    for store_id, status, count in rows:
        one = found.get(store_id) or Anomalies(store_id, store_id, 0, {})
        counts = {**one.by_status, DayStatus(status): int(count)}
        found[store_id] = Anomalies(store_id, store_id, one.days + int(count), counts)
    return list(found.values())


def _of_people(
    stretch: Stretch, condition: ColumnElement[bool], *columns: ColumnElement[Any]
) -> Select[Any]:
    """Return the query of some days person by person, those without any left out, by person.

    Everybody's days are looked up one person after the other, which is the order of the index:
    nothing is sorted, and what is beyond the stretch is not read. A store's few are found by date.
    """
    fact, who = day_fact.c, employee.c.employee_id
    if stretch.store_id is not None:
        query = select(fact.employee_id, *columns).where(*stretch.of(day_fact), condition)
        return query.group_by(fact.employee_id).order_by(fact.employee_id)
    own = outerjoin(
        employee, day_fact, and_(fact.employee_id == who, *stretch.of(day_fact), condition)
    )
    query = select(who, *columns).select_from(own).group_by(who)
    return query.having(func.count(fact.work_date) > 0).order_by(who)


def amounts(connection: Connection, stretch: Stretch, *, by_day: bool) -> list[Amounts]:
    """Return booked money by rule or by work date, by key.

    Each date is summed first: that is the order of the index, and nothing need be sorted.
    """
    entry, amount = ledger.c, ledger.c.amount_fen
    of_date = (
        select(
            entry.work_date,
            entry.account,
            entry.rule_id,
            func.count().label("entries"),
            func.sum(case((amount > 0, amount), else_=0)).label("up"),
            func.sum(case((amount < 0, amount), else_=0)).label("down"),
        )
        .where(*stretch.of(ledger))
        .group_by(entry.work_date, entry.account, entry.rule_id)
        .subquery()
    ).c
    key = of_date.work_date if by_day else of_date.rule_id
    query = select(key, func.sum(of_date.entries), func.sum(of_date.up), func.sum(of_date.down))
    rows = connection.execute(query.group_by(key).order_by(key)).all()
    people = {} if by_day else _people(connection, stretch)
    return [
        Amounts(name, int(entries), int(up), int(down), people.get(name, 0))
        for name, entries, up, down in rows
    ]


def _people(connection: Connection, stretch: Stretch) -> dict[str, int]:
    """Return how many people each rule moved money of."""
    entry = ledger.c
    who = func.count(entry.employee_id.distinct())
    query = select(entry.rule_id, who).where(*stretch.of(ledger)).group_by(entry.rule_id)
    return {rule_id: int(people) for rule_id, people in connection.execute(query)}


def sizes(connection: Connection, stretch: Stretch) -> list[tuple[int, int]]:
    """Return (amount in fen, how many entries) of every amount booked, smallest first."""
    amount = ledger.c.amount_fen
    query = select(amount, func.count()).where(*stretch.of(ledger)).group_by(amount)
    return [(int(fen), int(count)) for fen, count in connection.execute(query.order_by(amount))]


def sold(connection: Connection, stretch: Stretch) -> list[Sold]:
    """Return each person's sales before and from the first reward in the stretch on."""
    fact, entry, who = day_fact.c, ledger.c, employee.c.employee_id
    since = (
        select(entry.work_date)
        .where(*stretch.of(ledger), entry.amount_fen > 0, entry.employee_id == who)
        .order_by(entry.work_date)
        .limit(1)
        .scalar_subquery()
    )
    rewarded = select(who, since.label("since")).cte("rewarded").prefix_with("MATERIALIZED")
    day = and_(
        fact.employee_id == rewarded.c.employee_id, *stretch.of(day_fact), fact.status.in_(_JUDGED)
    )
    is_after = fact.work_date > rewarded.c.since  # the day of the reward itself is neither
    is_before = rewarded.c.since.is_(None) | (fact.work_date < rewarded.c.since)
    query = (
        select(
            rewarded.c.employee_id,
            func.min(fact.store_id),
            rewarded.c.since,
            func.sum(case((is_before, 1), else_=0)),
            func.sum(case((is_before, fact.sales_fen), else_=0)),
            func.sum(case((is_after, 1), else_=0)),
            func.sum(case((is_after, fact.sales_fen), else_=0)),
        )
        .select_from(outerjoin(rewarded, day_fact, day))
        .group_by(rewarded.c.employee_id, rewarded.c.since)
        .having(func.count(fact.work_date) > 0)
        .order_by(rewarded.c.employee_id)
    )
    return [
        Sold(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5]), int(row[6]))
        for row in connection.execute(query)
    ]


def heard(connection: Connection, stretch: Stretch) -> list[Heard]:
    """Return by store and date how much is final and how much waits for data."""
    fact = day_fact.c
    query = (
        select(
            fact.store_id,
            fact.work_date,
            func.count(),
            func.sum(case((fact.final, 1), else_=0)),
            func.sum(case((fact.status == DayStatus.AWAITING_DATA, 1), else_=0)),
        )
        .where(*stretch.of(day_fact))
        .group_by(fact.work_date, fact.store_id)  # in the order of the index
    )
    rows = connection.execute(query).all()
    return [
        Heard(row[0], row[1], int(row[2]), int(row[3]), int(row[4]))
        for row in sorted(rows, key=lambda row: (row[0], row[1]))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtime:
    """A person's overtime in a month, as far as a stretch holds it.

    Attributes:
        days: how many days have some.
        long_days: how many have more than the three hours of the law.
    """

    employee_id: str
    month: str
    store_id: str
    days: int
    long_days: int
    overtime_min: int


def overtime(connection: Connection, stretch: Stretch) -> list[Overtime]:
    """Return overtime by person and month, the most first."""
    fact = day_fact.c
    columns = (
        func.min(fact.store_id),
        func.count(),
        func.sum(case((fact.overtime_min > OVERTIME_DAY_MIN, 1), else_=0)),
        func.sum(fact.overtime_min),
    )
    found = [
        Overtime(
            employee_id=who, month=part.first[:7], store_id=store_id, days=int(days),
            long_days=int(long_days), overtime_min=int(overtime_min),
        )
        for part in _by_month(stretch)
        for who, store_id, days, long_days, overtime_min in connection.execute(
            _of_people(part, fact.overtime_min > 0, *columns)
        )
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.overtime_min, one.employee_id, one.month))


def _by_month(stretch: Stretch) -> Iterator[Stretch]:
    """Yield the part of each month; whoever groups by person and month asks for one at a time."""
    month = period_of(stretch.first)
    while month <= period_of(stretch.last):
        first, last = max(stretch.first, f"{month}-01"), min(stretch.last, last_date(month))
        yield Stretch(first=first, last=last, store_id=stretch.store_id)
        month = after(month)
