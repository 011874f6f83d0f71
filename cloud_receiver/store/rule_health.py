"""How the rows of rules do, and how soon people hear of it: counted by the database; reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, case, func, select

from cloud_receiver.domain.appeals import State
from cloud_receiver.domain.workday import dates_of
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.reports import Stretch, at_store
from cloud_receiver.store.tables import IS_TOLD, appeal, notice, outcome

MAX_NOTICES: Final = 20_000
"""Latency is measured on the newest ones."""


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


def row_hits(
    connection: Connection, stretch: Stretch, rows: Iterable[tuple[str, str]]
) -> list[RowHits]:
    """Return how often some rows of rules spoke, as asked for; those that never did are left out.

    Each row's outcomes alone are read, date by date: where the index has them together, so that
    nothing need be sorted to count people.

    Args:
        rows: (rule id, row id).
    """
    dates = _dates(connection, stretch)
    if not dates:
        return []
    store = stretch.store_id or ""
    found = []
    for rule_id, row_id in rows:
        asked = {"dates": dates, "rule": rule_id, "row": row_id, "store": store}
        ((hits, *sums),) = _SPOKE.ask(connection, **asked)
        if hits:
            found.append(RowHits(rule_id, row_id, int(hits), *map(int, sums)))
    return found


def _dates(connection: Connection, stretch: Stretch) -> list[str]:
    """Return the dates of a stretch, as far as rules ever spoke."""
    said = outcome.c.work_date
    ends = [
        select(end(said)).scalar_subquery() for end in (func.min, func.max)
    ]  # each by the index
    first, last = connection.execute(select(*ends)).one()
    if first is None:
        return []
    return dates_of(max(first, stretch.first), min(last, stretch.last))


_said: Final = outcome.c
_SPOKE: Final = Question(
    select(
        func.count(),
        func.count().filter(_said.amount_fen == 0),
        func.sum(_said.amount_fen),
        func.count(_said.employee_id.distinct()),
    ).where(
        Among(_said.work_date, "dates"),
        _said.rule_id == bindparam("rule"),
        _said.row_id == bindparam("row"),
        at_store(_said.store_id),
    )
)


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
        .where(IS_TOLD)
        .order_by(notice.c.notice_no.desc())
        .limit(MAX_NOTICES)
    )
    return [int(ms) for ms in connection.scalars(query)]
