"""What each rule did over some weeks: the finding that closes the loop back to the rule."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from cloud_receiver.domain.appeals import State
from cloud_receiver.domain.ledger import Kind
from cloud_receiver.store.tables import appeal, ledger, outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """A rule over a stretch of work dates.

    Attributes:
        hits: employee-days on which it gave or took something.
        nothing: employee-days on which it spoke and gave 0, superseded or capped for one.
        amount_fen: what is booked now, corrections and decisions included.
        corrections: entries beyond the first of an outcome.
        appeals_lost: decided otherwise than the rule said.
    """

    rule_id: str
    rule_version: int
    hits: int
    people: int
    nothing: int
    amount_fen: int
    corrections: int
    appeals: int
    appeals_lost: int


def rule_effects(connection: Connection, first_date: str, last_date: str) -> list[RuleEffect]:
    """Return what rules did between two work dates, both included, by id and version."""
    said = outcome.c
    spoke = connection.execute(
        select(
            said.rule_id, said.rule_version, said.employee_id, said.amount_fen, said.outcome_key
        ).where(said.work_date.between(first_date, last_date))
    ).all()
    booked = _booked(connection, first_date, last_date)
    doubted = _doubted(connection, first_date, last_date)
    by_rule: defaultdict[tuple[str, int], list[tuple[str, int, str]]] = defaultdict(list)
    for rule_id, version, who, amount_fen, key in spoke:
        by_rule[rule_id, version].append((who, amount_fen, key))
    return [
        RuleEffect(
            rule_id=rule_id,
            rule_version=version,
            hits=sum(fen != 0 for _, fen, _ in rows),
            people=len({who for who, fen, _ in rows if fen}),
            nothing=sum(fen == 0 for _, fen, _ in rows),
            amount_fen=sum(booked.get(key, (0, 0))[0] for _, _, key in rows),
            corrections=sum(booked.get(key, (0, 1))[1] - 1 for _, _, key in rows),
            appeals=sum(len(doubted.get(key, ())) for _, _, key in rows),
            appeals_lost=sum(
                state in {State.REVERSED, State.PARTIAL}
                for _, _, key in rows
                for state in doubted.get(key, ())
            ),
        )
        for (rule_id, version), rows in sorted(by_rule.items())
    ]


def _booked(connection: Connection, first_date: str, last_date: str) -> dict[str, tuple[int, int]]:
    kind = func.coalesce(ledger.c.kind, Kind.OUTCOME.value)
    query = (
        select(ledger.c.outcome_key, func.sum(ledger.c.amount_fen), func.count())
        .where(ledger.c.work_date.between(first_date, last_date), kind == Kind.OUTCOME.value)
        .group_by(ledger.c.outcome_key)
    )
    return {key: (int(fen), count) for key, fen, count in connection.execute(query)}


def _doubted(connection: Connection, first_date: str, last_date: str) -> dict[str, list[State]]:
    found: defaultdict[str, list[State]] = defaultdict(list)
    query = select(appeal.c.outcome_key, appeal.c.state)
    for key, state in connection.execute(
        query.where(appeal.c.work_date.between(first_date, last_date))
    ):
        found[key].append(State(state))
    return found
