"""The sums reports are made of: counted by the database, of a stretch of work dates; reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    select,
)

from cloud_receiver.domain.appeals import State
from cloud_receiver.domain.labour import OVERTIME_DAY_MIN
from cloud_receiver.domain.results import DayStatus
from cloud_receiver.store.tables import appeal, day_fact, ledger, notice, outcome

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
MAX_NOTICES: Final = 20_000
"""Latency is measured on the newest ones."""


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
        return sum(self.by_status.get(status, 0) for status in ANOMALIES)


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
class Doubts:
    """Appeals against what a row said; `changed` of them were decided otherwise than it said."""

    appeals: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class RowHits:
    """How often a row of a rule spoke, and for how much."""

    rule_id: str
    row_id: str
    hits: int
    silent: int
    amount_fen: int
    people: int


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
    fact = day_fact.c
    key = fact.employee_id if by_person else fact.store_id
    query = (
        select(key, func.min(fact.store_id), fact.status, func.count())
        .where(*_days(stretch), fact.status.in_(_JUDGED))
        .group_by(key, fact.status)
        .order_by(key)
    )
    found: dict[str, Anomalies] = {}
    for name, store_id, status, count in connection.execute(query):
        one = found.get(name) or Anomalies(name, store_id, 0, {})
        counts = {**one.by_status, DayStatus(status): int(count)}
        found[name] = Anomalies(name, one.store_id, one.days + int(count), counts)
    return list(found.values())


def amounts(connection: Connection, stretch: Stretch, *, by_day: bool) -> list[Amounts]:
    """Return booked money by rule or by work date, by key."""
    entry = ledger.c
    key = entry.work_date if by_day else entry.rule_id
    amount = entry.amount_fen
    query = (
        select(
            key,
            func.count(),
            func.coalesce(func.sum(case((amount > 0, amount), else_=0)), 0),
            func.coalesce(func.sum(case((amount < 0, amount), else_=0)), 0),
            func.count(entry.employee_id.distinct()),
        )
        .where(*_entries(stretch))
        .group_by(key)
        .order_by(key)
    )
    return [
        Amounts(row[0], int(row[1]), int(row[2]), int(row[3]), int(row[4]))
        for row in connection.execute(query)
    ]


def sizes(connection: Connection, stretch: Stretch) -> list[tuple[int, int]]:
    """Return (amount in fen, how many entries) of every amount booked, smallest first."""
    amount = ledger.c.amount_fen
    query = select(amount, func.count()).where(*_entries(stretch)).group_by(amount)
    return [(int(fen), int(count)) for fen, count in connection.execute(query.order_by(amount))]


def sold(connection: Connection, stretch: Stretch) -> list[Sold]:
    """Return each person's sales before and from the first reward in the stretch on."""
    fact, entry = day_fact.c, ledger.c
    rewarded = (
        select(entry.employee_id, func.min(entry.work_date).label("since"))
        .where(*_entries(stretch), entry.amount_fen > 0)
        .group_by(entry.employee_id)
        .subquery()
    )
    is_after = fact.work_date > rewarded.c.since  # the day of the reward itself is neither
    is_before = rewarded.c.since.is_(None) | (fact.work_date < rewarded.c.since)
    sales = fact.sales_fen
    query = (
        select(
            fact.employee_id,
            func.min(fact.store_id),
            rewarded.c.since,
            func.sum(case((is_before, 1), else_=0)),
            func.sum(case((is_before, sales), else_=0)),
            func.sum(case((is_after, 1), else_=0)),
            func.sum(case((is_after, sales), else_=0)),
        )
        .outerjoin(rewarded, rewarded.c.employee_id == fact.employee_id)
        .where(*_days(stretch), fact.status.in_(_JUDGED))
        .group_by(fact.employee_id, rewarded.c.since)
        .order_by(fact.employee_id)
    )
    return [
        Sold(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5]), int(row[6]))
        for row in connection.execute(query)
    ]


def row_hits(connection: Connection, stretch: Stretch) -> list[RowHits]:
    """Return how often each row of each rule spoke, by rule and row."""
    said = outcome.c
    silent = func.sum(case((said.amount_fen == 0, 1), else_=0))
    query = (
        select(said.rule_id, said.row_id, func.count(), silent, func.sum(said.amount_fen),
               func.count(said.employee_id.distinct()))
        .where(said.work_date.between(stretch.first, stretch.last))
        .group_by(said.rule_id, said.row_id)
        .order_by(said.rule_id, said.row_id)
    )  # fmt: skip
    if stretch.store_id is not None:
        query = query.where(said.store_id == stretch.store_id)
    return [
        RowHits(row[0], row[1], int(row[2]), int(row[3]), int(row[4]), int(row[5]))
        for row in connection.execute(query)
    ]


def row_doubts(connection: Connection, stretch: Stretch) -> dict[tuple[str, str], Doubts]:
    """Return how often people appealed against what each row of each rule said, by both."""
    said = outcome.c
    changed = appeal.c.state.in_((State.REVERSED, State.PARTIAL))
    query = (
        select(said.rule_id, said.row_id, func.count(), func.sum(case((changed, 1), else_=0)))
        .join(appeal, appeal.c.outcome_key == said.outcome_key)
        .where(appeal.c.work_date.between(stretch.first, stretch.last))
        .group_by(said.rule_id, said.row_id)
    )
    if stretch.store_id is not None:
        query = query.where(said.store_id == stretch.store_id)
    return {(row[0], row[1]): Doubts(int(row[2]), int(row[3])) for row in connection.execute(query)}


def told_after_ms(connection: Connection) -> list[int]:
    """Return how long the newest messages took from booking to sent, in no order."""
    query: Select[Any] = (
        select(notice.c.sent_utc_ms - notice.c.created_utc_ms)
        .where(notice.c.state == "sent", notice.c.sent_utc_ms.is_not(None))
        .order_by(notice.c.notice_no.desc())
        .limit(MAX_NOTICES)
    )
    return [int(ms) for ms in connection.scalars(query)]


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
        .where(*_days(stretch))
        .group_by(fact.store_id, fact.work_date)
        .order_by(fact.store_id, fact.work_date)
    )
    return [
        Heard(row[0], row[1], int(row[2]), int(row[3]), int(row[4]))
        for row in connection.execute(query)
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
    month = func.substr(fact.work_date, 1, 7)
    sum_min = func.sum(fact.overtime_min)
    query = (
        select(
            fact.employee_id,
            month,
            func.min(fact.store_id),
            func.count(),
            func.sum(case((fact.overtime_min > OVERTIME_DAY_MIN, 1), else_=0)),
            sum_min,
        )
        .where(*_days(stretch), fact.overtime_min > 0)
        .group_by(fact.employee_id, month)
        .order_by(sum_min.desc(), fact.employee_id, month)
    )
    return [
        Overtime(
            employee_id=who, month=of_month, store_id=store_id, days=int(days),
            long_days=int(long_days), overtime_min=int(overtime_min),
        )
        for who, of_month, store_id, days, long_days, overtime_min in connection.execute(query)
    ]  # fmt: skip


def _days(stretch: Stretch) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [day_fact.c.work_date.between(stretch.first, stretch.last)]
    if stretch.store_id is not None:
        wanted.append(day_fact.c.store_id == stretch.store_id)
    return wanted


def _entries(stretch: Stretch) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [ledger.c.work_date.between(stretch.first, stretch.last)]
    if stretch.store_id is not None:
        wanted.append(ledger.c.store_id == stretch.store_id)
    return wanted
