"""What waits for a decision of a person: one matter, one decision; reads only.

A matter is never stored. It follows from the days, gaps, appeals and unknown ids as they
are, so it is gone when its cause is gone, and comes anew when its cause does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, select

from cloud_receiver.domain import day_texts
from cloud_receiver.domain.appeals import State
from cloud_receiver.domain.day_marks import DUBIOUS
from cloud_receiver.domain.results import DayStatus
from cloud_receiver.domain.workday import CheckType
from cloud_receiver.store import appeals, budgets, completeness, feed_gaps, labour
from cloud_receiver.store.names import names_of
from cloud_receiver.store.tables import IS_ODD, appeal, day_fact, decision, outcome
from cloud_receiver.store.unmatched import unmatched_sellers, unmatched_users, unmatched_users_count
from sync.money import yuan_text


class Kind(StrEnum):
    """The kinds of matters, in the order in which they are best decided."""

    STRANGER = "stranger"  # an id on a terminal or till that nobody is bound to
    GAP = "gap"  # touches of a terminal may be lost
    APPEAL = "appeal"
    ABSENT = "absent"
    MISSING = "missing"  # a card
    ODD = "odd"  # a finding that may mean something
    OVERTIME = "overtime"  # of a month, beyond what the law allows
    BUDGET = "budget"  # of a campaign, nearly used up
    FORGOTTEN = "forgotten"  # arrivals a supervisor should have recorded by now
    AWAITING = "awaiting"  # data that should have come by now


_KIND_OF: Final = {
    DayStatus.ABSENTEEISM: Kind.ABSENT,
    DayStatus.NOT_SIGNED: Kind.MISSING,
}


_AWAITED: Final = DayStatus.AWAITING_DATA


@dataclass(frozen=True, slots=True)
class Card:
    """A card point of a day; `record_id` is empty where nobody touched."""

    check_type: CheckType
    shift_no: int
    planned_utc_ms: int
    status: DayStatus
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing to decide.

    Attributes:
        key: the same as long as the cause is the same.
        code: the finding, status or appeal state it is about.
        cards: the card points of the day.
        record_ids: the raw records it is about.
        people: how many it concerns.
        outcome_key: what an appeal doubts.
        stake_fen: the day's subsidy and what rules say of the day, all of it unsigned.
    """

    key: str
    kind: Kind
    store_id: str
    work_date: str
    code: str
    employee_id: str | None = None
    name: str = ""
    detail: str = ""
    cards: tuple[Card, ...] = ()
    record_ids: tuple[str, ...] = ()
    people: int = 1
    outcome_key: str = ""
    stake_fen: int = 0


def pending(connection: Connection, first: str, last: str, now_utc_ms: int) -> list[Matter]:
    """Return what waits in a stretch of work dates, the most money first within urgent kinds.

    Gaps, appeals and unknown ids wait whatever the dates.
    """
    found = [
        *_strangers(connection),
        *_gaps(connection),
        *_appeals(connection, now_utc_ms),
        *_days(connection, first, last),
        *_overtime(connection, first, last),
        *_budgets(connection),
        *_forgotten(connection, last, now_utc_ms),
        *_awaiting(connection, first, last),
    ]
    decided = decided_keys(connection)
    waiting = [matter for matter in found if matter.key not in decided]
    return sorted(waiting, key=lambda one: (-one.stake_fen, one.work_date, one.key))


def named(connection: Connection, some: Sequence[Matter]) -> list[Matter]:
    """Return matters with the names of those they are about."""
    known = names_of(connection, {one.employee_id for one in some if one.employee_id})
    return [replace(one, name=known.get(one.employee_id or "", one.name)) for one in some]


def count(connection: Connection, first: str, last: str, now_utc_ms: int) -> int:
    """Return how many `pending` returns; it is asked again and again, and mostly for the same."""
    fact, made = day_fact.c, decision.c
    since = select(func.count(), func.max(fact.computed_utc_ms)).where(
        IS_ODD, fact.work_date.between(first, last)
    )
    decided = select(func.max(made.decision_no), func.count(made.undone_utc_ms))
    asks = (
        *connection.execute(since).one(), *connection.execute(decided).one(), first,
        unmatched_users_count(connection), len(unmatched_sellers(connection)),
        *connection.execute(select(func.count(), func.max(appeal.c.opened_utc_ms)).where(
            appeal.c.state == State.OPEN)).one(),
        sum(1 for _ in _gaps(connection)), len(budgets.nearly_used(connection)),
        len(completeness.forgotten(connection, last, now_utc_ms)),
    )  # fmt: skip
    known = _counted.get(connection.engine)
    if known is None or known[0] != asks:
        known = asks, len(pending(connection, first, last, now_utc_ms))
        _counted[connection.engine] = known
    return known[1]


_counted: Final[WeakKeyDictionary[Engine, tuple[tuple[Any, ...], int]]] = WeakKeyDictionary()
"""What the last count was of, and what it was, by database."""


def decided_keys(connection: Connection) -> set[str]:
    """Return the keys of matters with a decision that stands."""
    query = select(decision.c.matter).where(decision.c.undone_utc_ms.is_(None))
    return set(connection.scalars(query))


def _strangers(connection: Connection) -> Iterator[Matter]:
    for user in unmatched_users(connection):
        yield Matter(
            key=f"stranger/{user.store_id}/{user.device_serial}/{user.user_id}",
            kind=Kind.STRANGER, store_id=user.store_id, work_date=user.last_device_time[:10],
            code="user", detail=user.user_id, people=user.punches,
        )  # fmt: skip
    for seller in unmatched_sellers(connection):
        yield Matter(
            key=f"stranger/{seller.store_id}//{seller.seller_code}",
            kind=Kind.STRANGER, store_id=seller.store_id, work_date="", code="seller",
            detail=seller.seller_code, people=seller.sales, stake_fen=abs(seller.amount_fen),
        )  # fmt: skip


def _gaps(connection: Connection) -> Iterator[Matter]:
    for gap in feed_gaps.listed(connection, closed=False):
        yield Matter(
            key=f"gap/{gap['record_id']}", kind=Kind.GAP, store_id=gap["store_id"], work_date="",
            code="gap", detail=gap["source_id"], record_ids=(gap["record_id"],),
        )  # fmt: skip


def _appeals(connection: Connection, now_utc_ms: int) -> Iterator[Matter]:
    for one in appeals.views(connection, now_utc_ms, state=State.OPEN):
        yield Matter(
            key=f"appeal/{one.appeal_id}", kind=Kind.APPEAL, store_id=one.store_id,
            work_date=one.work_date, code="overdue" if one.is_overdue else "open",
            employee_id=one.employee_id, name=one.employee_id,
            detail=one.events[0].text if one.events else "", stake_fen=abs(one.amount_fen),
            outcome_key=one.outcome_key,
        )  # fmt: skip


def _days(connection: Connection, first: str, last: str) -> Iterator[Matter]:
    fact = day_fact.c
    query = select(
        fact.employee_id, fact.work_date, fact.store_id, fact.status, fact.final, fact.facts,
        fact.evidence,
    )  # fmt: skip
    rows = connection.execute(
        query.where(IS_ODD, fact.work_date.between(first, last), fact.status != _AWAITED)
    ).all()
    said = _said(connection, first, last)
    for row in rows:
        subsidy_fen, cards, dubious = _read(row.facts, row.evidence)
        stake_fen = subsidy_fen + said.get((row.employee_id, row.work_date), 0)
        base: dict[str, Any] = {
            "store_id": row.store_id, "work_date": row.work_date, "employee_id": row.employee_id,
            "name": row.employee_id, "stake_fen": stake_fen,
            "cards": cards,
        }  # fmt: skip
        kind = _KIND_OF.get(day_texts.status_of(row.status))
        if kind is not None and row.final:
            key = f"{kind}/{row.employee_id}/{row.work_date}"
            yield Matter(key=key, kind=kind, code=row.status, **base)
        for code, records in dubious.items():
            key = f"odd/{row.employee_id}/{row.work_date}/{code}/{'+'.join(records)}"
            yield Matter(key=key, kind=Kind.ODD, code=code, record_ids=records, **base)


@lru_cache(maxsize=20_000)
def _read(facts: str, evidence: str) -> tuple[int, tuple[Card, ...], dict[str, tuple[str, ...]]]:
    """Return a day's subsidy, its cards and what is dubious; days hardly change between looks."""
    told, proof = day_texts.read(facts, evidence)
    return int(told.get("subsidy_fen", 0)), _cards(proof), _dubious(proof)


def _dubious(evidence: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the records of a day by the finding about them: a day's of one kind are one matter."""
    found: dict[str, tuple[str, ...]] = {}
    for finding in evidence.get("findings", ()):
        if finding["code"] in DUBIOUS:
            found[finding["code"]] = (*found.get(finding["code"], ()), *finding["records"])
    return found


def _said(connection: Connection, first: str, last: str) -> dict[tuple[str, str], int]:
    one, fact = outcome.c, day_fact.c
    query = (
        select(one.employee_id, one.work_date, func.sum(func.abs(one.amount_fen)))
        .select_from(day_fact)
        .join(outcome, (one.employee_id == fact.employee_id) & (one.work_date == fact.work_date))
        .where(IS_ODD, fact.work_date.between(first, last), fact.status != _AWAITED)
        .group_by(one.employee_id, one.work_date)
    )
    return {(who, day): int(fen) for who, day, fen in connection.execute(query)}


def _cards(evidence: Mapping[str, Any]) -> tuple[Card, ...]:
    cards: list[Card] = []
    seen = dict.fromkeys(CheckType, 0)
    for point in evidence.get("points", ()):
        check_type = CheckType(point["check_type"])
        seen[check_type] += 1
        cards.append(
            Card(
                check_type, seen[check_type], point["planned_utc_ms"],
                DayStatus(point["status"]), point.get("record_id") or "",
            )
        )  # fmt: skip
    return tuple(cards)


def _budgets(connection: Connection) -> Iterator[Matter]:
    for one, spent_fen in budgets.nearly_used(connection):
        assert one.budget is not None, "only a budget can be used up"
        left_fen = max(0, one.budget.amount_fen - spent_fen)
        yield Matter(
            key=f"budget/{one.campaign_id}/{one.budget.amount_fen}", kind=Kind.BUDGET, store_id="",
            work_date=one.last_date, code=one.name, detail=yuan_text(left_fen), stake_fen=left_fen,
        )  # fmt: skip


def _overtime(connection: Connection, first: str, last: str) -> Iterator[Matter]:
    for one in labour.beyond_limit(connection, first, last):
        yield Matter(
            key=f"overtime/{one.employee_id}/{one.month}", kind=Kind.OVERTIME,
            store_id=one.store_id, work_date=max(one.days), code="overtime",
            employee_id=one.employee_id, name=one.employee_id,
            detail=f"{one.overtime_min / 60:.1f}", record_ids=one.record_ids, people=len(one.days),
        )  # fmt: skip


def _forgotten(connection: Connection, today: str, now_utc_ms: int) -> Iterator[Matter]:
    for one in completeness.forgotten(connection, today, now_utc_ms):
        yield Matter(
            key=f"forgotten/{one.store_id}/{one.work_date}", kind=Kind.FORGOTTEN,
            store_id=one.store_id, work_date=one.work_date, code="forgotten", people=one.expected,
        )  # fmt: skip


def _awaiting(connection: Connection, first: str, last: str) -> Iterator[Matter]:
    fact = day_fact.c
    query = (
        select(fact.store_id, fact.work_date, func.count())
        .where(IS_ODD, fact.work_date.between(first, last), fact.status == _AWAITED)
        .group_by(fact.store_id, fact.work_date)
    )
    for store_id, work_date, people in connection.execute(query):
        yield Matter(
            key=f"awaiting/{store_id}/{work_date}", kind=Kind.AWAITING, store_id=store_id,
            work_date=work_date, code="awaiting", people=people,
        )  # fmt: skip
