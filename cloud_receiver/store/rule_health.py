"""How the rows of rules do, and how soon people hear of it: counted by the database; reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, case, func, select

from cloud_receiver.domain.appeals import State
from cloud_receiver.store.reports import Stretch
from cloud_receiver.store.tables import appeal, notice, outcome

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


def row_hits(connection: Connection, stretch: Stretch) -> list[RowHits]:
    """Return how often each row of each rule spoke, by rule and row."""
    said = outcome.c
    row = (said.rule_id, said.row_id)
    of_date = (  # each date first: that is the order of the index, and nothing need be sorted
        select(
            *row,
            func.count().label("hits"),
            func.sum(case((said.amount_fen == 0, 1), else_=0)).label("silent"),
            func.sum(said.amount_fen).label("fen"),
        )
        .where(*stretch.of(outcome))
        .group_by(said.work_date, *row)
        .subquery()
    ).c
    of_row = (of_date.rule_id, of_date.row_id)
    query = select(*of_row, *(func.sum(one) for one in (of_date.hits, of_date.silent, of_date.fen)))
    spoken = connection.execute(query.group_by(*of_row).order_by(*of_row)).all()
    about = (
        select(*row, func.count(said.employee_id.distinct()))
        .where(*stretch.of(outcome))
        .group_by(*row)
    )
    people = {(rule_id, row_id): int(n) for rule_id, row_id, n in connection.execute(about)}
    return [
        RowHits(rule_id, row_id, int(hits), int(silent), int(fen), people[rule_id, row_id])
        for rule_id, row_id, hits, silent, fen in spoken
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
