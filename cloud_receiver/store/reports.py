"""The sums reports are made of: counted by the database, of a stretch of work dates; reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    Select,
    Table,
    Text,
    bindparam,
    case,
    cast,
    func,
    select,
)

from cloud_receiver.domain.labour import OVERTIME_DAY_MIN
from cloud_receiver.domain.periods import after, last_date, period_of
from cloud_receiver.domain.results import DayStatus
from cloud_receiver.domain.workday import AFTER_LAST_DATE
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.tables import IS_ANOMALY, day_fact, employee, ledger

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
_STATUSES: Final = {status.value: status for status in DayStatus}


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


class Anomalies(NamedTuple):
    """Judged shifts of a store or person.

    Attributes:
        wrong: how many were late, early, without a card or absent.
        by_status: how many of each kind, the normal ones among them.
    """

    key: str
    days: int
    wrong: int
    by_status: dict[DayStatus, int]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Booked money of a rule or day; deductions are negative. `people` is said of rules."""

    key: str
    entries: int
    rewards_fen: int
    deductions_fen: int
    people: int = 0


class Sold(NamedTuple):
    """A person's sales on worked days; `rewarded_from` is the first work date of a reward.

    The day of that reward is left out: it was rewarded for its sales. Of somebody without
    a reward every day counts as before.
    """

    employee_id: str
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
        .where(*stretch.of(day_fact), IS_ANOMALY)
        .group_by(fact.employee_id, fact.status)
    )
    by_status: defaultdict[str, dict[DayStatus, int]] = defaultdict(dict)
    for who, status, count in connection.execute(wrong):
        by_status[who][_STATUSES[status]] = int(count)
    found = []
    for who, (days,) in _of_people(connection, stretch, _is_judged()):
        own = by_status.get(who, {})
        amiss = sum(own.values())
        if days > amiss:
            own[DayStatus.NORMAL] = days - amiss
        found.append(Anomalies(who, days, amiss, own))
    return found


def _is_judged() -> ColumnElement[bool]:
    """Return the condition that a day is judged; nearly all are normal, and that is asked first."""
    status = day_fact.c.status
    return (status == DayStatus.NORMAL) | status.in_(ANOMALIES)


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
    counts: defaultdict[str, dict[DayStatus, int]] = defaultdict(dict)
    for store_id, status, count in rows:
        counts[store_id][_STATUSES[status]] = int(count)
    found = []
    for store_id, own in counts.items():
        days = sum(own.values())
        found.append(Anomalies(store_id, days, days - own.get(DayStatus.NORMAL, 0), own))
    return found


def _of_people(
    connection: Connection,
    stretch: Stretch,
    condition: ColumnElement[bool],
    *sums: ColumnElement[int],
) -> Iterator[tuple[str, list[int]]]:
    """Yield each person's number of some days and sums over them, those without any left out.

    Everybody's days are looked up one person after the other, which is the order of the index:
    nothing is sorted, and what is beyond the stretch is not read.
    """
    people = _people_of(stretch)
    own = _sums_of(people, stretch, condition, *sums)
    query = select(people.c.employee_id, own).order_by(people.c.employee_id)
    for who, told in connection.execute(query).all():
        if not told.startswith("0"):
            yield who, [int(number) for number in told.split()]


def _people_of(stretch: Stretch) -> FromClause:
    """Return who may have days in a stretch: everybody, or those a store's days name."""
    if stretch.store_id is None:
        return employee
    return select(day_fact.c.employee_id).where(*stretch.of(day_fact)).distinct().subquery()


def _sums_of(
    people: FromClause,
    stretch: Stretch,
    condition: ColumnElement[bool],
    *sums: ColumnElement[int],
) -> ScalarSelect[str]:
    """Return a person's number of some days and sums over them, as one text.

    Several numbers of one lookup are one value: a join would have them grouped again, and
    SQLite sorts for that.
    """
    own = day_fact.c.employee_id == people.c.employee_id
    text: ColumnElement[str] = cast(func.count(), Text)
    for one in sums:
        text = text.concat(" ").concat(cast(func.coalesce(func.sum(one), 0), Text))
    return select(text).where(own, *stretch.of(day_fact), condition).scalar_subquery()


_Moved = tuple[int, int, int]


def amounts(connection: Connection, stretch: Stretch) -> tuple[list[Amounts], list[Amounts]]:
    """Return booked money by rule and by work date, each by key.

    A date's entries stand together in the index, and those of an account and rule within them:
    nothing need be sorted.
    """
    entry, amount = ledger.c, ledger.c.amount_fen
    query = (
        select(
            entry.work_date,
            entry.account,
            entry.rule_id,
            func.count(),
            func.sum(amount),
            func.coalesce(func.sum(amount).filter(amount < 0), 0),
        )
        .where(*stretch.of(ledger))
        .group_by(entry.work_date, entry.account, entry.rule_id)
    )
    by_rule: defaultdict[str, _Moved] = defaultdict(lambda: (0, 0, 0))
    by_date: defaultdict[str, _Moved] = defaultdict(lambda: (0, 0, 0))
    accounts: defaultdict[str, set[str]] = defaultdict(set)
    for work_date, account, rule_id, number, net, down in connection.execute(query):
        accounts[rule_id].add(account)
        for sums, key in ((by_rule, rule_id), (by_date, work_date)):
            entries, rewards_fen, deductions_fen = sums[key]
            sums[key] = (
                entries + int(number),
                rewards_fen + int(net - down),
                deductions_fen + int(down),
            )
    dates = sorted(by_date)
    store = stretch.store_id or ""
    people = {
        rule_id: _MOVED.ask_one(
            connection, rule=rule_id, accounts=sorted(accounts[rule_id]), dates=dates, store=store
        )
        for rule_id in by_rule
    }
    return (
        [Amounts(key, *sums, people[key]) for key, sums in sorted(by_rule.items())],
        [Amounts(key, *sums) for key, sums in sorted(by_date.items())],
    )


def at_store(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a row is of the store asked for; none asked for is every one."""
    store = bindparam("store", type_=Text)
    return (store == "") | (column == store)


_moved: Final = ledger.c
_MOVED: Final = Question(
    select(func.count(_moved.employee_id.distinct())).where(
        Among(_moved.work_date, "dates"),
        Among(_moved.account, "accounts"),
        _moved.rule_id == bindparam("rule"),
        at_store(_moved.store_id),
    )
)
"""How many people a rule moved money of; its entries alone are read, where the index has them."""


def sizes(connection: Connection, stretch: Stretch) -> list[tuple[int, int]]:
    """Return (amount in fen, how many entries) of every amount booked, smallest first."""
    amount = ledger.c.amount_fen
    query = select(amount, func.count()).where(*stretch.of(ledger)).group_by(amount)
    return [(int(fen), int(count)) for fen, count in connection.execute(query.order_by(amount))]


def sold(connection: Connection, stretch: Stretch) -> list[Sold]:
    """Return each person's sales before and after the first reward in the stretch, by person."""
    entry, fact = ledger.c, day_fact.c
    people = _people_of(stretch)
    who = people.c.employee_id
    since = (
        select(entry.work_date)
        .where(*stretch.of(ledger), entry.amount_fen > 0, entry.employee_id == who)
        .order_by(entry.work_date)
        .limit(1)
        .scalar_subquery()
    )
    rewarded = select(who, since.label("since")).cte("rewarded").prefix_with("MATERIALIZED")
    judged, first = _is_judged(), rewarded.c.since
    # the day of the reward itself is neither
    before = _sums_of(
        rewarded,
        stretch,
        judged & (fact.work_date < func.coalesce(first, AFTER_LAST_DATE)),
        fact.sales_fen,
    )
    after = _sums_of(rewarded, stretch, judged & (fact.work_date > first), fact.sales_fen)
    query = select(rewarded.c.employee_id, first, before, after).order_by(rewarded.c.employee_id)
    found = []
    for employee_id, rewarded_from, *parts in connection.execute(query).all():
        sums = [int(number) for part in parts for number in part.split()]
        if sums[0] or sums[2]:
            found.append(Sold(employee_id, rewarded_from, *sums))
    return found


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


class Overtime(NamedTuple):
    """A person's overtime in a month, as far as a stretch holds it.

    Attributes:
        days: how many days have some.
        long_days: how many have more than the three hours of the law.
    """

    employee_id: str
    month: str
    days: int
    long_days: int
    overtime_min: int


def overtime(connection: Connection, stretch: Stretch) -> list[Overtime]:
    """Return overtime by person and month: the most first, then by month and person."""
    fact = day_fact.c
    is_long = case((fact.overtime_min > OVERTIME_DAY_MIN, 1), else_=0)
    found: list[Overtime] = []
    for part in _by_month(stretch):
        month = part.first[:7]
        people = _of_people(connection, part, fact.overtime_min > 0, is_long, fact.overtime_min)
        found += [Overtime(who, month, *sums) for who, sums in people]
    found.sort(key=attrgetter("overtime_min"), reverse=True)
    return found


def _by_month(stretch: Stretch) -> Iterator[Stretch]:
    """Yield the part of each month; whoever groups by person and month asks for one at a time."""
    month = period_of(stretch.first)
    while month <= period_of(stretch.last):
        first, last = max(stretch.first, f"{month}-01"), min(stretch.last, last_date(month))
        yield Stretch(first=first, last=last, store_id=stretch.store_id)
        month = after(month)
