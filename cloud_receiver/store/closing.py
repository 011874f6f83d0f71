"""Closing a month (封账): once, in order, and never taken back.

What is about a closed month and becomes known later counts in the earliest open one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, insert, select

from cloud_receiver.domain.accounts import PAYROLL_CLEARING, PersonAccount
from cloud_receiver.domain.closing import Payment, Standing, close, payment_of
from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.notices import DEFAULT_CHANNELS, told_of
from cloud_receiver.domain.periods import last_date, parse_period
from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.domain.transfers import Subject, paid_by_payroll
from cloud_receiver.domain.workday import IDLE, local_date
from cloud_receiver.store import balances, change_feed, lawbook, organisation
from cloud_receiver.store.ledger import book, first_open, lock
from cloud_receiver.store.notices import tell
from cloud_receiver.store.tables import (
    IS_PAYROLL,
    appeal,
    day_fact,
    employee,
    ledger,
    outcome,
    period_close,
    roster,
)
from sync.errors import ToldError

COUNTED_IN: Final = func.coalesce(ledger.c.period, func.substr(ledger.c.work_date, 1, 7))
_about = func.coalesce(ledger.c.for_period, func.substr(ledger.c.work_date, 1, 7))


class MonthState(StrEnum):
    """Whether a month can be closed."""

    RUNNING = "running"  # not over in some store
    OVER = "over"
    CLOSED = "closed"  # by itself or together with a later one


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """A closed month, as it was then.

    Attributes:
        payments: by employee; what payroll takes over.
        open_days: employee-days of the month whose result was not final.
        open_appeals: appeals about the month that waited for a decision.
        without_wage: people with deductions whose wage HR has not entered, so that the
            law's limit could not be computed.
    """

    period: str
    closed_utc_ms: int
    author: str
    payments: tuple[Payment, ...]
    open_days: int
    open_appeals: int
    without_wage: tuple[str, ...]


def close_period(
    connection: Connection,
    period: str,
    author: str,
    now_utc_ms: int,
    *,
    channels: Collection[str] = DEFAULT_CHANNELS,
) -> Close:
    """Close a month, and with it every earlier one.

    Raises:
        DakaError: it is closed already, or not over everywhere.
    """
    lock(connection)
    _check_may_close(connection, parse_period(period), now_utc_ms)
    entries, payments = _plan(connection, period)
    booked = book(connection, entries, now_utc_ms)
    closed = _close(connection, period, payments, author, now_utc_ms)
    row = {
        "period": period,
        "closed_utc_ms": now_utc_ms,
        "author": author,
        "last_entry_no": booked[-1].entry_no if booked else _last_entry_no(connection),
        "document": msgspec.json.encode(asdict(closed)).decode(),
    }
    connection.execute(insert(period_close), [row])
    change_feed.tell(
        connection, ChangeKind.PERIOD_CLOSED, [(period, {"period": period, "author": author})],
        now_utc_ms,
    )  # fmt: skip
    news = [told_of(entry) for entry in booked if entry.contra == PAYROLL_CLEARING]
    tell(connection, news, tuple(channels), now_utc_ms, groups=False)
    return closed


def preview(connection: Connection, period: str, now_utc_ms: int) -> Close:
    """Return the close a month would get now, by nobody; nothing is booked.

    Raises:
        DakaError: the period is none, or is closed.
    """
    if month_state(connection, parse_period(period), now_utc_ms) is MonthState.CLOSED:
        raise ToldError(f"{period} 已封账,不再改变", f"{period} is closed and stays so")
    return _close(connection, period, _plan(connection, period)[1], "", now_utc_ms)


def month_state(connection: Connection, period: str, now_utc_ms: int) -> MonthState:
    """Tell whether a month can be closed."""
    if period < first_open(connection):
        return MonthState.CLOSED
    zones = {site.zone for site in organisation.sites(connection).values()} or {"UTC"}
    today = min(local_date(now_utc_ms, zone) for zone in zones)
    return MonthState.RUNNING if today <= last_date(period) else MonthState.OVER


def _plan(connection: Connection, period: str) -> tuple[list[Entry], list[Payment]]:
    """Return what a close books, and what it hands to payroll."""
    entries: list[Entry] = []
    payments = []
    for standing in _standings(connection, period):
        own = close(standing)
        entries += own
        payments.append(payment_of(standing, own))
    return entries, payments


def _close(
    connection: Connection, period: str, payments: list[Payment], author: str, now_utc_ms: int
) -> Close:
    return Close(
        period=period,
        closed_utc_ms=now_utc_ms,
        author=author,
        payments=tuple(payments),
        open_days=_open_days(connection, period),
        open_appeals=_open_appeals(connection, period),
        without_wage=_without_wage(connection, period),
    )


def close_of(connection: Connection, period: str) -> Close | None:
    """Return a month's close, None when it was not closed by itself."""
    document = connection.scalar(
        select(period_close.c.document).where(period_close.c.period == period)
    )
    return msgspec.json.decode(document, type=Close) if document is not None else None


def payroll_paid(connection: Connection, period: str, author: str, now_utc_ms: int) -> list[Entry]:
    """Book that payroll settled what a close handed over; doing it again books nothing.

    Raises:
        DakaError: the month is not closed.
    """
    assert author, "somebody says so"
    lock(connection)
    closed = close_of(connection, period)
    if closed is None:
        raise ToldError(
            f"{period} 还没有封账:先封账,再登记工资已发放",
            f"{period} is not closed: close it before payroll settles it",
        )
    done = set(connection.scalars(
        select(ledger.c.employee_id).where(IS_PAYROLL, _about == period)
    ))  # fmt: skip
    homes = organisation.home_stores(connection, [one.employee_id for one in closed.payments])
    drafts = []
    for one in closed.payments:
        amount_fen = one.bonus_fen + one.subsidy_fen
        if amount_fen and one.employee_id not in done:
            subject = Subject(
                employee_id=one.employee_id,
                store_id=homes.get(one.employee_id, ""),
                work_date=last_date(period),
            )
            drafts.append(paid_by_payroll(subject, period, amount_fen))
    return book(connection, drafts, now_utc_ms)


def _check_may_close(connection: Connection, period: str, now_utc_ms: int) -> None:
    state = month_state(connection, period, now_utc_ms)
    if state is MonthState.CLOSED:
        begins = first_open(connection)
        raise ToldError(
            f"{period} 已封账,不再改变;之后才知道的计入 {begins} 或更晚",
            f"{period} is closed and stays so; what is known later counts in {begins} or after",
        )
    if state is MonthState.RUNNING:
        raise ToldError(
            f"{period} 还没有结束:{last_date(period)} 之后才能封账",
            f"{period} is not over: it can be closed after {last_date(period)}",
        )


def _standings(connection: Connection, period: str) -> list[Standing]:
    standing = balances.by_person(balances.sums(connection, period >= COUNTED_IN))
    deferred = balances.by_person(balances.sums(
        connection, period >= COUNTED_IN, period > _about, _touches(PersonAccount.DEFERRED)
    ))  # fmt: skip
    due_fen = _subsidies_due(connection, period)
    homes = {row.employee_id: row.store_id for row in connection.execute(select(employee))}
    months = {(who, period): {homes[who]} if who in homes else set() for who in standing}
    limits = lawbook.limits(connection, months)
    return [
        Standing(
            subject=Subject(
                employee_id=who, store_id=homes.get(who, ""), work_date=last_date(period)
            ),
            period=period,
            balances=own,
            deferred_before_fen=deferred.get(who, {}).get(PersonAccount.DEFERRED, 0),
            subsidy_due_fen=due_fen.get(who, 0),
            limit_fen=limits[who, period].limit_fen,
        )
        for who, own in sorted(standing.items())
    ]


def _touches(account: str) -> ColumnElement[bool]:
    return (ledger.c.account == account) | (ledger.c.contra == account)


def _subsidies_due(connection: Connection, period: str) -> Mapping[str, int]:
    """Return the conditional subsidy of each person's rostered days of a month."""
    newest = (
        select(
            roster.c.employee_id, roster.c.work_date, func.max(roster.c.version).label("version")
        )
        .where(roster.c.work_date.between(f"{period}-01", last_date(period)))
        .group_by(roster.c.employee_id, roster.c.work_date)
        .subquery()
    )
    query = select(roster.c.employee_id, roster.c.subsidy_fen).join(
        newest,
        (roster.c.employee_id == newest.c.employee_id)
        & (roster.c.work_date == newest.c.work_date)
        & (roster.c.version == newest.c.version),
    )
    due: defaultdict[str, int] = defaultdict(int)
    for who, subsidy_fen in connection.execute(query.where(roster.c.shift.not_in(IDLE))):
        due[who] += subsidy_fen
    return due


def _open_days(connection: Connection, period: str) -> int:
    day = day_fact.c
    return _count(
        connection,
        day.employee_id,
        day.work_date.between(f"{period}-01", last_date(period)),
        ~day.final,
    )


def _open_appeals(connection: Connection, period: str) -> int:
    return _count(
        connection, appeal.c.appeal_id, appeal.c.state == "open",
        appeal.c.work_date.between(f"{period}-01", last_date(period)),
    )  # fmt: skip


def payroll_settled(connection: Connection, period: str) -> bool:
    """Tell whether somebody said that payroll paid a month."""
    query = select(ledger.c.entry_no).where(IS_PAYROLL, _about == period)
    return connection.execute(query.limit(1)).first() is not None


def first_period(connection: Connection) -> str | None:
    """Return the first month that something is to be closed in; None: nothing is booked yet."""
    query = select(ledger.c.work_date).order_by(ledger.c.entry_no).limit(1)
    first = connection.scalar(query)
    return None if first is None else max(first[:7], first_open(connection))


def _count(connection: Connection, column: Any, *conditions: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count(column)).where(*conditions)).scalar_one())


def _without_wage(connection: Connection, period: str) -> tuple[str, ...]:
    query = select(outcome.c.employee_id).distinct().where(
        outcome.c.work_date.between(f"{period}-01", last_date(period)),
        outcome.c.account == "subsidy", outcome.c.amount_fen < 0,
    )  # fmt: skip
    people = set(connection.scalars(query))
    return tuple(sorted(people - lawbook.with_wage(connection, people)))


def _last_entry_no(connection: Connection) -> int:
    return int(
        connection.execute(select(func.coalesce(func.max(ledger.c.entry_no), 0))).scalar_one()
    )
