"""What the law and appeals make of outcomes, read for the days that are being booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from cloud_receiver.domain.appeals import Appeal, Event, State, ruling_of
from cloud_receiver.domain.law import Deduction, Limit, month_rulings
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.periods import last_date, period_of
from cloud_receiver.domain.rulings import Ruling
from cloud_receiver.store import lawbook
from cloud_receiver.store.lawbook import PersonMonth
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.tables import appeal, appeal_event, outcome


def days_beside(connection: Connection, days: Collection[DayKey]) -> set[DayKey]:
    """Return further days of the same months whose deductions the law weighs together.

    Only of people whose wage is known: without it no limit can be computed.
    """
    months = _limited_months(connection, days)
    beside = {
        (who, row.work_date)
        for who, period in months
        for row in _deductions(connection, who, period)
    }
    return beside - set(days)


def of_days(connection: Connection, days: Collection[DayKey]) -> dict[str, Ruling]:
    """Return the rulings on outcomes of some days, by outcome key; most have none."""
    by_appeal = _appealed(connection, days)
    found: dict[str, Ruling] = {}
    months = _limited_months(connection, days)
    deductions = {
        month: [row for row in _deductions(connection, *month) if row.outcome_key not in by_appeal]
        for month in months
    }
    for month, limit in _limits(connection, deductions).items():
        taken = (
            Deduction(row.work_date, row.outcome_key, -row.amount_fen) for row in deductions[month]
        )
        found |= month_rulings(taken, limit)
    return found | by_appeal


def _limited_months(connection: Connection, days: Collection[DayKey]) -> set[PersonMonth]:
    with_wage = lawbook.with_wage(connection, {who for who, _ in days})
    return {(who, period_of(date)) for who, date in days if who in with_wage}


def _deductions(connection: Connection, employee_id: str, period: str) -> list[Any]:
    query = select(
        outcome.c.outcome_key, outcome.c.work_date, outcome.c.store_id, outcome.c.amount_fen
    ).where(
        outcome.c.employee_id == employee_id,
        outcome.c.work_date.between(f"{period}-01", last_date(period)),
        outcome.c.account == "subsidy",
        outcome.c.amount_fen < 0,
    )
    return list(connection.execute(query))


def _limits(
    connection: Connection, deductions: dict[PersonMonth, list[Any]]
) -> dict[PersonMonth, Limit]:
    stores = {month: {row.store_id for row in rows} for month, rows in deductions.items()}
    return lawbook.limits(connection, stores) if stores else {}


def _appealed(connection: Connection, days: Collection[DayKey]) -> dict[str, Ruling]:
    found = {}
    wanted = set(days)
    for row, events in binding_appeals(connection, {who for who, _ in days}):
        if (row.employee_id, row.work_date) in wanted:
            ruling = ruling_of(Appeal(events), row.account)
            if ruling is not None:
                found[row.outcome_key] = ruling
    return found


def binding_appeals(
    connection: Connection, people: Collection[str]
) -> Iterator[tuple[Any, tuple[Event, ...]]]:
    """Yield the appeals of some people that are open or changed what is booked, oldest first."""
    rows = _BINDING.ask(connection, people=list(people))
    events = events_of(connection, [row.appeal_id for row in rows])
    yield from ((row, events[row.appeal_id]) for row in rows)


_BINDING: Final = Question(
    select(appeal)
    .where(Among(appeal.c.employee_id, "people"), appeal.c.is_binding)
    .order_by(appeal.c.opened_utc_ms)
)


def events_of(connection: Connection, appeal_ids: Collection[str]) -> dict[str, tuple[Event, ...]]:
    """Return the events of some appeals, in order, by appeal."""
    if not appeal_ids:
        return {}
    found: defaultdict[str, list[Event]] = defaultdict(list)
    event = appeal_event.c
    query = select(event.appeal_id, event.document).where(event.appeal_id.in_(appeal_ids))
    for appeal_id, document in connection.execute(query.order_by(event.appeal_id, event.seq)):
        found[appeal_id].append(msgspec.json.decode(document, type=Event))
    return {appeal_id: tuple(events) for appeal_id, events in found.items()}


def is_binding(state: State) -> bool:
    """Tell whether an appeal in this state has a say in what is booked."""
    return state in {State.OPEN, State.REVERSED, State.PARTIAL}
